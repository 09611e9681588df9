"""Directories of tasks: what is in them, that they go, and how a failed task is run again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless.data.program import directory as directory_module
from hadoopless.data.program.directory import TaskDirectory
from hadoopless.data.program.stdin import write_all
from hadoopless.errors import (
    Cancelled,
    DiskError,
    InputError,
    MapReduceError,
    ProgramFailed,
    UsageError,
)
from hadoopless.failure import Failure


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "base"
    base.mkdir()
    return base


def test_entries_of_a_directory_are_beside_the_files_of_the_job(tmp_path: Path) -> None:
    base, client = tmp_path / "base", tmp_path / "client"
    for path in (base, client, client / "sub"):
        path.mkdir()
    for name in ("a", "b", "tmp", "sub/c"):
        (client / name).write_text("the client's")
    (tmp_path / "b").write_text("the job's")
    with TaskDirectory(base, [("b", str(tmp_path / "b"))], beside=str(client)) as directory:
        found = Path(directory.path)
        assert sorted(os.listdir(found)) == ["a", "b", "sub", "tmp", "tmp-1"]
        assert directory.temporary == str(found / "tmp-1")
        assert (found / "a").read_text() == (found / "sub" / "c").read_text() == "the client's"
        assert (found / "b").read_text() == "the job's"
        (found / "new").touch()
    assert os.listdir(base) == []
    assert sorted(os.listdir(client)) == ["a", "b", "sub", "tmp"]


def test_too_many_entries_are_not_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_module, "MOST_BESIDE", 2)
    (tmp_path / "base").mkdir()
    for name in ("a", "b"):
        (tmp_path / name).touch()
    for beside in (tmp_path, tmp_path / "gone"):
        with TaskDirectory(tmp_path / "base", beside=str(beside)) as directory:
            assert os.listdir(directory.path) == ["tmp"]


def test_what_is_in_it(base: Path, tmp_path: Path) -> None:
    (tmp_path / "dict.txt").write_text("one")
    links = [
        ("dict.txt", "/no/such"),
        ("dict.txt", f"{tmp_path}/dict.txt"),
        ("a/b/c", str(tmp_path)),
        ("./dots", str(tmp_path)),
    ]
    with TaskDirectory(base, links) as directory:
        path = Path(directory.path)
        assert path.parent == base
        assert path.stat().st_mode & 0o777 == 0o700
        assert sorted(os.listdir(path)) == ["a", "dict.txt", "dots", "tmp"]
        assert (path / "dict.txt").read_text() == "one"
        assert (path / "a/b/c/dict.txt").read_text() == "one"
        assert directory.temporary == str(path / "tmp")
        assert os.listdir(directory.temporary) == []
        assert directory.environment == {"TMPDIR": f"{path}/tmp", "PWD": str(path)}
    assert os.listdir(base) == []
    assert (tmp_path / "dict.txt").read_text() == "one"


def test_each_has_its_own(base: Path) -> None:
    with TaskDirectory(base) as one, TaskDirectory(base) as other:
        assert one.path != other.path
    assert os.listdir(base) == []


def test_all_of_it_goes(base: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    for change in (
        "echo x > file; mkdir -p d/e; echo x > d/e/f; echo x > tmp/t",
        "rm link; rmdir tmp",
        f"ln -s {outside} more; ln -s loop loop",
        "mkdir d; touch d/f; chmod 0 d; chmod 500 .",
        "mkdir d; touch d/f; chmod 0 .",
        "rm -rf $PWD",
    ):
        with TaskDirectory(base, [("link", str(outside))]) as directory:
            subprocess.run(["/bin/sh", "-c", change], cwd=directory.path, check=True)
        assert os.listdir(base) == []
    assert os.listdir(outside) == ["kept"]


def test_a_file_of_the_job_may_be_called_tmp(base: Path) -> None:
    with TaskDirectory(base, [("tmp", "/etc"), ("tmp-1/x", "/etc")]) as directory:
        assert directory.temporary == f"{directory.path}/tmp-2"
    assert os.listdir(base) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../../x", "/etc", "a\0b"])
def test_names_that_lead_out(name: str, base: Path) -> None:
    with pytest.raises(UsageError, match="is no name for a file"):
        TaskDirectory(base, [(name, "/etc")])


def test_a_base_that_is_not_there(base: Path) -> None:
    with pytest.raises(DiskError, match="No such file"), TaskDirectory(base / "missing"):
        pass
    with pytest.raises(DiskError), TaskDirectory(base, [("a", "/x"), ("a/b", "/x")]):
        pass
    assert os.listdir(base) == []


# a task that failed


FAILED = ProgramFailed(Failure("ended with exit code 1"))


def failed(base: Path, error: Exception, *, keep: bool) -> str:
    """The path of a directory whose task ended with *error*."""
    directory = TaskDirectory(base, keep=keep)
    with pytest.raises(type(error)), directory:
        raise error
    return directory.path


def test_it_is_kept_when_that_is_wanted(base: Path) -> None:
    path = failed(base, FAILED, keep=True)
    assert os.listdir(base) == [os.path.basename(path)]


def test_what_is_kept_outlives_the_files_of_the_job(base: Path, tmp_path: Path) -> None:
    staged = tmp_path / "staged"
    (staged / "words/more").mkdir(parents=True)
    (staged / "words/more/1").write_text("one")
    (staged / "m.py").write_text("script")
    (staged / "m.py").chmod(0o755)
    (staged / "gone").write_text("mine")
    links = [(name, f"{staged}/{name}") for name in ("words", "m.py", "gone", "lost")]
    directory = TaskDirectory(base, links, keep=True)
    kept = Path(directory.path)
    directory.__enter__()
    (kept / "gone").unlink()
    (kept / "gone").write_text("the program's")
    directory.__exit__(ProgramFailed, FAILED, None)
    shutil.rmtree(staged)
    assert (kept / "words/more/1").read_text() == "one"
    assert (kept / "m.py").read_text() == "script"
    assert os.access(kept / "m.py", os.X_OK)
    assert (kept / "gone").read_text() == "the program's"
    assert sorted(os.listdir(kept)) == ["gone", "lost", "m.py", "tmp", "words"]


def test_it_is_not_kept_otherwise(base: Path) -> None:
    failed(base, FAILED, keep=False)
    failed(base, Cancelled("another attempt was first"), keep=True)
    with TaskDirectory(base, keep=True):
        pass
    assert os.listdir(base) == []


def again(base: Path, script: str, environment: dict[str, str], data: bytes) -> tuple[str, str]:
    """The path of a kept directory with the program *script*, and how to run that again."""
    lines: list[str] = []

    def fail(directory: TaskDirectory) -> None:
        program = Path(directory.path, "run me.py")
        program.write_text(f"#!{sys.executable} -S\n{script}")
        program.chmod(0o755)
        lines.append(
            directory.replay(
                "'./run me.py' 'a b'",
                environment,
                lambda descriptor: write_all(descriptor, [memoryview(data)]),
            )
        )
        raise FAILED

    with pytest.raises(ProgramFailed), TaskDirectory(base, keep=True) as directory:
        fail(directory)
    (line,) = lines
    assert line == f"sh {directory.path}/again/run.sh"
    return directory.path, line


def test_a_failed_task_can_be_run_again(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_WORKER", "x")
    script = """
