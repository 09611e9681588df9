"""Runs in files of other processes of this machine: read where they lie, or not opened."""

from __future__ import annotations

import errno
import gc
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.data.runs.runs import pieces
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.same_machine import NotOpened, OthersFile, OthersFiles, machine
from hadoopless.job import Sum
from hadoopless.wire.messages.segments import Place, Told
from tests.data.samples import content, descriptors_of, joined

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="without /proc all runs are sent")

DATA = b"a\t1\nb\t1\n"
TOLD = Told(len(DATA), Sum(2, len(DATA)))
#: Keeps DATA in an unnamed file until it is killed, and tells its descriptor.
HOLDER = """
import os, signal, tempfile
file = tempfile.TemporaryFile(buffering=0)
file.write(b"before" + %r)
print(file.fileno(), flush=True)
signal.pause()
"""


@pytest.fixture
def holder() -> Iterator[Place]:
    """The place of DATA in a file of another process."""
    argv = [sys.executable, "-c", HOLDER % DATA]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Place(process.pid, int(process.stdout.readline()), len(b"before"), 0)
        process.send_signal(signal.SIGKILL)


@pytest.fixture
def files() -> OthersFiles:
    return OthersFiles()


def place_of(descriptor: int, offset: int = 0) -> Place:
    """A place in a file of this process, which is another one for who only knows its number."""
    return Place(os.getpid(), descriptor, offset, 0)


def unnamed(directory: Path, data: bytes = DATA) -> SpillFile:
    file = SpillFile(str(directory))
    file.append([data], Sum(1, len(data)))
    return file


def test_a_file_of_another_process(holder: Place, files: OthersFiles) -> None:
    run = files.run(TOLD, holder)
    os.kill(holder.process, signal.SIGKILL)
    os.waitid(os.P_PID, holder.process, os.WEXITED | os.WNOWAIT)
    assert joined(pieces(run)) == DATA, "it stays there without its process"
    with pytest.raises(NotOpened):
        OthersFiles().run(TOLD, holder)


def test_processes_of_a_user_share_the_word_for_their_machine() -> None:
    first = "import os; from hadoopless.data.shuffle.same_machine import machine;"
    assert machine() == output_of(f"{first} print(machine())") != ""
    if os.geteuid() == 0:
        assert machine() != output_of(f"{first} os.seteuid(65534); print(machine())") != ""


def output_of(line: str) -> str:
    """The words that another Python process prints for *line*."""
    argv = [sys.executable, "-c", line]
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.strip()


def test_a_file_is_open_once_and_as_long_as_it_has_runs(tmp_path: Path, files: OthersFiles) -> None:
    file = unnamed(tmp_path, 2 * DATA)
    descriptor = file.opened().fileno()
    place, inode = place_of(descriptor), os.fstat(descriptor).st_ino
    assert descriptors_of(inode) == 1
    run, same = (files.run(TOLD, place) for _ in range(2))
    assert run.file is same.file
    assert isinstance(run.file, OthersFile)
    assert descriptors_of(inode) == 2
    del run, same
    gc.collect()
    assert descriptors_of(inode) == 1


def test_no_more_files_than_a_share_of_all(
    tmp_path: Path, files: OthersFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda which: (15, 15))
    first, second = unnamed(tmp_path), unnamed(tmp_path)
    run = files.run(TOLD, place_of(first.opened().fileno()))
    with pytest.raises(NotOpened, match="too many"):
        files.run(TOLD, place_of(second.opened().fileno()))
    assert content(files.run(TOLD, place_of(first.opened().fileno()))) == content(run)
    del run
    gc.collect()
    files.run(TOLD, place_of(second.opened().fileno()))


def test_what_is_gone_or_shorter(tmp_path: Path, files: OthersFiles) -> None:
    file = unnamed(tmp_path)
    descriptor = file.opened().fileno()
    for place in (place_of(descriptor, 1), place_of(1 << 20), Place((1 << 22) + 1, 0, 0, 0)):
        with pytest.raises(NotOpened) as caught:
            files.run(TOLD, place)
        assert not caught.value.lasts, "the next one may be there"


def test_what_is_no_spill_file_is_not_read(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, DATA)
    with open(tmp_path / "named", "w+b", buffering=0) as named, open(os.devnull, "rb") as null:
        named.write(DATA)
        directory = os.open(tmp_path, os.O_RDONLY)
        for descriptor in (reader, named.fileno(), null.fileno(), directory):
            files = OthersFiles()
            with pytest.raises(NotOpened, match="no unnamed file") as caught:
                files.run(TOLD, place_of(descriptor))
            assert caught.value.lasts, "the next one would be no better"
    assert os.read(reader, 99) == DATA
    for descriptor in (reader, writer, directory):
        os.close(descriptor)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_not_read(files: OthersFiles) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(DATA)
        file.flush()
        os.fchown(file.fileno(), 65534, 65534)
        with pytest.raises(NotOpened, match="no unnamed file"):
            files.run(TOLD, place_of(file.fileno()))


def test_where_the_system_forbids_it(
    tmp_path: Path, files: OthersFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = unnamed(tmp_path)
    place = place_of(file.opened().fileno())

    def forbidden(*_: object) -> int:
        raise PermissionError("not yours")

    monkeypatch.setattr(os, "open", forbidden)
    with pytest.raises(NotOpened, match="not yours") as caught:
        files.run(TOLD, place)
    assert caught.value.lasts


def test_who_refuses_is_asked_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    now = 100.0
    files = OthersFiles(lambda: now)
    with caplog.at_level(logging.INFO):
        files.refused("http://a", NotOpened("not yours", lasts=True))
    assert "what http://a has spilled is sent, not read in place: not yours" in caplog.text
    now = 159.0
    assert files.word_for("http://a") is None
    assert files.word_for("http://b") == machine()
    now = 161.0
    assert files.word_for("http://a") == machine()


def test_no_descriptor_is_left_to_read_it(
    tmp_path: Path, files: OthersFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = unnamed(tmp_path)
    place = place_of(file.opened().fileno())
    before, real = opened(file), os.open

    def only_paths(path: str, flags: int, *more: int, **options: int) -> int:
        if path.startswith("/proc/self/fd/"):
            raise OSError(errno.EMFILE, "too many open files")
        return real(path, flags, *more, **options)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", only_paths)
        with pytest.raises(NotOpened, match="too many open files"):
            files.run(TOLD, place)
    assert opened(file) == before
    assert content(files.run(TOLD, place)) == DATA, "the next time there may be some"


def opened(file: SpillFile) -> int:
    """The number of descriptors of this process for *file*."""
    return descriptors_of(os.fstat(file.opened().fileno()).st_ino)


def test_a_system_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(path: object, **_: object) -> str:
        raise FileNotFoundError(path)

    assert machine.__wrapped__() == machine()
    monkeypatch.setattr(os, "readlink", missing)
    assert machine.__wrapped__() is None


def test_the_processes_of_another_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    other = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: other)
    assert machine.__wrapped__() is None, "a process here has another number there"
