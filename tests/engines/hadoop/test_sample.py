"""The records with which a job is tried out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hadoopless.engines.hadoop.sample import MOST_BYTES, beginning, sample_of
from hadoopless.errors import InputError


def test_whole_lines_from_the_beginning(tmp_path: Path) -> None:
    line = b"x" * 99 + b"\n"
    (tmp_path / "big").write_bytes(line * MOST_BYTES)
    data = beginning(str(tmp_path / "big"))
    assert data == line * (MOST_BYTES // 100)
    with gzip.open(tmp_path / "big.gz", "wb", compresslevel=1) as file:
        file.write(line * (MOST_BYTES // 50))
    assert beginning(str(tmp_path / "big.gz")) == data


def test_small_and_strange_files(tmp_path: Path) -> None:
    (tmp_path / "small").write_bytes(b"a\nb")
    assert beginning(str(tmp_path / "small")) == b"a\nb"
    (tmp_path / "line").write_bytes(b"y" * 2 * MOST_BYTES)
    assert beginning(str(tmp_path / "line")) == b"y" * MOST_BYTES
    with pytest.raises(InputError, match="cannot read the input"):
        beginning(str(tmp_path / "nowhere"))


def test_the_first_input_with_any_bytes(tmp_path: Path) -> None:
    for name, data in {"a": b"", "b": b"x\n", "c": b"y\n"}.items():
        (tmp_path / name).write_bytes(data)
    with sample_of([str(tmp_path / name) for name in "abc"]) as place:
        assert place is not None
        assert (place / "sample.in").read_bytes() == b"x\n"
    assert not place.exists()
    with sample_of([str(tmp_path / "a")]) as nothing:
        assert nothing is None
