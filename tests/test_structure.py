"""The code keeps to the plan of tools/house.py: imports, light processes, ``__init__`` files."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from hadoopless.data.machine import cache as machine_code
from tests.oracle import REPOSITORY
from tools.house import FLOORS, ROOMS

PACKAGE = REPOSITORY / "hadoopless"
MODULES = sorted(PACKAGE.rglob("*.py"))
TOP_FILES = sorted(REPOSITORY.glob("*.py"))

#: Run as programs, by themselves, without the project around them.
ALONE = ["data/program/spawner.py", "by_hand/partition.py", "library/run.py"]


def module_name(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in MODULES}


@cache
def imports(path: Path) -> tuple[str, ...]:
    """The full names of all modules that the file imports, wherever in it."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively in line {node.lineno}"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                found.append(full if full in NAMES else module)
    return tuple(found)


def shown(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def room_of(module: str) -> str:
    return module.split(".")[1]


def inner_room_of(module: str) -> str:
    """The room of *module* in its package: ``data.sort`` for hadoopless.data.sort.keys."""
    return ".".join(module.split(".")[1:3])


def floor_of(room: str) -> int:
    package, _, name = room.partition(".")
    return next(number for number, floor in enumerate(FLOORS[package]) if name in floor)


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


def inner_modules() -> list[str]:
    """The modules of all packages with floors, without the packages' own ``__init__``."""
    return sorted(name for name in NAMES if room_of(f"{name}.") in FLOORS and name.count(".") > 1)


def test_every_inner_room_has_a_floor() -> None:
    found = {inner_room_of(name) for name in inner_modules()}
    named = {
        f"{package}.{room}" for package in FLOORS for floor in FLOORS[package] for room in floor
    }
    assert found == named


@pytest.mark.parametrize("name", inner_modules())
def test_no_room_imports_a_higher_floor(name: str) -> None:
    room = inner_room_of(name)
    for other in rooms_imported_by(name):
        assert floor_of(other) <= floor_of(room), f"{name} imports {other}"


def rooms_imported_by(name: str) -> set[str]:
    """The rooms of its own package at the top that the module imports, besides its own room."""
    package = room_of(name)
    others = {
        inner_room_of(other)
        for other in imports(path_of(name))
        if other.startswith(f"hadoopless.{package}.")
    }
    return others - {inner_room_of(name)}


def path_of(name: str) -> Path:
    path = REPOSITORY.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_no_room_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {}
    for name in inner_modules():
        graph.setdefault(inner_room_of(name), set()).update(rooms_imported_by(name))
    check_no_circle(graph)


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        module_name(path): sorted({one for one in imports(path) if one in NAMES})
        for path in MODULES
        # A package re-exports names from within itself.
        if path.name != "__init__.py"
    }
    check_no_circle(graph)


def check_no_circle(graph: Mapping[str, Iterable[str]]) -> None:
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
        # Whoever loads the package may want a command alone, for which run_job is of no use.
        is_lazy = path == PACKAGE / "__init__.py" and (
            ast.unparse(node).startswith(("TYPE_CHECKING", "if TYPE_CHECKING:", "def __getattr__("))
        )
        assert is_doc or is_name or is_lazy or isinstance(node, ast.ImportFrom), ast.unparse(node)


@pytest.mark.parametrize("path", [*MODULES, *TOP_FILES], ids=shown)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_bytes()))


#: A docstring or comment that begins with one of these is a fragment or has no subject in front.
FRAGMENT = re.compile(r"(What|Whether|Who|Whom|Whose|Which|Why|How|Where|Of)\b")
MAY_BE_FRAGMENT = re.compile("#[#: ]*" + FRAGMENT.pattern)
#: The sources under the machine code: with any change in them, everybody compiles anew.
COMPILED = {path_of(name) for name in (*machine_code.MODULES, *machine_code.MAKERS)}
#: The directories with code of the project.
TOPS = ("bin", "hadoopless", "tests", "tools", "benchmarks", "wordcount")
#: The directory of what the benchmarks make and install: other people's modules are in it.
MADE = REPOSITORY / "benchmarks" / "work"


