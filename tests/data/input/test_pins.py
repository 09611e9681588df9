"""An input is the file for which the job was planned, or its task fails."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hadoopless.data.input.raw import check_unchanged, open_input, open_split, pinned, state_of
from hadoopless.data.input.records import RecordFeed
from hadoopless.errors import InputChanged, InputError
from hadoopless.job import Split
from hadoopless.rules import InputRules


def grown(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more\n")


def truncated(path: Path) -> None:
    os.truncate(path, 2)


def touched(path: Path) -> None:
    os.utime(path, ns=(1, 1))


def replaced(path: Path) -> None:
    """Another file of the same size and time has the name."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[::-1])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(other, path)


CHANGES = [grown, truncated, touched, replaced]


@pytest.fixture
def split(tmp_path: Path) -> Split:
    (tmp_path / "x").write_bytes(b"some\nlines\n")
    (only,) = pinned([Split("x")], str(tmp_path))
    return only


def test_the_same_file_may_be_read(split: Split, tmp_path: Path) -> None:
    check_unchanged(split, tmp_path.joinpath)
    descriptor = open_input("x", tmp_path / "x", split.state)
    assert os.get_blocking(descriptor)
    assert os.read(descriptor, 100) == b"some\nlines\n"
    os.close(descriptor)


@pytest.mark.parametrize("change", CHANGES)
def test_another_file_is_refused(
    split: Split, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(tmp_path / "x")
    for look in (
        lambda: open_input("x", tmp_path / "x", split.state),
        lambda: open_split(split, tmp_path.joinpath),
        lambda: check_unchanged(split, tmp_path.joinpath),
        lambda: RecordFeed(split, tmp_path.joinpath, InputRules(), limit=1 << 20)(1),
    ):
        with pytest.raises(InputChanged, match="the input x has changed since the job was planned"):
            look()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_it_is_read_is_noticed(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """The pieces are fed by us; the file changes when the first bytes have been written."""
    for name in ("x", "y"):
        (tmp_path / name).write_bytes(b"some\nlines\n")
    split = Split.of(pinned([Split("x"), Split("y")], str(tmp_path)))
    asked: list[str] = []

    def locate(name: str) -> Path:
        asked.append(name)
        if asked.count("x") == 3:  # opened for a look, opened to be fed, and looked at behind it
            change(tmp_path / "x")
        return tmp_path / name

    feed = open_split(split, locate)
    assert not isinstance(feed, int)
    with (tmp_path / "fed").open("wb") as target, pytest.raises(InputChanged):
        feed(target.fileno())


def test_a_stat_of_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_bytes(b"some\nlines\n")
    looked: list[object] = []
    stat = os.stat

    def counted(path: object, **options: object) -> os.stat_result:
        looked.append(path)
        return stat(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", counted)
    pinned([Split("x", 0, 5), Split("x", 5, 6)], str(tmp_path))
    assert looked == [tmp_path / "x"]


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dir").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "sock"))
    server.close()
    reasons = {
        "fifo": "it is a pipe: write it to a file first",
        "dir": "it is a directory",
        "link": "it is a link to nowhere, which does not exist",
        "sock": "it is a socket",
        "/dev/null": "it is a device",
        "missing": "No such file or directory",
        "n" * 300: "File name too long",
    }
    for name, reason in reasons.items():
        with pytest.raises(InputError, match=f"cannot read the input {name}: .*{reason}"):
            state_of(name, tmp_path / name)
        if name != "sock":  # it cannot even be opened
            with pytest.raises(InputError, match=f"cannot read the input {name}: .*{reason}"):
                open_input(name, tmp_path / name)
