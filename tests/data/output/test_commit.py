"""Output files: whole under their name, or nothing at all."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hadoopless.data.output.commit import PendingOutput
from hadoopless.errors import DiskError, ForbiddenError, InputError
from tests.disks import largest_file
from tests.oracle import REPOSITORY

Open = Callable[..., int]


@pytest.fixture(params=["unnamed", "no O_TMPFILE", "refused by the file system", "no /proc"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways to write a file that is not there yet."""
    way: str = request.param
    if way == "no O_TMPFILE":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif way == "refused by the file system":
        monkeypatch.setattr(os, "open", refusing(os.open))
    elif way == "no /proc":
        isdir = os.path.isdir
        monkeypatch.setattr(
            os.path, "isdir", lambda path: not str(path).startswith("/proc") and isdir(path)
        )
    return way


def refusing(real: Open) -> Open:
    """``os.open`` of a file system without O_TMPFILE, such as NFS."""

    def refuse(path: str, flags: int, *more: int, **named: int) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real(path, flags, *more, **named)

    return refuse


def test_commit_gives_the_name(way: str, tmp_path: Path) -> None:
    target = tmp_path / "0.out"
    with PendingOutput(target) as output:
        output.write(memoryview(b"some "))
        output.write(memoryview(b"bytes"))
        assert output.size == 10
        assert not target.exists()
        beside = os.listdir(tmp_path)
        assert len(beside) == (way != "unnamed" or not hasattr(os, "O_TMPFILE"))
        assert all(name.startswith(".0.out.") for name in beside)
        output.commit()
        assert target.read_bytes() == b"some bytes"
    assert os.listdir(tmp_path) == ["0.out"]


def test_commit_replaces_a_file_at_once(way: str, tmp_path: Path) -> None:
    target = tmp_path / "0.out"
    target.write_bytes(b"of the last job")
    with target.open("rb") as reader:
        with PendingOutput(target) as output:
            output.write(memoryview(b"new"))
            assert target.read_bytes() == b"of the last job"
            output.commit()
        assert target.read_bytes() == b"new"
        assert reader.read() == b"of the last job"
    assert os.listdir(tmp_path) == ["0.out"]


