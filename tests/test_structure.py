"""The plan of the house: who may import whom, what stays light, what ``__init__`` may hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY

PACKAGE = REPOSITORY / "hadoopless"
MODULES = sorted(PACKAGE.rglob("*.py"))
TOP_FILES = sorted(REPOSITORY.glob("*.py"))

WORDS = {"job", "errors", "rules", "names"}
BASE = WORDS | {"sizes", "arguments", "addresses", "tokens", "replay"}
CALLS = {"wire", "rpc", "serving"}

#: Each room (a module or package of ``hadoopless``) and the rooms that it may import: only those
#: above it. Not that worker and coordinator could never meet; they meet on the wire.
ROOMS: dict[str, set[str]] = {
    "rules": set(),
    "job": {"rules"},
    "errors": set(),
    "names": {"job", "rules"},
    "programs": set(),
    "sizes": {"errors"},
    "arguments": {"errors", "sizes"},
    "addresses": {"errors"},
    "tokens": {"errors", "addresses"},
    "replay": {"job", "rules"},
    "library": set(),
    "scheduler": WORDS,
    "wire": WORDS | {"sizes"},
    "segment_messages": {"errors"},
    "rpc": BASE | {"wire"},
    "serving": BASE | {"wire"},
    "data": BASE | {"wire", "segment_messages", "library"},
    "ui": WORDS | {"sizes", "scheduler"},
    "worker": BASE | CALLS | {"data"},
    "coordinator": BASE | CALLS | {"data", "scheduler", "ui"},
    "filesystem": BASE,
    "streaming": BASE | CALLS | {"data", "scheduler", "ui", "coordinator", "filesystem"},
    "cli": {"errors", "filesystem", "streaming"},
}

#: Run as programs, by themselves, without the project around them.
ALONE = ["data/spawner.py", "data/partition.py", "library/run.py"]


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in MODULES}


def imports(path: Path) -> Iterator[str]:
    """The full names of all modules that the file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively in line {node.lineno}"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield full if full in NAMES else module


def shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def room_of(module: str) -> str:
    return module.split(".")[1]


def test_the_plan_goes_one_way() -> None:
    known: set[str] = set()
    for room, may_import in ROOMS.items():
        assert may_import <= known, f"{room} may import what stands below it"
        known.add(room)


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != PACKAGE], ids=shown)
def test_packages_keep_to_the_plan(path: Path) -> None:
    check_plan(path)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("[a-z]*.py")), ids=shown)
def test_modules_keep_to_the_plan(path: Path) -> None:
    check_plan(path)


def check_plan(path: Path) -> None:
    room = room_of(module_name(path))
    assert room in ROOMS, f"{room} has no place in the plan yet"
    top_files = {file.stem for file in TOP_FILES}
    for module in imports(path):
        assert module.split(".")[0] not in top_files, f"{module} is an entry point"
        if module.startswith("hadoopless."):
            other = room_of(module)
            assert other == room or other in ROOMS[room], f"{room} may not import {module}"


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        module_name(path): sorted({one for one in imports(path) if one in NAMES})
        for path in MODULES
        # What a package re-exports comes from within it.
        if path.name != "__init__.py"
    }
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way, module))
        if module not in done:
            for other in graph.get(module, []):
                visit(other, (*way, module))
            done.add(module)

    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("name", ALONE)
def test_programs_that_stand_alone(name: str) -> None:
    assert not [one for one in imports(PACKAGE / name) if one.partition(".")[0] == "hadoopless"]


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=shown)
def test_init_holds_only_what_others_look_for(path: Path) -> None:
    for node in ast.parse(path.read_bytes()).body:
        is_doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_name = isinstance(node, ast.Assign) and {ast.unparse(one) for one in node.targets} <= {
            "__all__",
            "__version__",
        }
        assert is_doc or is_name or isinstance(node, ast.ImportFrom), ast.unparse(node)


@pytest.mark.parametrize("path", [*MODULES, *TOP_FILES], ids=shown)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_bytes()))


def test_types_are_told_to_others() -> None:
    assert (PACKAGE / "py.typed").is_file()


def loaded_by(code: str) -> set[str]:
    """The top modules that a fresh process has loaded after *code*."""
    script = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    return set(done.stdout.decode().split())


HEAVY = {"numpy", "numba", "llvmlite"}


def test_the_coordinator_is_light() -> None:
    every_module = [
        module_name(path) for path in MODULES if path.is_relative_to(PACKAGE / "coordinator")
    ]
    loaded = loaded_by(f"import coordinator, {', '.join(every_module)}")
    assert "hadoopless" in loaded
    assert not loaded & (HEAVY | {"zstandard"})


def test_workers_tell_wrong_options_before_they_load_the_kernels() -> None:
    assert not loaded_by("import workers") & HEAVY


def test_handlers_can_be_imported_by_themselves() -> None:
    assert "tornado" in loaded_by("import mapper_handler, reducer_handler")