import os, sys
for variable in (b"PWD", b"ODD", b"0digits", b"OF_THE_WORKER", b"NOT_THERE"):
    os.write(1, os.environb.get(variable, b"-")[:200] + b"|")
os.write(1, os.getcwdb() + b"|" + os.fsencode(sys.argv[1]) + b"|" + os.read(0, 100))
sys.exit(7)
"""
    odd = "'a'\n\"$b\" `c` \\ \udcff"
    path, line = again(base, script, {"ODD": odd, "0digits": "x" * 50_000}, b"in\0\xff\n")
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"NOT_THERE": "x", "PATH": "/bin"}, stdout=subprocess.PIPE
    )
    assert done.returncode == 7
    values = [path, odd, "x" * 200, "x", "-", path, "a b", "in\0\udcff\n"]
    assert done.stdout == b"|".join(map(os.fsencode, values))


def test_a_file_of_the_job_may_be_called_again(base: Path) -> None:
    with TaskDirectory(base, [("again", "/etc")]) as directory:
        line = directory.replay("true", {}, lambda descriptor: None)
        assert line == f"sh {directory.path}/again-1/run.sh"
        assert subprocess.run(["/bin/sh", "-c", line]).returncode == 0
    assert os.listdir(base) == []


def test_input_that_cannot_be_had_again(base: Path) -> None:
    def fail(error: MapReduceError) -> None:
        raise error

    with TaskDirectory(base) as directory:
        line = directory.replay("true", {}, lambda descriptor: fail(InputError("it is gone")))
        assert line == f"cd {directory.path}"
