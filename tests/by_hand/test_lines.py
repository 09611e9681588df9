"""The lines that are given to people do what a task does: the tests run them."""

from __future__ import annotations

import bz2
import gzip
import shlex
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from hadoopless.by_hand.lines import combine_line, keys_line, map_line, reduce_line, split_source
from hadoopless.job import Split
from hadoopless.rules import PLAIN_RULES
from tests.oracle import oracle

DATA = b"one\t1\ntwo fish\t2\n\xff\0\t\xfe\nno TAB\n\nlast one\t\n"


def run(line: str) -> bytes:
    # In another directory: the line must bring its own.
    done = subprocess.run(["/bin/sh", "-c", line], stdout=subprocess.PIPE, cwd="/", check=True)
    return done.stdout


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with a name that needs quotes, and inputs of all kinds."""
    directory = tmp_path / "it's a job; $HOME"
    directory.mkdir()
    (directory / "0.in").write_bytes(DATA)
    (directory / "1 'x'.in").write_bytes(DATA[::-1].strip(b"\n") + b"\n")
    (directory / "2.in.gz").write_bytes(gzip.compress(DATA))
    (directory / "3.in.bz2").write_bytes(bz2.compress(DATA))
    (directory / "5.in.deflate").write_bytes(zlib.compress(DATA))
    if zstd := shutil.which("zstd"):
        subprocess.run([zstd, "-q", "0.in", "-o", "4.in.zst"], cwd=directory, check=True)
    return directory


@pytest.mark.parametrize(
    ("split", "part"),
    [
        (Split("0.in"), slice(None)),
        (Split("0.in", 6, 11), slice(6, 17)),
        (Split("0.in", 0, 6), slice(6)),
        (Split("0.in", 17), slice(17, None)),
        (Split("2.in.gz"), slice(None)),
        (Split("3.in.bz2"), slice(None)),
        (Split("4.in.zst"), slice(None)),
        (Split("5.in.deflate"), slice(None)),
    ],
    ids=str,
)
def test_a_map_task(split: Split, part: slice, directory: Path) -> None:
    if not (directory / split.path).exists():
        pytest.skip("needs the zstd command")
    assert run(map_line("cat", split, str(directory))) == DATA[part]
    everything = f"cd {shlex.quote(str(directory))} && {split_source(split)}"
    assert run(everything) == DATA[part]


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (Split("0.in", more=(Split("1 'x'.in"),)), DATA + DATA[::-1].strip(b"\n") + b"\n"),
        (Split("0.in", 0, 5, (Split("2.in.gz"),)), DATA[:5] + b"\n" + DATA),
    ],
    ids=["whole files", "others"],
)
def test_several_pieces(split: Split, expected: bytes, directory: Path) -> None:
    """The last line of each piece is ended."""
    assert run(map_line("cat", split, str(directory))) == expected


@pytest.mark.parametrize("count", [1, 3])
def test_a_combiner(count: int, directory: Path) -> None:
    """It reads all partitions, one after the other."""
    expected = b"".join(oracle(["cat"], ["cat"], [DATA], count))
    line = combine_line("cat", "cat", Split("0.in"), count, str(directory), PLAIN_RULES)
    assert run(line) == expected


def test_the_keys_for_a_partitioner(directory: Path) -> None:
    line = keys_line(map_line("cat", Split("0.in", 0, 17), str(directory)), "cat")
    assert run(line) == b"one\ntwo fish\n"


PLAIN = [Split("0.in"), Split("1 'x'.in")]
MIXED = [Split("0.in", 0, 17), Split("2.in.gz"), Split("0.in", 17), Split("1 'x'.in")]


@pytest.mark.parametrize("splits", [PLAIN, MIXED], ids=["plain", "mixed"])
def test_a_reduce_task(splits: Sequence[Split], directory: Path) -> None:
    inputs = [run(map_line("cat", split, str(directory))) for split in splits]
    expected = oracle(["cat"], ["cat"], inputs, 3)
    for index in range(3):
        line = reduce_line("cat", "cat", splits, index, 3, str(directory))
        assert run(line) == expected[index]
