"""Runs in files: bytes, checksums, and what a full or broken disk does to them."""

from __future__ import annotations

import errno
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.runs.runs import pieces, read_into
from hadoopless.data.runs.spill import SpillFile, SpillVolumes
from hadoopless.errors import DiskError
from hadoopless.job import Sum
from tests.data.samples import content, descriptor_of, joined, memory_run, views
from tests.disks import largest_file

SOME = Sum(1, 2)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spill")


@given(datas=st.lists(st.binary(max_size=50), max_size=6), size=st.integers(1, 60))
def test_runs_of_one_file_are_read_back(directory: Path, datas: list[bytes], size: int) -> None:
    file = SpillFile(str(directory))
    runs = [file.append(views(data, size), Sum(len(data), 7)) for data in datas]
    assert [joined(pieces(run, size)) for run in runs] == datas
    assert [run.checksum for run in runs] == [zlib.crc32(data) for data in datas]
    assert [run.sum for run in runs] == [Sum(len(data), 7) for data in datas]
    assert file.size == sum(map(len, datas))
    assert os.listdir(directory) == []


@given(data=st.binary(max_size=40), at=st.integers(0, 40), room=st.integers(0, 50))
def test_read_into_stays_within_the_run(directory: Path, data: bytes, at: int, room: int) -> None:
    file = SpillFile(str(directory))
    file.append([b"before"], SOME)
    run = file.append([data], SOME)
    file.append([b"behind"], SOME)
    at = min(at, len(data))
    target = bytearray(room)
    count = read_into(run, at, memoryview(target))
    assert bytes(target[:count]) == data[at : at + room]
    assert not any(target[count:])


@given(data=st.binary(max_size=40), offset=st.integers(0, 9), size=st.integers(1, 50))
def test_pieces_of_a_run_in_memory(data: bytes, offset: int, size: int) -> None:
    found = list(pieces(memory_run([data], offset), size))
    assert b"".join(found) == data
    assert all(len(piece) == size for piece in found[:-1])


def test_a_full_disk_spoils_no_other_run(tmp_path: Path) -> None:
    file = SpillFile(str(tmp_path))
    before = file.append([b"before"], SOME)
    with largest_file(10), pytest.raises(DiskError, match=str(tmp_path)):
        file.append([b"ab", b"0123456789"], SOME)
    behind = file.append([b"behind"], SOME)
    assert content(before) == b"before"
    assert content(behind) == b"behind"


def test_no_directory(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match=r"cannot spill to .*: No such file"):
        SpillFile(str(tmp_path / "missing")).append([b"x"], SOME)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_what_to_do_about_a_full_disk(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(DiskError) as caught:
        SpillFile(str(tmp_path)).append([b"x"], SOME)
    says, _, advice = str(caught.value).partition("; ")
    assert says == f"cannot spill to {tmp_path}: {os.strerror(code)}"
    advised = "free some space, or name another directory with --spillDir of the workers"
    assert advice == ("" if code == errno.EIO else advised)


def test_errors_of_the_source_are_not_the_disks(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise ConnectionResetError("peer")

    file = SpillFile(str(tmp_path))
    with pytest.raises(ConnectionResetError):
        file.append(broken(), SOME)
    assert content(file.append([b"more"], SOME)) == b"more"


def test_a_file_that_became_shorter(tmp_path: Path) -> None:
    run = SpillFile(str(tmp_path)).append([b"0123456789"], SOME)
    os.ftruncate(descriptor_of(run), 4)
    with pytest.raises(EOFError):
        content(run)


def test_the_file_closes_with_its_last_run(tmp_path: Path) -> None:
    file = SpillFile(str(tmp_path))
    runs = [file.append([b"x"], SOME), file.append([b"y"], SOME)]
    descriptor = descriptor_of(runs[0])
    del file, runs[0]
    assert content(runs[0]) == b"y"
    del runs[0]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("size", [3, 4])
def test_volumes_follow_each_other(size: int, tmp_path: Path) -> None:
    volumes = SpillVolumes(str(tmp_path), size)
    runs = [volumes.append([data], SOME) for data in (b"ab", b"cd", b"e")]
    volumes.let_go()
    runs.append(volumes.append([b"f"], SOME))
    files = [run.file for run in runs]
    assert files[0] is files[1]
    assert len({id(file) for file in files}) == 3
    assert [content(run) for run in runs] == [b"ab", b"cd", b"e", b"f"]
