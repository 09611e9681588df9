"""The planning of a job refuses what no option alone shows to be wrong."""

from __future__ import annotations

import gzip
import lzma
from contextlib import ExitStack
from pathlib import Path

import pytest

from hadoopless.data.program import directory
from hadoopless.errors import MapReduceError
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.log import Log
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.planning import plan


def planned(cwd: Path, *words: str) -> StreamingExit | MapReduceError:
    """The error that ends the planning of a job over a line of text in ``in.txt``."""
    (cwd / "in.txt").write_text("a\n")
    needed = ["-input", "in.txt", "-mapper", "cat", "-reducer", "cat"]
    request = parse_request([*words, *needed], {"USER": "me"}, str(cwd))
    with ExitStack() as stack, pytest.raises((StreamingExit, MapReduceError)) as caught:
        plan(request, {}, Log(), stack)
    assert isinstance(caught.value, StreamingExit | MapReduceError)
    return caught.value


def test_an_output_below_a_file_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    end = planned(tmp_path, "-output", "in.txt/out")
    assert isinstance(end, StreamingExit)
    assert end.code == 1
    assert "Job not successful!" in str(end)


def test_no_output_is_made_when_files_cannot_be_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.zip").write_text("no archive")
    end = planned(tmp_path, "-archives", "broken.zip", "-output", "out")
    assert "cannot be unpacked" in str(end)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "root", "local"),
    [
        ([], False, True),
        ([], True, False),
        (["-fs", "hdfs://localhost:9000"], False, True),
        (["-D", "mapreduce.framework.name=yarn"], False, False),
        (["-D", "mapreduce.framework.name=local"], True, True),
        (["-jt", "local"], True, True),
    ],
)
def test_the_framework_or_else_the_root_says_if_tasks_run_locally(
    tmp_path: Path, words: list[str], root: bool, local: bool
):
    environ = {"USER": "me"} | ({"MAPREDUCE_FS_ROOT": str(tmp_path)} if root else {})
    job = ["-input", "in.txt", "-output", "out", "-mapper", "cat", "-reducer", "cat"]
    assert parse_request([*words, *job], environ, str(tmp_path)).runs_locally is local


@pytest.mark.parametrize(("most", "linked"), [(1, ["d", "part.sh"]), (100, [])])
def test_what_programs_name_is_linked_where_the_directory_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int, linked: list[str]
):
    """A file within a directory that is linked gets no link of its own."""
    monkeypatch.setattr(directory, "MOST_BESIDE", most)
    monkeypatch.chdir(tmp_path)
    for name in ("in.txt", "part.sh"):
        (tmp_path / name).write_text("a\n")
    for name in ("d", "e"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.sh").touch()
    words = ["-files", "in.txt#e/new", "-input", "in.txt", "-output", "out"]
    words += ["-mapper", "d/m.sh ./d d e", "-reducer", "cat", "-partitioner", "./part.sh"]
    environ = {"USER": "me"}
    request = parse_request(words, environ, str(tmp_path))
    with ExitStack() as stack:
        job = plan(request, environ, Log(lambda text: None), stack)
    assert job.spec.rules is not None
    assert [name for name, _ in job.spec.rules.links] == [*linked, "e/new"]
    assert job.spec.rules.client_directory == str(tmp_path)
    # A line that repeats a task finds no more than the task.
    assert job.around.alone is bool(linked)


def test_very_many_reduces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for option in ("-Dmapreduce.job.reduces=100001", "-Dmapred.reduce.tasks=999999999"):
        end = planned(tmp_path, option, "-output", "out")
        assert str(end).startswith("mapreduce.job.reduces: at most 100,000 here, not ")
    assert not (tmp_path / "out").exists()
    words = ["-D", "mapreduce.job.reduces=5001", "-input", "in.txt", "-output", "out"]
    words += ["-mapper", "cat", "-reducer", "cat"]
    said: list[str] = []
    with ExitStack() as stack:
        request = parse_request(words, {"USER": "me"}, str(tmp_path))
        plan(request, {}, Log(said.append), stack)
    assert "5,001 reducers make 5,001 tasks and as many output files" in "".join(said)


def test_packed_bytes_and_other_encodings_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They are read all the same, as in Hadoop; a .gz is unpacked, and needs no word."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.xz").write_bytes(lzma.compress(b"a\n"))
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"a\n"))
    (tmp_path / "u.txt").write_bytes("a\n".encode("utf-16"))
    words = ["-input", "x.xz,x.gz,u.txt", "-mapper", "cat", "-reducer", "cat", "-output", "out"]
    environ = {"USER": "me"}
    told: list[str] = []
    with ExitStack() as stack:
        job = plan(parse_request(words, environ, str(tmp_path)), environ, Log(told.append), stack)
    assert {split.path for split in job.spec.splits} == {
        str(tmp_path / name) for name in ("x.xz", "x.gz", "u.txt")
    }
    warnings = [line.partition("StreamJob: ")[2] for line in told if " WARN " in line]
    packed, encoding = warnings
    assert packed.startswith(f"file:{tmp_path}/x.xz is packed as .xz; Hadoop goes by its name")
    assert "u.txt begins with the byte order mark of UTF-16" in encoding


def test_more_maps_than_a_job_may_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more.txt").write_text("b\n")
    end = planned(tmp_path, "-D", "mapreduce.job.max.map=1", "-input", "more.txt", "-output", "out")
    assert isinstance(end, StreamingExit)
    assert end.code == 1
    assert "The number of map tasks 2 exceeded limit 1" in str(end)
    assert not (tmp_path / "out").exists()
