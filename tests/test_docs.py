"""The documents speak of what is there: links, parts made from the code, the map of the tests."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tools.diagrams import PART, documents, parts, renewed
from tools.told import saved_files

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


#: A file or directory of the tree in backticks; what a user has begins with one of "/~.$".
PATH = re.compile(r"(?<!`)`([\w*][\w./*-]*(?:\.(?:py|md|json|toml|txt)|/))`")
#: A definition and the file where it is.
DEFINITION = re.compile(r"`([A-Za-z_][\w.]*)(?:\(\))?` in `([\w/]+\.py)`")
MODULE = re.compile(r"python -m ((?:tests|benchmarks|tools|hadoopless)[\w.]*)")
PRESENT = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
PLACES = (REPOSITORY, REPOSITORY / "hadoopless")
ALL_TESTS = {
    name
    for path in (REPOSITORY / "tests").rglob("test_*.py")
    for name in re.findall(r"def (test_\w+)", path.read_text())
}
FILES = subprocess.run(
    ["git", "ls-files"], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True, text=True
).stdout.split("\n")


def text_of(document: Path) -> str:
    """The text of *document*, without blocks of code, each paragraph in one line."""
    prose = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n(?=\S)(?![|#-])", " ", prose)


def found(path: str) -> list[Path]:
    """The files that *path* can mean: from the top, from the package, or by its name alone."""
    if "*" in path:
        return [one for place in PLACES for one in place.glob(path)]
    there = [place / path for place in PLACES if (place / path).exists()]
    if there or "/" in path:
        return there
    return [REPOSITORY / name for name in FILES if name.rpartition("/")[2] == path]


@pytest.mark.parametrize("document", PRESENT, ids=shown)
def test_files_are_there(document: Path) -> None:
    made = saved_files(document.read_text())
    for path in set(PATH.findall(text_of(document))) - set(made):
        assert len(found(path)) == 1 or ("*" in path and found(path)), f"which file is {path}?"


@pytest.mark.parametrize("document", PRESENT, ids=shown)
def test_definitions_are_where_they_are_said_to_be(document: Path) -> None:
    for name, path in DEFINITION.findall(text_of(document)):
        (file,) = found(path)
        assert name in definitions(file), f"{path} does not define {name}"


def definitions(file: Path) -> set[str]:
    """All that *file* defines: ``name``, or ``Class.name``, also what a class sets in itself."""

    def names(node: ast.AST, prefix: str) -> Iterator[str]:
        for one in ast.iter_child_nodes(node):
            if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield prefix + one.name
                inner = f"{one.name}." if isinstance(one, ast.ClassDef) else prefix
                yield from names(one, inner)
            elif isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store):
                yield prefix + one.attr
            elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
                yield prefix + one.id
            else:
                yield from names(one, prefix)

    return set(names(ast.parse(file.read_bytes()), ""))


@pytest.mark.parametrize("document", PRESENT, ids=shown)
def test_tests_that_are_named_are_there(document: Path) -> None:
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", text_of(document)))
    assert named <= ALL_TESTS, f"there is no {sorted(named - ALL_TESTS)}"


@pytest.mark.parametrize("document", PRESENT, ids=shown)
def test_modules_can_be_run(document: Path) -> None:
    for module in MODULE.findall(document.read_text()):
        path = REPOSITORY.joinpath(*module.split("."))
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


@pytest.mark.parametrize("document", PRESENT, ids=shown)
def test_lines_are_wrapped(document: Path) -> None:
    """Tables and blocks of code may be wider."""
    prose = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    wide = [line for line in prose.splitlines() if len(line) > 110 and not line.startswith("|")]
    assert wide == []


def test_every_document_is_reached() -> None:
    """Links lead from the README to each document."""
    seen, todo = set(), [REPOSITORY / "README.md"]
    while todo:
        document = todo.pop()
        if document not in seen and document.suffix == ".md":
            seen.add(document)
            links = re.findall(r"\]\(([^)#:\s]+)", document.read_text())
            todo += [(document.parent / link).resolve() for link in links]
    assert set(DOCUMENTS) <= seen


def test_threads_and_locks_are_told() -> None:
    """A file that makes a thread or a lock is named in docs/threads.md."""
    told = (REPOSITORY / "docs" / "threads.md").read_text()
    making = re.compile(r"\b(?:threading\.(?:\w*Lock|Condition|Thread|Timer)|ThreadPoolExecutor)\(")
    for path in (REPOSITORY / "hadoopless").rglob("*.py"):
        if making.search(path.read_text()):
            assert f"`{path.relative_to(REPOSITORY / 'hadoopless')}`" in told, path


def test_names_of_modules_are_whole() -> None:
    """Each dotted name that begins with the package's leads to a module, or to a name in one."""
    for name in FILES:
        if not name or name.startswith("tests/"):
            continue  # a test may name a module that is not there
        text = (REPOSITORY / name).read_text(errors="replace")
        for dotted in re.findall(r"(?<![\w./-])hadoopless((?:\.[a-z_]\w*)+)(?![\w-])", text):
            if dotted == ".toml":
                continue  # the file with a user's settings
            *parents, last = dotted.split(".")[1:]
            package = REPOSITORY.joinpath("hadoopless", *parents)
            module = package / last
            known = module.with_suffix(".py").exists() or module.is_dir()
            holder = package.with_suffix(".py")
            init = package / "__init__.py"
            assert known or any(
                re.search(rf"\b{last}\b", file.read_text())
                for file in (holder, init)
                if file.exists()
            ), f"{name}: hadoopless{dotted}"
