"""Writes the parts of the documents that are made from the code and from measured results.

``make diagrams`` runs it. A part stands between two comments, of which the first one names it::

    <!-- made by make diagrams: packages -->
    ...
    <!-- until here -->
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from hadoopless.scheduler.states import MAP_MOVES, REDUCE_MOVES, Move, TaskState
from tools.figures import figures
from tools.house import FLOORS, ROOMS
from tools.properties import properties_tables

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "hadoopless"
PART = re.compile(r"(<!-- made by make diagrams: (\S+) -->\n).*?(<!-- until here -->)", re.DOTALL)


def documents() -> list[Path]:
    """All documents in which such a part may stand."""
    return sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])


def parts() -> dict[str, str]:
    """The text of each part, by its name."""
    floors = {f"floors-{package}": floors_diagram(package) for package in FLOORS}
    return {
        "map-states": states_diagram(MAP_MOVES),
        "reduce-states": states_diagram(REDUCE_MOVES),
        "packages": packages_diagram(),
        "package-map": package_map(),
        "properties": properties_tables(),
        "figures": figures(),
        **floors,
    }


def renewed(text: str, made: Mapping[str, str]) -> str:
    """The *text* of a document with its parts as the code has them now."""
    return PART.sub(lambda part: f"{part[1]}\n{made[part[2]]}\n{part[3]}", text)


def states_diagram(moves: Mapping[Move, Iterable[str]]) -> str:
    """The states of a task and its legal *moves*, each with its causes."""
    lines = [f"    [*] --> {TaskState.WAITING.name}"]
    for (old, new), causes in moves.items():
        lines.append(f"    {old.name} --> {new.name}: {'<br/>'.join(causes)}")
    return mermaid("stateDiagram-v2", lines)


def packages_diagram() -> str:
    """The rooms of the package; an arrow leads from each to those that it may import.

    Arrows that follow from others are left out: who may import ``data`` may import what that may.
    """
    lines = [f'    {room}["{room}"]' for room in reversed(ROOMS)]
    for room in reversed(ROOMS):
        lines += [f"    {room} --> {other}" for other in sorted(direct(room))]
    return mermaid("flowchart TB", lines)


def direct(room: str) -> set[str]:
    """The rooms that *room* may import and that none of the others leads to."""
    implied = {one for other in ROOMS[room] for one in ROOMS[other]}
    return ROOMS[room] - implied


def floors_diagram(package: str) -> str:
    """The rooms of *package* on their floors, the highest on top; imports go down."""
    lines = []
    floors = list(enumerate(FLOORS[package], 1))
    for number, rooms in reversed(floors):
        lines.append(f'    subgraph floor{number}["floor {number}"]')
        lines += [f'        {package}_{room}["{room}"]' for room in sorted(rooms)]
        lines.append("    end")
    lines += [f"    floor{number} --> floor{number - 1}" for number, _ in reversed(floors[1:])]
    return mermaid("flowchart TB", lines)


def mermaid(kind: str, lines: Iterable[str]) -> str:
    """A block that code hosts draw."""
    return "\n".join(["```mermaid", kind, *lines, "```"]) + "\n"


def package_map() -> str:
    """A table of all packages and of the modules beside them, with what each says of itself."""
    found = [*PACKAGE.glob("*.py"), *PACKAGE.rglob("*/__init__.py")]
    rows = sorted((shown(path), first_sentence(path)) for path in found if path.parent != PACKAGE)
    rows += sorted((shown(path), first_sentence(path)) for path in PACKAGE.glob("[a-z]*.py"))
    lines = [f"| `{path}` | {sentence} |" for path, sentence in rows]
    return "\n".join(["| path | says of itself |", "|---|---|", *lines]) + "\n"


def shown(path: Path) -> str:
    """The path of a module, or of a package by its ``__init__``, within the repository."""
    inner = path.relative_to(REPOSITORY)
    return f"{inner.parent}/" if path.name == "__init__.py" else str(inner)


def first_sentence(path: Path) -> str:
    """The first paragraph of a module's docstring, with Markdown's quotes in place of Sphinx's."""
    text = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


def main() -> None:
    """Renew all documents."""
    made = parts()
    for document in documents():
        text = document.read_text()
        new = renewed(text, made)
        if new != text:
            document.write_text(new)
            print(f"{document.relative_to(REPOSITORY)} is new")


if __name__ == "__main__":
    main()