def docstrings(path: Path) -> Iterator[tuple[int, str]]:
    """The docstrings of a file, with their lines."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, documented) and (text := ast.get_docstring(node)):
            yield node.body[0].lineno, text


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """The beginnings of the comments of a file, with their lines; none if none is a fragment.

    To find the comments of all files would take seconds.
    """
    if not MAY_BE_FRAGMENT.search(path.read_text()):
        return
    above = 0
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                line, is_alone = token.start[0], not token.line[: token.start[1]].strip()
                if not is_alone or line != above + 1:
                    yield line, token.string.lstrip("#: ")
                above = line if is_alone else 0


def test_docstrings_and_comments_begin_with_their_subjects() -> None:
    paths = {path for top in TOPS for path in (REPOSITORY / top).rglob("*.py")} | {*TOP_FILES}
    ours = (path for path in paths - COMPILED if MADE not in path.parents)
    found = [
        f"{shown(path)}:{line}: {text}"
        for path in sorted(ours)
        for line, text in (*docstrings(path), *comments(path))
        if FRAGMENT.match(text)
    ]
    assert not found, "\n".join(found)


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


#: The modules that may ask what time it is, and what for. Each decision that waits or compares
#: takes time.monotonic(): the clock may be set, forwards and backwards, while a job runs.
MAY_ASK_THE_TIME = {
    "coordinator/journal.py": "shows when another job has begun",
    "coordinator/recorder.py": "notes in the history when a job has begun",
    "engines/spark/history.py": "lays the clocks of executors beside ours, for the history",
    "engines/spark/job.py": "notes when the tasks began, for the history",
    "engines/spark/tasks.py": "notes when an attempt began and ended, for the history",
    "history/reading.py": "tells for how long a job that runs has run",
    "streaming/log.py": "stamps the lines of a log",
    "streaming/client/job.py": "makes the name of a job, as Hadoop does",
    "streaming/client/running.py": "compares with the times of files",
    "doctor/workers.py": "compares the clocks of machines",
    "filesystem/changing.py": "gives a file the time of now",
}


def test_no_decision_hangs_on_a_clock_that_can_be_set() -> None:
    asking = re.compile(r"\btime\.time(_ns)?\b|\bdatetime\b|CLOCK_REALTIME\b")
    found = {
        path.relative_to(PACKAGE).as_posix() for path in MODULES if asking.search(path.read_text())
    }
    assert found == MAY_ASK_THE_TIME.keys()


def test_no_file_names_the_host_of_a_package_registry() -> None:
    host = re.compile(
        rb"https?://((repo|registry|proxy|static|deb|files|pypi|index)[.]|\S*/maven2)"
    )
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    ).stdout
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    assert names
    found = [name for name in names if host.search((REPOSITORY / name).read_bytes())]
    assert found == []


#: Ours alone: a name with one underscore in front. os._exit is the one of Python that is used.
PRIVATE = re.compile(r"_[a-zA-Z]\w*")
SETTERS = {"setattr", "delattr", "getattr", "patch"}


def private_names(path: Path) -> Iterator[str]:
    """The private names of others that a file takes hold of, with their lines."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Attribute):
            is_own = ast.unparse(node.value) in ("self", "cls") or ast.unparse(node) == "os._exit"
            names = [] if is_own else [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in SETTERS:
            values = (one.value for one in node.args if isinstance(one, ast.Constant))
            names = [value.split(".")[-1] for value in values if isinstance(value, str)]
        else:
            continue
        yield from (f"{node.lineno}: {name}" for name in names if PRIVATE.fullmatch(name))


@pytest.mark.parametrize("path", sorted((REPOSITORY / "tests").rglob("*.py")), ids=shown)
def test_tests_use_public_names(path: Path) -> None:
    assert list(private_names(path)) == []
