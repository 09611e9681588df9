"""A program that is fed bytes gets those of its split, to the last one."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path

import pytest

from hadoopless.data.input.raw import open_split
from hadoopless.errors import ForbiddenError, InputError
from hadoopless.faults import BadInput
from hadoopless.job import Split
from tests.data.byte_feeds import fed


def test_a_stretch_larger_than_a_pipe(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(3_000_000)
    (tmp_path / "x").write_bytes(data)
    assert fed(Split("x", 1000, 2_500_000), tmp_path / "x") == data[1000:2_501_000]
    assert fed(Split("x", 2_900_000, None), tmp_path / "x") == data[2_900_000:]
    assert fed(Split("x", 2_900_000, 200_000), tmp_path / "x") == data[2_900_000:]
    assert fed(Split("x", 5, 0), tmp_path / "x") == b""
    assert fed(Split("x"), tmp_path / "x") == data


def test_a_stretch_without_splice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "splice", raising=False)
    test_a_stretch_larger_than_a_pipe(tmp_path)


def test_compressed_files_are_unpacked(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(3_000_000)
    (tmp_path / "x.gz").write_bytes(gzip.compress(data))
    assert fed(Split("x.gz"), tmp_path / "x.gz") == data
    (tmp_path / "x.gz").write_bytes(gzip.compress(data)[:-1])
    with pytest.raises(BadInput, match="cannot be unpacked") as caught:
        fed(Split("x.gz"), tmp_path / "x.gz")
    assert "x.gz: " in str(caught.value)


def test_the_last_line_of_a_piece_is_ended(tmp_path: Path) -> None:
    """A line must not grow together with the first one of the next piece."""
    contents = {"a": b"1\n2", "b.gz": gzip.compress(b"3"), "empty": b"", "c": b"4\n", "d": b"5"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    first, *more = map(Split, contents)
    feed = open_split(Split(first.path, 2, None, tuple(more)), tmp_path.joinpath)
    assert not isinstance(feed, int)
    with (tmp_path / "fed").open("wb") as target:
        feed(target.fileno())
    assert (tmp_path / "fed").read_bytes() == b"2\n3\n4\n5"


def test_a_file_of_a_split_may_be_refused(tmp_path: Path) -> None:
    """All files are asked for before the first one is fed."""
    (tmp_path / "a").touch()

    def locate(name: str) -> Path:
        if name == "b":
            raise ForbiddenError("not this one")
        return tmp_path / name

    with pytest.raises(ForbiddenError):
        open_split(Split("a", more=(Split("b"),)), locate)


@pytest.mark.parametrize("split", [Split("x"), Split("x", 1, 2), Split("x.gz")])
def test_an_open_file_may_be_refused(split: Split, tmp_path: Path) -> None:
    def refuse(descriptor: int, name: str) -> None:
        assert os.path.samestat(os.fstat(descriptor), path.stat())
        raise ForbiddenError(name)

    path = tmp_path / split.path
    path.write_bytes(gzip.compress(b"secret"))
    with pytest.raises(ForbiddenError):
        open_split(split, tmp_path.joinpath, refuse)


@pytest.mark.parametrize("split", [Split("x", 1, 2), Split("x.gz")])
def test_a_file_may_be_refused_when_it_is_opened_again(split: Split, tmp_path: Path) -> None:
    (tmp_path / split.path).write_bytes(gzip.compress(b"secret"))
    answers = iter([None, ForbiddenError("swapped")])

    def admit(descriptor: int, name: str) -> None:
        if error := next(answers):
            raise error

    feed = open_split(split, tmp_path.joinpath, admit)
    assert not isinstance(feed, int)
    with (tmp_path / "fed").open("wb") as target, pytest.raises(ForbiddenError):
        feed(target.fileno())
    assert (tmp_path / "fed").read_bytes() == b""


@pytest.mark.parametrize("name", ["x", "x.gz"])
def test_a_reader_that_closes_early(name: str, tmp_path: Path) -> None:
    data = random.Random(1).randbytes(1_000_000)
    path = tmp_path / name
    path.write_bytes(data if name == "x" else gzip.compress(data))
    source = open_split(Split(name, 0, len(data) if name == "x" else None), lambda _: path)
    assert not isinstance(source, int)
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        with pytest.raises(BrokenPipeError):
            source(write_end)
    finally:
        os.close(write_end)


@pytest.mark.parametrize("split", [Split("x"), Split("x", 3, 4), Split("x.gz")])
def test_a_missing_file_is_told_at_once(split: Split, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the input x"):
        open_split(split, tmp_path.joinpath)


@pytest.mark.parametrize("split", [Split("x", 3, 4), Split("x.gz")])
def test_a_source_that_nobody_uses_holds_no_file_open(split: Split, tmp_path: Path) -> None:
    (tmp_path / split.path).write_bytes(gzip.compress(b"abcdefgh\n"))
    lowest_free = os.dup(0)
    os.close(lowest_free)
    source = open_split(split, tmp_path.joinpath)
    now_free = os.dup(0)
    os.close(now_free)
    assert not isinstance(source, int)
    assert now_free == lowest_free
