"""The command line that a user types for a program becomes the words that are executed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.program.commands import Command, Root, resolve, resolve_streaming
from hadoopless.errors import ForbiddenError, InputError, MapReduceError, UsageError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A served directory with some programs, beside one with secrets."""
    root = Path(os.path.realpath(tmp_path), "served")
    for name in ("bin/run", "mapper.py", "a b.py", "data.txt", "plain.sh", "../outside/secret.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (root / "bin/run").chmod(0o755)
    (root / "link.py").symlink_to("../outside/secret.py")
    (root / "inner.py").symlink_to("mapper.py")
    (root / "loop").symlink_to("loop")
    (root / "out").symlink_to("../outside")
    return root


def command(root: Path, line: str, *, bound: bool = False) -> Command:
    return resolve(line, Root(str(root), str(root) if bound else None), "mapperPath")


def test_a_program_with_the_run_bit(root: Path) -> None:
    for line in ("bin/run -x 'a b' \"\"", f"{root}/bin/run -x 'a b' ''"):
        found = command(root, line)
        assert found.argv == (f"{root}/bin/run", "-x", "a b", "")
        assert found.cwd == str(root)
    assert command(root, "bin/run -x 'a b' \"\"").shell == "bin/run -x 'a b' ''"


def test_python_runs_what_has_no_run_bit(root: Path) -> None:
    found = command(root, "mapper.py --lower")
    assert found.argv == (sys.executable, f"{root}/mapper.py", "--lower")
    assert found.shell == f"{sys.executable} {root}/mapper.py --lower"


def test_a_path_with_blanks_is_no_command_line(root: Path) -> None:
    assert command(root, "a b.py").argv == (sys.executable, f"{root}/a b.py")
    assert command(root, "'a b.py' c").argv == (sys.executable, f"{root}/a b.py", "c")


def test_a_name_is_looked_up_in_the_search_path(root: Path) -> None:
    found = command(root, "cat -n")
    assert found.argv[1:] == ("-n",)
    assert os.access(found.argv[0], os.X_OK)
    assert found.shell == f"{found.argv[0]} -n"


def test_a_file_goes_before_the_search_path(root: Path) -> None:
    (root / "cat").touch(0o755)
    assert command(root, "cat").argv == (f"{root}/cat",)


@pytest.mark.parametrize(
    ("line", "error", "says"),
    [
        ("", UsageError, "no program given"),
        ("   ", UsageError, "no program given"),
        ("'unclosed", UsageError, "cannot read the command"),
        ("a\0b", UsageError, "NUL"),
        (
            "nowhere",
            InputError,
            r"no such program: nowhere \(looked for /.*/nowhere and in PATH\)$",
        ),
        ("bin/missing", InputError, r"program: bin/missing \(looked for /.*/bin/missing\)$"),
        ("bin", InputError, "mapperPath: bin is a directory"),
        ("bin/", InputError, "mapperPath: bin/ is a directory"),
        ("loop", InputError, "no such program: loop"),
        ("data.txt/below", InputError, "no such program"),
        ("plain.sh", InputError, r"plain.sh is not executable; try: chmod \+x /"),
        ("x" * 5000, InputError, "no such program"),
        ("x" * 300 + "/y", InputError, "no such program"),
    ],
)
def test_what_cannot_be_run(root: Path, line: str, error: type[MapReduceError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        command(root, line)
    assert str(caught.value).startswith("mapperPath: ") or error is UsageError


def test_a_long_command_line_is_no_path(root: Path) -> None:
    line = "cat " + " ".join(["argument"] * 1000)
    assert len(command(root, line).argv) == 1001


def test_within_the_root_all_is_well(root: Path) -> None:
    assert command(root, "mapper.py", bound=True).argv == (sys.executable, f"{root}/mapper.py")
    assert command(root, "bin/../inner.py", bound=True).argv[1] == f"{root}/bin/../inner.py"
    assert command(root, f"{root}/bin/run", bound=True).argv == (f"{root}/bin/run",)


@pytest.mark.parametrize(
    "line",
    [
        "link.py",
        "../outside/secret.py",
        "bin/../../outside/secret.py",
        "out/secret.py",
        "out/missing.py",
        "/bin/sh",
        "sh -c true",
        "cat",
        "..",
    ],
)
def test_nothing_leads_out_of_the_root(root: Path, line: str) -> None:
    with pytest.raises(ForbiddenError, match="outside the served directory"):
        command(root, line, bound=True)


@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "{} x",
        "{outside}/{}",
        "{outside}/{} x",
        "{outside}/{}/../../served/mapper.py",
        "../outside/{}/../../served/mapper.py",
        "out/{}",
        "out/{}/../x",
    ],
)
def test_the_answer_does_not_tell_what_is_outside(
    root: Path, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same for what is there and what is not: a program, a directory, one with blanks."""
    outside = root.parent / "outside"
    monkeypatch.setenv("PATH", str(outside))
    (outside / "folder").mkdir()
    (outside / "secret.py").chmod(0o755)
    (outside / "secret.py x").touch()
    told = set()
    for name in ("secret.py", "folder", "missing"):
        with pytest.raises(ForbiddenError) as caught:
            command(root, line.format(name, outside=outside), bound=True)
        told.add(str(caught.value).replace(name, "…"))
    assert len(told) == 1


def test_a_sibling_with_the_same_beginning_is_outside(root: Path) -> None:
    sibling = root.with_name("served2")
    sibling.mkdir()
    (sibling / "x.py").touch()
    with pytest.raises(ForbiddenError):
        Root(str(root), str(root)).path("../served2/x.py")


def test_a_working_directory_elsewhere_frees_no_one(root: Path) -> None:
    wider = Root(str(root.parent), str(root))
    assert wider.path("served/mapper.py") == root / "mapper.py"
    with pytest.raises(ForbiddenError):
        wider.path("outside/secret.py")


def test_a_path_has_no_nul(root: Path) -> None:
    with pytest.raises(UsageError, match="NUL"):
        Root(str(root)).path("a\0b")


@given(line=st.text(st.sampled_from("ab./'\"\\ \t\n\0~$*é\udcff-"), max_size=12))
def test_any_line_is_a_command_or_an_error_of_ours(
    line: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.getbasetemp()
    for bound in (False, True):
        try:
            found = command(root, line, bound=bound)
        except MapReduceError:
            continue
        assert not bound or os.path.realpath(found.argv[0]).startswith(str(root))


# as Hadoop Streaming does it


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """The directory of a task, with what was shipped for it; ``bin`` is in the search path."""
    task = tmp_path / "task"
    for name in ("mapper.py", "cat", "pkg/run.sh", "../bin/tool", "../bin/only-here", "tool"):
        path = task / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(0o644)
    (tmp_path / "staged.py").touch(0o640)
    (task / "link.py").symlink_to(tmp_path / "staged.py")
    return task


def streaming(task: Path, line: str) -> Command:
    search_path = os.pathsep.join(["", "/no/such", f" {task.parent}/bin", "/bin"])
    return resolve_streaming(line, str(task), {"PATH": search_path}, "-mapper")


def test_a_shipped_program_gets_the_run_bits(task: Path) -> None:
    found = streaming(task, "mapper.py 'a b' c")
    assert found == Command((f"{task}/mapper.py", "a b", "c"), "./mapper.py 'a b' c", str(task))
    assert (task / "mapper.py").stat().st_mode & 0o777 == 0o755
    assert streaming(task, "link.py").argv == (f"{task}/link.py",)
    assert (task.parent / "staged.py").stat().st_mode & 0o777 == 0o751
    for line in ("pkg/run.sh", "./pkg/run.sh", "./pkg/../pkg/run.sh"):
        assert streaming(task, line).argv == (f"{task}/pkg/run.sh",)
        assert streaming(task, line).shell == "./pkg/run.sh"


def test_what_was_shipped_goes_before_the_search_path(task: Path) -> None:
    assert streaming(task, "cat -n").argv == (f"{task}/cat", "-n")
    assert streaming(task, "tool").argv == (f"{task}/tool",)


def test_the_search_path_needs_no_run_bit(task: Path) -> None:
    found = streaming(task, "only-here -x")
    assert found.argv == (f"{task.parent}/bin/only-here", "-x")
    assert found.shell == f"{task.parent}/bin/only-here -x"
    assert (task.parent / "bin/only-here").stat().st_mode & 0o777 == 0o644
    assert streaming(task, "sh -c x").argv == ("/bin/sh", "-c", "x")


def test_our_own_search_path_without_another(task: Path) -> None:
    assert os.path.isabs(resolve_streaming("sh", str(task), {}, "-mapper").argv[0])


@pytest.mark.parametrize("line", ["no-such", "./no-such", "pkg", "/no/such", "/bin/sh"])
def test_what_is_not_found_is_tried_as_given(line: str, task: Path) -> None:
    assert streaming(task, f"{line} x") == Command((line, "x"), f"{line} x", str(task))


def test_words_without_a_shell(task: Path) -> None:
    assert streaming(task, "cat $HOME | wc * -e'x y'").argv[1:] == (
        *("$HOME", "|", "wc", "*", "-e", "x y"),
    )


@pytest.mark.parametrize("line", ["", "  ", "''", "cat a\0b"])
def test_no_command(line: str, task: Path) -> None:
    with pytest.raises(UsageError, match="-reducer: "):
        resolve_streaming(line, str(task), {}, "-reducer")


def test_what_is_open_is_looked_at_again(tmp_path: Path) -> None:
    """A path that was checked may lead elsewhere when it is opened."""
    served, outside = tmp_path / "served", tmp_path / "outside"
    for directory in (served, outside):
        directory.mkdir()
        (directory / "0.in").touch()
    (served / "link").symlink_to(outside)
    root = Root(str(served), str(served))
    for name, path in (("0.in", served / "0.in"), (".", served)):
        with opened(path) as descriptor:
            root.admit(descriptor, name)
    for name in ("link/0.in", "link"):
        with opened(served / name) as descriptor:
            with pytest.raises(ForbiddenError, match=f"^{name} is outside the served directory"):
                root.admit(descriptor, name)
            Root(str(served)).admit(descriptor, name)


@contextmanager
def opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
