"""The splits of map tasks; checked against Hadoop 3.3.4."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from hadoopless.job import Split
from hadoopless.streaming.classes import formats
from hadoopless.streaming.inputs.cutting import combined
from hadoopless.streaming.inputs.listing import list_inputs
from hadoopless.streaming.inputs.splits import splits_of
from hadoopless.streaming.options.job import parse_request
from tests.streaming.inputs.requests import refused, request, tree


def planned(cwd: Path, *inputs: str, maps: int = 2, **properties: object) -> list[str]:
    one = request(cwd, *inputs, mapreduce__job__maps=maps, **properties)
    splits = splits_of(list_inputs(one), one)
    return [
        ", ".join(f"{os.path.relpath(p.path, cwd)}:{p.start}+{p.length}" for p in split.pieces)
        for split in splits
    ]


def test_the_biggest_splits_come_first(tmp_path: Path):
    tree(tmp_path, a=30, b=100, c=0, d=30)
    assert planned(tmp_path, "a,b,c,d", maps=1) == ["b:0+100", "a:0+30", "d:0+30", "c:0+0"]


def test_the_hint_for_maps_the_blocks_and_the_least_size(tmp_path: Path):
    tree(tmp_path, a=100)
    assert planned(tmp_path, "a", maps=2) == ["a:0+50", "a:50+50"]
    assert planned(tmp_path, "a", maps=3) == ["a:66+34", "a:0+33", "a:33+33"]
    assert planned(tmp_path, "a", maps=0) == ["a:0+100"]
    blocks = {"fs__local__block__size": 40}
    assert planned(tmp_path, "a", maps=1, **blocks) == ["a:0+40", "a:40+40", "a:80+20"]
    assert planned(tmp_path, "a", maps=1, dfs__blocksize="60") == ["a:0+60", "a:60+40"]
    least = {"mapreduce__input__fileinputformat__split__minsize": 91}
    assert planned(tmp_path, "a", maps=9, **least, **blocks) == ["a:0+100"]
    assert planned(tmp_path, "a", maps=9, mapred__min__split__size=90) == ["a:0+90", "a:90+10"]


def test_a_last_piece_of_up_to_a_tenth_more_is_not_cut(tmp_path: Path):
    """[FileInputFormat.SPLIT_SLOP] is 1.1, and the last piece is cut only above it."""
    tree(tmp_path, a=11, b=12, c=21)
    block = {"dfs__blocksize": 10}
    assert planned(tmp_path, "a", maps=1, **block) == ["a:0+11"]
    assert planned(tmp_path, "b", maps=1, **block) == ["b:0+10", "b:10+2"]
    assert planned(tmp_path, "c", maps=1, **block) == ["c:10+11", "c:0+10"]


def test_compressed_files_are_not_cut(tmp_path: Path):
    tree(tmp_path, **{"a.gz": 100, "b.GZ": 99})
    assert planned(tmp_path, "*") == ["b.GZ:0+99", "a.gz:0+100"][::-1]


def test_files_of_the_area_have_larger_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path, area__a=100)
    words = [
        "-D",
        "mapreduce.job.maps=1",
        "-D",
        "fs.local.block.size=10",
        "-input",
        "hdfs:///a",
        "-output",
        "out",
    ]
    environ = {"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "area")}
    one = parse_request(words, environ, str(tmp_path))
    files = list_inputs(one)
    assert [(file.uri, file.in_area) for file in files] == [("hdfs://localhost/a", True)]
    assert splits_of(files, one) == (Split(str(tmp_path / "area" / "a"), 0, 100),)


def test_lines_for_each_map(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"1\n22\n333\n")
    (tmp_path / "b").write_bytes(b"")
    n_line: dict[str, Any] = {"inputformat": formats.N_LINE_INPUT}
    assert planned(tmp_path, "a,b", **n_line) == ["a:4+4", "a:1+3", "a:0+1"]
    two: dict[str, Any] = {"mapred__line__input__format__linespermap": 2}
    assert planned(tmp_path, "a,b", **n_line, **two) == ["a:0+4", "a:4+4"]


def test_several_files_in_one_split(tmp_path: Path):
    tree(tmp_path, a=10, b=20, c=0, d=30)
    combine: dict[str, Any] = {"inputformat": formats.COMBINE_INPUT}
    assert planned(tmp_path, "*", **combine) == ["a:0+10, b:0+20, c:0+0, d:0+30"]
    most = {"mapreduce__input__fileinputformat__split__maxsize": 25}
    assert planned(tmp_path, "*", **combine, **most) == [
        "a:0+10, b:0+20",
        "d:0+15, d:15+15",
        "c:0+0",
    ]
    too_much = {"mapreduce__input__fileinputformat__split__minsize__per__node": 30}
    assert refused(tmp_path, "*", **combine, **most, **too_much).startswith(
        "Minimum split size pernode 30 cannot be larger than maximum split size 25"
    )


def test_small_files_are_put_together_on_demand(tmp_path: Path):
    tree(tmp_path, a=10, b=20, c=90, d=30, e=5)
    small = {"stream__combine__small__files": 50}
    assert planned(tmp_path, "*", maps=1, **small) == ["c:0+90", "d:0+30, e:0+5", "a:0+10, b:0+20"]
    assert [len(split.pieces) for split in combined([Split("x", 0, 1)] * 5, 2)] == [2, 2, 1]
