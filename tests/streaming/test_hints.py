"""Warnings of settings without effect, and of names that are almost known."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.streaming.hints import hints, hints_of_names, without_effect
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.properties.table import known_names
from hadoopless.streaming.request import Request

NEEDED = ("-input", "in.txt", "-output", "out")


def parse(*words: str, cwd: Path | str = "/work") -> Request:
    return parse_request(words, {"USER": "me"}, str(cwd))


def test_what_has_no_effect_is_told_once(tmp_path: Path):
    assert list(hints(parse("-D", "foo.bar=1", *NEEDED, "-mapper", "cat"))) == []
    (tmp_path / "x.jar").touch()
    words = ["-D", "io.sort.mb=1", "-D", "mapred.child.java.opts=-X", "-libjars", "x.jar", *NEEDED]
    request = parse("-jt", "host:1", *words, "-mapdebug", "./d.sh", "-debug", cwd=tmp_path)
    names = ["io.sort.mb", "mapred.child.java.opts", "mapreduce.map.debug.script"]
    names += ["yarn.resourcemanager.address", "-libjars", "-debug"]
    assert list(without_effect(request)) == names
    (notice,) = hints(request)
    assert "io.sort.mb (the --memory of the workers" in notice.text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("mapred.reduce.task", "mapred.reduce.tasks"),
        ("mapreduce.job.reducers", "mapreduce.job.reduces"),
        ("stream.num.map.output.key.field", "stream.num.map.output.key.fields"),
        ("mapreduce.task.io.sort.mbs", "mapreduce.task.io.sort.mb"),
    ],
)
def test_a_name_that_is_almost_known_is_told(name: str, meant: str):
    (notice,) = hints_of_names([name])
    assert notice.text == f"Nothing here knows {name}; did you mean {meant}?"


def test_names_that_are_known_or_a_users_own_are_not_told():
    request = parse("-D", "mapred.reduce.tasks=1", "-D", "mapred.mine=1", *NEEDED, "-mapper", "cat")
    own = ["my.mapred.reduce.task", "mapreduce.job.of.mine", "stream.order"]
    assert list(hints_of_names([*request.configuration.given_names(), *own])) == []
    assert list(hints_of_names(known_names())) == []


def test_the_size_of_blocks_has_an_effect_without_hdfs():
    request = parse("-D", "dfs.blocksize=1m", "-D", "dfs.permissions=2", *NEEDED, "-mapper", "cat")
    assert without_effect(request) == {
        "dfs.permissions": "only the settings of a real HDFS count, those in HADOOP_CONF_DIR"
    }


def test_values_that_no_xml_can_hold_are_told():
    words = ["-D", "my.mark=a\x01b", "-D", "my.other=\té\U0001f600\udcff", *NEEDED]
    first, second = hints(parse(*words, "-cmdenv", "A=\ufffe"))
    assert first.text.startswith("The value of my.mark has the character U+0001: a real Hadoop")
    assert second.text.startswith("The value of -cmdenv has the character U+FFFE")
