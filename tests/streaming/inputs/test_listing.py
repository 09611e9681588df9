"""The files that a job reads; checked against Hadoop 3.3.4."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from hadoopless.streaming.classes import formats
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.inputs.listing import list_inputs
from hadoopless.streaming.options.job import parse_request
from tests.streaming.inputs.requests import refused, request, tree

FS = "mapreduce.input.fileinputformat"


def listed(cwd: Path, *inputs: str, **properties: object) -> list[str]:
    files = list_inputs(request(cwd, *inputs, **properties))
    return [os.path.relpath(file.path, cwd) for file in files]


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
