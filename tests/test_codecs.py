"""Compressed inputs: whole ones are unpacked, broken ones are told, shells do the same by hand."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from hadoopless.codecs import (
    ENDINGS,
    is_compressed,
    is_compressed_for_hadoop,
    unpacked,
    unpacking_command,
)
from hadoopless.errors import InputError
from hadoopless.faults import BadInput

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".deflate": zlib.compress,
    ".zst": zstandard.compress,
    ".xz": lzma.compress,
    ".lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
}


def contents(name: str, data: bytes) -> bytes:
    pieces = list(unpacked(name, io.BytesIO(data)))
    assert all(pieces)
    return b"".join(pieces)


def test_the_ending_decides() -> None:
    assert [is_compressed(f"x{ending}") for ending in (*ENDINGS, "", ".gz.in", "gz")] == [
        *[True] * 8,
        *[False] * 3,
    ]


@pytest.mark.parametrize("ending", PACKERS)
def test_one_member_and_many(ending: str) -> None:
    pack = PACKERS[ending]
    parts = [random.Random(1).randbytes(700_000), b"", b"\0" * 5_000_000, b"last\n"]
    assert contents("x" + ending, pack(parts[0])) == parts[0]
    assert contents("x" + ending, b"".join(map(pack, parts))) == b"".join(parts)
    assert contents("x" + ending, pack(b"")) == b""


@pytest.mark.parametrize("ending", PACKERS)
def test_broken_files(ending: str) -> None:
    whole = PACKERS[ending](random.Random(1).randbytes(100_000))
    changed = bytearray(whole)
    changed[len(whole) // 2 : len(whole) // 2 + 40] = b"\xff" * 40
    broken = {
        "not packed at all": b"plain text, as it was\n" * 10,
        "changed in the middle": bytes(changed) if ending != ".zst" else b"\xff" + whole[1:],
        "something follows": whole + b"garbage",
        **{f"cut off {n} bytes early": whole[:-n] for n in (1, 5, 1000, len(whole) - 6)},
        "a second member is cut off": whole + whole[:-1],
    }
    if ending == ".bz2":
        del broken["something follows"]  # bzip2 itself ignores it, with a warning
    for what, data in broken.items():
        with pytest.raises(BadInput, match="cannot be unpacked") as caught:
            contents("shown" + ending, data)
        assert f"shown{ending}: " in str(caught.value), what


def test_padding_between_streams() -> None:
    packed = lzma.compress(b"a\n") + b"\0" * 5000 + lzma.compress(b"b\n") + b"\0" * 4
    assert contents("x.xz", packed) == b"a\nb\n"


def test_the_endings_that_hadoop_knows() -> None:
    assert [name for name in PACKERS if is_compressed_for_hadoop("x" + name)] == [
        *(".gz", ".bz2", ".deflate", ".zst")
    ]


def test_files_without_a_byte() -> None:
    for name in ("x.gz", "x.deflate", "x.xz"):
        with pytest.raises(BadInput, match="it is empty"):
            contents(name, b"")
    assert contents("x.bz2", b"") == contents("x.zst", b"") == b""


@pytest.mark.parametrize("ending", [".snappy", ".lz4"])
def test_formats_that_nothing_here_unpacks(ending: str) -> None:
    with pytest.raises(InputError, match="there is no library for it here; pack it as"):
        contents("x" + ending, b"")
    assert unpacking_command("x" + ending) is None


@pytest.mark.parametrize("ending", PACKERS)
def test_the_command_of_a_shell(ending: str, tmp_path: Path) -> None:
    command = unpacking_command("x" + ending) or ""
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"needs {command.split()[0]}")
    path = tmp_path / f"x{ending}"
    members = [b"one\ntwo\xff"] if ending == ".lzma" else [b"one\n", b"two\xff"]
    path.write_bytes(b"".join(map(PACKERS[ending], members)))
    done = subprocess.run(["/bin/sh", "-c", f"{command} {path}"], check=True, capture_output=True)
    assert done.stdout == b"one\ntwo\xff"


def test_files_that_are_not_compressed_need_no_command() -> None:
    assert unpacking_command("x.in") is None