def test_without_commit_nothing_changes(way: str, tmp_path: Path) -> None:
    target = tmp_path / "0.out"
    target.write_bytes(b"of the last job")

    def write_half() -> None:
        with PendingOutput(target) as output:
            output.write(memoryview(b"half"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert target.read_bytes() == b"of the last job"
    assert os.listdir(tmp_path) == ["0.out"]


def test_two_attempts_at_once(way: str, tmp_path: Path) -> None:
    target = tmp_path / "0.out"
    with PendingOutput(target) as first, PendingOutput(target) as second:
        first.write(memoryview(b"first"))
        second.write(memoryview(b"second"))
        second.commit()
        assert target.read_bytes() == b"second"
        first.commit()
    assert target.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["0.out"]


def test_the_mode_is_as_for_any_new_file(way: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        output.commit()
    (tmp_path / "usual").touch()
    assert (tmp_path / "0.out").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_handed_over_under_another_name(way: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        output.write(memoryview(b"bytes"))
        output.hand_over(".0.out.attempt")
    assert os.listdir(tmp_path) == [".0.out.attempt"]
    assert (tmp_path / ".0.out.attempt").read_bytes() == b"bytes"


def test_a_name_that_cannot_be_handed_over(way: str, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with (
        PendingOutput(tmp_path / "0.out") as output,
        pytest.raises(DiskError, match=rf"cannot write .*0\.out: {os.strerror(errno.EISDIR)}"),
    ):
        output.hand_over("taken")
    assert os.listdir(tmp_path) == ["taken"]


def test_a_file_that_becomes_too_large(way: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        with (
            largest_file(7),
            pytest.raises(DiskError, match=rf"write .*0\.out: {os.strerror(errno.EFBIG)}"),
        ):
            output.write(memoryview(b"some bytes"))
        assert output.size == 7
    assert os.listdir(tmp_path) == []


def test_a_target_that_cannot_be_replaced(way: str, tmp_path: Path) -> None:
    (tmp_path / "0.out").mkdir()
    with PendingOutput(tmp_path / "0.out") as output, pytest.raises(DiskError, match=r"0\.out"):
        output.commit()
    assert os.listdir(tmp_path) == ["0.out"]


def test_the_directory_vanishes(way: str, tmp_path: Path) -> None:
    directory = tmp_path / "job"
    directory.mkdir()
    with PendingOutput(directory / "0.out") as output:
        for left in directory.iterdir():
            left.unlink()
        directory.rmdir()
        with pytest.raises(DiskError):
            output.commit()


@pytest.mark.parametrize("ends", ["committed", "handed over", "dropped"])
def test_the_directory_is_swapped_for_a_link(way: str, ends: str, tmp_path: Path) -> None:
    """The file stays in the directory that was opened."""
    directory, elsewhere = tmp_path / "job", tmp_path / "elsewhere"
    directory.mkdir()
    elsewhere.mkdir()
    with PendingOutput(directory / "0.out") as output:
        output.write(memoryview(b"some"))
        directory.rename(tmp_path / "moved")
        directory.symlink_to(elsewhere)
        if ends == "committed":
            output.commit()
        elif ends == "handed over":
            output.hand_over("left")
    left = {"committed": ["0.out"], "handed over": ["left"], "dropped": []}
    assert os.listdir(tmp_path / "moved") == left[ends]
    assert os.listdir(elsewhere) == []


def test_a_directory_may_be_refused_when_it_is_open(tmp_path: Path) -> None:
    def refuse(descriptor: int, name: str) -> None:
        assert os.path.samestat(os.fstat(descriptor), tmp_path.stat())
        raise ForbiddenError(name)

    before = os.listdir("/dev/fd")
    with pytest.raises(ForbiddenError, match=str(tmp_path)):
        PendingOutput(tmp_path / "0.out", refuse)
    assert len(os.listdir("/dev/fd")) == len(before)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("parent", ["missing", "file", "x" * 300])
def test_no_such_directory(parent: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="no such output directory"):
        PendingOutput(tmp_path / parent / "0.out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_no_permission(way: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(DiskError, match="Permission denied"):
            PendingOutput(tmp_path / "0.out")
    finally:
        tmp_path.chmod(0o755)


def test_an_error_of_the_system_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(DiskError, match=r"cannot write .*0\.out: No space left"):
        PendingOutput(tmp_path / "0.out")


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="only Linux has files without a name")
def test_a_killed_writer_leaves_nothing(tmp_path: Path) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from hadoopless.data.output.commit import PendingOutput
with PendingOutput(Path(sys.argv[1], "0.out")) as output:
    output.write(memoryview(b"half"))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], cwd=REPOSITORY, check=False
    )
    assert done.returncode == -9
    assert os.listdir(tmp_path) == []


def through_a_pipe(output: PendingOutput, data: bytes) -> list[int]:
    """Move *data* from a pipe to *output*; returns the counts of the moves."""
    read_end, write_end = os.pipe()
    try:
        os.write(write_end, data)
        os.close(write_end)
        return [*iter(lambda: output.move_from(read_end), 0)]
    finally:
        os.close(read_end)


@pytest.fixture(params=["moved", "no splice", "refused by the file system"])
def move(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways in which bytes come from a pipe into a file."""
    move: str = request.param
    if move == "no splice":
        monkeypatch.delattr(os, "splice", raising=False)
    elif move != "moved":

        def refuse(*_: object) -> int:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

        monkeypatch.setattr(os, "splice", refuse)
    return move


def test_bytes_are_moved_from_a_pipe(move: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        assert sum(through_a_pipe(output, b"some ")) == 5
        output.write(memoryview(b"more "))
        assert sum(through_a_pipe(output, b"bytes" * 1000)) == 5000
        assert output.size == 5010
        output.commit()
    assert (tmp_path / "0.out").read_bytes() == b"some more " + b"bytes" * 1000


def test_a_disk_that_is_full_in_mid_pipe(move: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        with (
            largest_file(7),
            pytest.raises(DiskError, match=rf"write .*0\.out: {os.strerror(errno.EFBIG)}"),
        ):
            through_a_pipe(output, b"some bytes")
        assert output.size == 7
    assert os.listdir(tmp_path) == []


def test_a_file_system_that_takes_no_pages_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(*_: object) -> int:
        asked.append(True)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "splice", refuse)
    with PendingOutput(tmp_path / "0.out") as output:
        assert through_a_pipe(output, b"some bytes") == [10]
    assert asked == [True]


@pytest.mark.parametrize("anew", [b"", b"anew"])
def test_what_is_dropped_is_written_anew(way: str, anew: bytes, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        output.write(memoryview(b"what a program wrote before it failed"))
        output.clear()
        assert output.size == 0
        output.write(memoryview(anew))
        output.commit()
    assert (tmp_path / "0.out").read_bytes() == anew


ADVICE = {errno.ENOSPC: "; free some space", errno.EDQUOT: "; free some space", errno.EIO: ""}


@pytest.mark.parametrize("code", ADVICE)
@pytest.mark.parametrize("call", ["splice", "write", "ftruncate", "lseek"])
def test_each_error_of_the_disk_is_told(
    call: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    told = rf"^cannot write .*0\.out: {os.strerror(code)}{ADVICE[code]}$"
    with PendingOutput(tmp_path / "0.out") as output:
        use: dict[str, Callable[[], object]] = {
            "splice": partial(through_a_pipe, output, b""),
            "write": partial(output.write, memoryview(b"x")),
        }
        monkeypatch.setattr(os, call, broken)
        with pytest.raises(DiskError, match=told):
            use.get(call, output.clear)()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("how", ["commit", "hand_over"])
def test_a_file_that_does_not_hold_all_that_was_written(how: str, tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "0.out") as output:
        output.write(memoryview(b"some bytes"))
        output.size += 1  # as if a write had told more than it did
        with pytest.raises(DiskError, match="11 bytes were written to it, and it holds 10"):
            output.commit() if how == "commit" else output.hand_over(".handed")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("how", ["commit", "hand_over"])
def test_a_server_of_files_that_tells_its_error_at_the_close(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NFS writes late: the error of a write may be that of the close."""
    close = os.close

    def full(descriptor: int) -> None:
        close(descriptor)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with PendingOutput(tmp_path / "0.out") as output:
        output.write(memoryview(b"some bytes"))
        finish = output.commit if how == "commit" else partial(output.hand_over, ".handed")
        monkeypatch.setattr(os, "close", full)
        with pytest.raises(DiskError, match="free some space"):
            finish()
        monkeypatch.undo()
    assert os.listdir(tmp_path) == []
