"""Which files a job reads and how they are cut; checked against Hadoop 3.3.4."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hadoopless.data.input.records import RecordFeed
from hadoopless.job import Split
from hadoopless.rules import InputRules
from hadoopless.streaming.classes import formats
from hadoopless.streaming.inputs.cutting import SizeLimits, combined, combined_blocks, lines_of
from hadoopless.streaming.inputs.listing import list_inputs, splits_of
from hadoopless.streaming.notices import StreamingExit
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request

FS = "mapreduce.input.fileinputformat"


def request(cwd: Path, *inputs: str, **properties: object) -> Request:
    """A request for *inputs*; ``__`` in the name of a property stands for a dot."""
    words: list[str] = []
    for name, value in properties.items():
        if name != "inputformat":
            words += ["-D", f"{name.replace('__', '.')}={value}"]
    for one in inputs:
        words += ["-input", one]
    words += [
        "-output",
        "out",
        "-inputformat",
        str(properties.get("inputformat", "TextInputFormat")),
    ]
    return parse_request(words, {"USER": "me"}, str(cwd))


def tree(root: Path, **sizes: int) -> None:
    """Files of so many bytes; ``__`` in a name stands for a slash."""
    for name, size in sizes.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


def listed(cwd: Path, *inputs: str, **properties: object) -> list[str]:
    files = list_inputs(request(cwd, *inputs, **properties))
    return [os.path.relpath(file.path, cwd) for file in files]


def refused(cwd: Path, *inputs: str, **properties: object) -> str:
    one = request(cwd, *inputs, **properties)
    with pytest.raises(StreamingExit) as caught:
        splits_of(list_inputs(one), one, maps_hint=2)
    assert caught.value.code == 5
    text = caught.value.stderr[0].text
    assert text.startswith("Error Launching job : ")
    return text.removeprefix("Error Launching job : ").replace(str(cwd), "CWD")


def planned(cwd: Path, *inputs: str, maps: int = 2, **properties: object) -> list[str]:
    one = request(cwd, *inputs, **properties)
    splits = splits_of(list_inputs(one), one, maps_hint=maps)
    return [
        ", ".join(f"{os.path.relpath(p.path, cwd)}:{p.start}+{p.length}" for p in split.pieces)
        for split in splits
    ]


# Listing --------------------------------------------------------------------------------------


def test_lists_patterns_and_directories(tmp_path: Path):
    tree(tmp_path, a=1, b=2, in__10=1, in__9=1, in___x=1, **{"in__.h": 1})
    assert listed(tmp_path, "b,a", "in") == ["b", "a", "in/10", "in/9"]
    assert listed(tmp_path, "[ab]", "a") == ["a", "b", "a"]
    assert listed(tmp_path, "{b,a}") == ["a", "b"]
    assert listed(tmp_path, "in/*") == ["in/10", "in/9"]
    assert listed(tmp_path, f"file://{tmp_path}/a") == ["a"]
    assert listed(tmp_path, "a", **{f"{FS}.inputdir".replace(".", "__"): "b"}) == ["b", "a"]


def test_files_know_their_names_and_sizes(tmp_path: Path):
    tree(tmp_path, a=3)
    (file,) = list_inputs(request(tmp_path, "a"))
    assert (file.path, file.uri, file.size) == (f"{tmp_path}/a", f"file:{tmp_path}/a", 3)
    assert not file.in_area


def test_what_is_hidden(tmp_path: Path):
    tree(tmp_path, _a=1, _dir__a=1, in__b=1)
    assert listed(tmp_path, "_dir/a") == ["_dir/a"]
    assert refused(tmp_path, "_a") == "Input path does not exist: file:CWD/_a"
    assert refused(tmp_path, "_*") == "Input Pattern file:CWD/_* matches 0 files"


def test_all_problems_are_told(tmp_path: Path):
    tree(tmp_path, a=1)
    assert refused(tmp_path, "a,none", "x*", "{y,z}") == (
        "Input path does not exist: file:CWD/none\n"
        "Input Pattern file:CWD/x* matches 0 files\n"
        "Input Pattern file:CWD/{y,z} matches 0 files"
    )


def test_subdirectories(tmp_path: Path):
    tree(tmp_path, in__a=1, in__sub__b=1, in__sub__deep__c=1, in___skip__d=1)
    assert refused(tmp_path, "in") == "Not a file: file:CWD/in/sub"
    recursive = {"mapreduce__input__fileinputformat__input__dir__recursive": "true"}
    assert listed(tmp_path, "in", **recursive) == ["in/a", "in/sub/b", "in/sub/deep/c"]
    assert listed(tmp_path, "in", mapred__input__dir__recursive="true")[1:2] == ["in/sub/b"]
    ignore = {"mapreduce__input__fileinputformat__input__dir__nonrecursive__ignore__subdirs": True}
    assert listed(tmp_path, "in", **ignore) == ["in/a"]
    assert listed(tmp_path, "in", inputformat=formats.COMBINE_INPUT) == ["in/a"]
    text = refused(tmp_path, "in", inputformat=formats.N_LINE_INPUT, **ignore)
    assert text == "Not a file: file:CWD/in/sub"
    # A pattern that matches directories reads what is in them.
    assert listed(tmp_path, "in/s*", **ignore) == ["in/sub/b"]


def test_filters_of_paths_are_refused(tmp_path: Path):
    one = request(tmp_path, "a", mapreduce__input__pathFilter__class="no.such.Filter")
    with pytest.raises(StreamingExit) as caught:
        list_inputs(one)
    assert caught.value.code == 1
    assert "ClassNotFoundException: Class no.such.Filter not found" in str(caught.value)


def test_files_that_may_not_be_seen_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def stat(path: str, **how: bool) -> os.stat_result:
        if str(path).endswith("/b") and not how:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really(path, **how)

    tree(tmp_path, d__a=1, d__b=1)
    really = os.stat
    monkeypatch.setattr(os, "stat", stat)
    assert "file:CWD/d/b: Permission denied" in refused(tmp_path, "d")


def test_links_that_lead_nowhere_are_passed_over(tmp_path: Path):
    tree(tmp_path, in__a=1)
    (tmp_path / "in" / "b").symlink_to("nowhere")
    assert listed(tmp_path, "in") == ["in/a"]


# Splits ---------------------------------------------------------------------------------------


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


def test_compressed_files_are_not_cut(tmp_path: Path):
    tree(tmp_path, **{"a.gz": 100, "b.GZ": 99})
    assert planned(tmp_path, "*") == ["b.GZ:0+99", "a.gz:0+100"][::-1]


def test_files_of_the_area_have_larger_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path, area__a=100)
    words = ["-D", "fs.local.block.size=10", "-input", "hdfs:///a", "-output", "out"]
    environ = {"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "area")}
    one = parse_request(words, environ, str(tmp_path))
    files = list_inputs(one)
    assert [(file.uri, file.in_area) for file in files] == [("hdfs://localhost/a", True)]
    assert splits_of(files, one, maps_hint=1) == (Split(str(tmp_path / "area" / "a"), 0, 100),)


def test_files_that_were_not_put_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    tree(tmp_path, books__a=1)
    monkeypatch.chdir(tmp_path)
    environ = {"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "area")}
    words = ["-input", "books", "-output", "out"]
    one = parse_request(words, environ, str(tmp_path))
    with pytest.raises(StreamingExit) as caught:
        list_inputs(one)
    assert caught.value.stderr[0].text.endswith(
        "Input path does not exist: hdfs://localhost/user/me/books\n"
        "There is a local one; to copy it: hdfs dfs -put books"
    )


LINES = st.lists(st.sampled_from([b"\n", b"a\n", b"b\r\n", b"\r", b"ccc\r"]), max_size=12)


@given(lines=LINES, last=st.sampled_from([b"", b"end"]), count=st.integers(1, 5))
def test_each_split_has_its_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], last: bytes, count: int
):
    data = b"".join(lines) + last
    path = tmp_path_factory.getbasetemp() / "lines"
    path.write_bytes(data)
    contents = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not contents[-1]:
        contents.pop()
    # Hadoop's second map has the first line, too, when that is a single byte: its split begins
    # with the file, and so drops nothing.
    assume(count > 1 or contents[:1] != [b""] or data.startswith(b"\r\n"))
    expected = [contents[i : i + count] for i in range(0, len(contents), count)]
    got = []
    for split in lines_of(str(path), count):
        read_end, write_end = os.pipe()
        RecordFeed(split, Path, InputRules())(write_end)
        os.close(write_end)
        with open(read_end, "rb") as stream:
            got.append(stream.read().split(b"\n")[:-1])
    assert got == expected


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


def test_blocks_that_are_left_over():
    files: list[tuple[Split, int | None]] = [(Split("a", 0, 10), 4), (Split("b", 0, 3), None)]
    assert combined_blocks(files, SizeLimits(most=8, least_of_node=2)) == [
        Split("a", 0, 4, (Split("a", 4, 4),)),
        Split("a", 8, 2, (Split("b", 0, 3),)),
    ]
    assert combined_blocks(files, SizeLimits(least_of_node=2)) == [
        Split("a", 0, 4, (Split("a", 4, 4), Split("a", 8, 2), Split("b", 0, 3)))
    ]


def test_splits_of_less_than_nothing():
    with pytest.raises(ValueError, match="Maximum split size -5 cannot be below 0"):
        combined_blocks([], SizeLimits(most=-5))


def test_small_files_are_put_together_on_demand(tmp_path: Path):
    tree(tmp_path, a=10, b=20, c=90, d=30, e=5)
    small = {"stream__combine__small__files": 50}
    assert planned(tmp_path, "*", maps=1, **small) == ["c:0+90", "d:0+30, e:0+5", "a:0+10, b:0+20"]
    assert [len(split.pieces) for split in combined([Split("x", 0, 1)] * 5, 2)] == [2, 2, 1]
