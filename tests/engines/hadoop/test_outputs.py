"""Outputs under a hidden name, and their names at the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.engines.hadoop.outputs import hidden_directory, order_of_maps, take_parts
from hadoopless.errors import DiskError, WorkerError


def parts(place: Path, *names: str) -> Path:
    for name in ("_SUCCESS", ".part-00000.crc", *names):
        (place / name).write_text(name)
    return place


def test_parts_get_our_names(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    found = take_parts(
        parts(tmp_path, "part-00001", "part-00000"), str(tmp_path / "out"), (), expected=2
    )
    assert found == tuple(str(tmp_path / "out" / name) for name in ("0.out", "1.out"))
    assert (tmp_path / "out" / "1.out").read_text() == "part-00001"


def test_maps_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    assert order_of_maps([5, 9, 5, 7]) == (1, 3, 0, 2)
    names = [f"part-0000{number}" for number in range(3)]
    take_parts(parts(tmp_path, *names), str(tmp_path), order_of_maps([1, 3, 2]), expected=0)
    told = {name: (tmp_path / f"{name}.out").read_text() for name in range(3)}
    assert told == {0: "part-00002", 1: "part-00000", 2: "part-00001"}


def test_another_number_of_maps_than_was_foreseen(tmp_path: Path) -> None:
    take_parts(parts(tmp_path, "part-00000"), str(tmp_path), (1, 0), expected=0)
    assert (tmp_path / "0.out").exists()


def test_compressed_parts_keep_their_endings(tmp_path: Path) -> None:
    found = take_parts(parts(tmp_path, "part-00000.gz"), str(tmp_path), (), expected=1)
    assert found == (str(tmp_path / "0.out.gz"),)


def test_a_part_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="left 1 of 2 outputs"):
        take_parts(parts(tmp_path, "part-00001"), str(tmp_path), (), expected=2)


def test_a_directory_in_the_way_of_an_output(tmp_path: Path) -> None:
    (tmp_path / "0.out").mkdir()
    with pytest.raises(DiskError, match="cannot rename"):
        take_parts(parts(tmp_path, "part-00000"), str(tmp_path), (), expected=1)


def test_the_hidden_directory_is_removed(tmp_path: Path) -> None:
    with hidden_directory(str(tmp_path / "new")) as place:
        (place / "file").touch()
        assert place.name.startswith(".hadoop-")
    assert not place.exists()
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").touch()
    with (
        pytest.raises(DiskError, match="cannot make the directory"),
        hidden_directory(str(tmp_path / "file")),
    ):
        pass
