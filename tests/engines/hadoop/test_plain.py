"""Options of ``coordinator.py``, and the ones of Hadoop Streaming that do the same."""

from __future__ import annotations

import re
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from hadoopless.coordinator.options import new_parser, parse_options
from hadoopless.engines.hadoop.plain import PlainJob, check_options, plain_job, streaming_words
from hadoopless.errors import InputError, MapReduceError, UsageError
from tests.oracle import REPOSITORY


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"a\n" * 10)
    (tmp_path / "in" / "b").write_bytes(b"b\n" * 30)
    return tmp_path


def job_of(*words: str) -> PlainJob:
    options = parse_options(["--engine=hadoop", "--mapperPath=cat", "--outputPath=out", *words])
    check_options(options)
    with ExitStack() as stack:
        return plain_job(options, str(Path.cwd()), print, stack)


def words_of(*words: str) -> list[str]:
    return streaming_words(job_of(*words), "file:///o", ["file:///x/m.sh"])


def properties(words: list[str]) -> dict[str, str]:
    pairs = [word.partition("=") for name, word in pairwise(words) if name == "-D"]
    return {name: value for name, _, value in pairs}


def test_a_job_with_reducers(place: Path) -> None:
    words = words_of("--reducerPath=sort -u", "--inputPath=in", "--numReducers=3", "--env=A=b")
    assert words[words.index("-files") :] == [
        *("-files", "file:///x/m.sh"),
        *("-input", f"file://{place}/in/a", "-input", f"file://{place}/in/b"),
        *("-output", "file:///o", "-mapper", "cat", "-reducer", "sort -u", "-cmdenv", "A=b"),
    ]
    assert properties(words) == {
        "mapreduce.job.name": "hadoopless cat",
        "mapreduce.job.reduces": "3",
        "mapreduce.map.maxattempts": "4",
        "mapreduce.reduce.maxattempts": "4",
        "textinputformat.record.delimiter": "\n",
        "mapreduce.input.fileinputformat.list-status.num-threads": "1",
        "mapreduce.input.fileinputformat.split.minsize": str(1 << 62),
        "stream.reduce.output": "keyonlytext",
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--maxAttempts=7"], {"mapreduce.map.maxattempts": "7"}),
        (["--splitSize=20"], {"fs.local.block.size": "20", "mapreduce.job.maps": "1"}),
        (
            ["--combineSmallFiles=64MB"],
            {
                "mapreduce.input.fileinputformat.split.maxsize": "67108864",
                "stream.map.input.ignoreKey": "true",
            },
        ),
        (["--keepFailedTaskFiles"], {"mapreduce.task.files.preserve.failedtasks": "true"}),
        (
            ["--no-speculate"],
            {"mapreduce.map.speculative": "false", "mapreduce.reduce.speculative": "false"},
        ),
        (["--property=a.b=c=d"], {"a.b": "c=d"}),
        (["--property=mapreduce.job.name=mine"], {"mapreduce.job.name": "mine"}),
        (
            ["--sortValues"],
            {
                "stream.map.output": "keyonlytext",
                "stream.reduce.input": "keyonlytext",
                "mapreduce.partition.keycomparator.options": "-k1,1 -k2",
            },
        ),
    ],
)
def test_options_as_properties(options: list[str], expected: dict[str, str]) -> None:
    found = properties(words_of("--reducerPath=cat", "--inputPath=in", *options))
    assert found | expected == found


def test_options_as_options() -> None:
    words = words_of("--reducerPath=cat", "--inputPath=in", "--combinerPath=uniq", "--sortValues")
    assert words[words.index("-combiner") + 1] == "uniq"
    assert words[words.index("-partitioner") + 1].endswith(".KeyFieldBasedPartitioner")
    assert "stream.reduce.output" not in properties(
        words_of("--reducerPath=cat", "--inputPath=in", "--combinerPath=uniq")
    )
    words = words_of("--reducerPath=cat", "--inputPath=in", "--combineSmallFiles=1MB")
    assert words[words.index("-inputformat") + 1].endswith(".CombineTextInputFormat")


def test_a_job_without_reducers() -> None:
    words = words_of("--numReducers=0", "--inputPath=in")
    assert "-reducer" not in words
    assert properties(words)["stream.map.output"] == "keyonlytext"


