"""The documents speak of what is there: links, parts made from the code, the map of the tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tools.diagrams import PART, documents, parts, renewed

DOCUMENTS = documents()


def shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = document.parent / path if path else document
        assert linked.exists(), f"{shown(document)}: {target}"
        if anchor:
            assert anchor in anchors(linked), f"{shown(document)}: {target}"


def anchors(document: Path) -> set[str]:
    """The names that GitHub gives to the headings of *document*."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_made_parts_are_up_to_date(document: Path) -> None:
    text = document.read_text()
    assert renewed(text, parts()) == text, "the code has changed: run `make diagrams`"


def test_every_made_part_is_shown() -> None:
    shown_parts = [part[2] for path in DOCUMENTS for part in PART.finditer(path.read_text())]
    assert sorted(shown_parts) == sorted(parts())


def test_the_map_knows_all_tests() -> None:
    """A directory of tests is named as the package that it tests, or CONTRIBUTING.md tells it."""
    told = re.findall(r"^\| `(tests/\w+)/` \|", (REPOSITORY / "CONTRIBUTING.md").read_text(), re.M)
    packages = {path.parent for path in (REPOSITORY / "hadoopless").rglob("__init__.py")}
    for init in (REPOSITORY / "tests").rglob("*/__init__.py"):
        inner = init.parent.relative_to(REPOSITORY / "tests")
        top = f"tests/{inner.parts[0]}"
        assert top in told or REPOSITORY / "hadoopless" / inner in packages, inner
    assert [name for name in told if not (REPOSITORY / name).is_dir()] == []