def test_pieces_of_the_inputs() -> None:
    sizes = {
        option: job_of("--numReducers=0", "--inputPath=in", *option).map_sizes
        for option in [(), ("--splitSize=28",), ("--combineSmallFiles=1MB",)]
    }
    assert sizes == {
        (): (20, 60),
        ("--splitSize=28",): (20, 28, 28, 4),
        ("--combineSmallFiles=1MB",): None,
    }


def test_inputs_and_outputs_in_another_file_system() -> None:
    job = job_of("--reducerPath=cat", "--inputPath=hdfs:///a,hdfs:///b*")
    assert job.inputs == ("hdfs:///a", "hdfs:///b*")
    assert job.map_sizes is None
    options = parse_options(
        ["--mapperPath=cat", "--reducerPath=cat", "--inputPath=in", "--outputPath=hdfs:///o"]
    )
    with ExitStack() as stack:
        job = plain_job(options, str(Path.cwd()), print, stack)
    assert job.is_output_remote
    assert job.output == "hdfs:///o"
    assert not Path("hdfs:").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--totalOrder"], "--totalOrder cannot be had with --engine=hadoop"),
        (["--partitionerPath=cat"], "--partitionerPath cannot be had"),
        (["--skipBadRecords"], "--skipBadRecords cannot be had"),
        (["--taskTimeout=3"], "--taskTimeout cannot be had .* --property=mapreduce.task.timeout"),
        (["--resume"], "--resume cannot be had"),
        (["--workers=embedded"], "--workers is for our own workers"),
        (["--slots=2"], "--slots is for our own workers"),
        (["--dashboard"], "--dashboard is for our own workers"),
        (["--inputPath=-"], "--inputPath=- cannot be had"),
        (["--property=x"], "write --property=NAME=VALUE, not x"),
        (["--env=A=b c"], "--env: Hadoop cannot be given the value of A"),
        (["--inputPath=hdfs:///a", "--inputPath=in"], "cannot be mixed"),
        (["--inputPath=hdfs:///a", "--splitSize=1MB"], "cut at the blocks of its file system"),
    ],
)
def test_options_that_cannot_be_had(options: list[str], says: str) -> None:
    given = ["--reducerPath=cat", *options]
    if not any(one.startswith("--inputPath") for one in given):
        given.append("--inputPath=in")
    with pytest.raises(UsageError, match=says) as end:
        words_of(*given)
    assert "\n" not in str(end.value)


def test_options_for_our_workers_may_stand_in_a_file() -> None:
    options = parse_options(["--mapperPath=cat", "--reducerPath=cat", "--slots=2"])
    options.sources = {"slots": "hadoopless.toml: [run] slots"}
    check_options(options)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--inputPath=nowhere"], "no such input: nowhere"),
        (["--inputPath=x.xz"], r"Hadoop does not unpack .*x\.xz"),
        (["--inputPath=_x"], "passes over inputs whose names begin with _"),
        (["--inputPath=in", "--mapperPath=nowhere"], "no such program: nowhere"),
        (["--inputPath=in", "--files=nowhere"], "--files: there is no nowhere"),
    ],
)
def test_mistakes_that_are_found_before_anything_starts(options: list[str], says: str) -> None:
    Path("_x").touch()
    Path("x.xz").write_bytes(b"\xfd7zXZ\0")
    words = ["--engine=hadoop", "--reducerPath=cat", "--outputPath=out", *options]
    if not any(word.startswith("--mapperPath") for word in words):
        words.append("--mapperPath=cat")
    given = parse_options(words)
    with pytest.raises(InputError, match=says), ExitStack() as stack:
        plain_job(given, str(Path.cwd()), print, stack)


def test_every_option_is_told() -> None:
    """The page says of each option what becomes of it."""
    text = (REPOSITORY / "docs" / "scaling.md").read_text()
    names = {action.dest for action in new_parser().actions} - {"help", "version"}
    missing = {name for name in names if not re.search(rf"--(no-)?{name}\b", text)}
    assert missing == set()


def test_an_output_is_needed() -> None:
    options = parse_options(["--mapperPath=cat", "--reducerPath=cat", "--inputPath=hdfs:///a"])
    with pytest.raises(MapReduceError, match="give --jobPath, or both"), ExitStack() as stack:
        plain_job(options, str(Path.cwd()), print, stack)
