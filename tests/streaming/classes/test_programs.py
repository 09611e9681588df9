"""Jobs with ready-made classes. What is expected here came from Hadoop 3.3.4 in local mode.

The road is that of :mod:`tests.streaming.road`; the programs are the real ones.
"""

from __future__ import annotations

import sys

import pytest

from hadoopless.rules import FieldRange, KeyFields, PairFormat, Partitioner, Pipe
from hadoopless.streaming.classes.catalog import HADOOP_CLASSES, Interface, find_class, implements
from hadoopless.streaming.classes.library_command import library_command
from hadoopless.streaming.classes.programs import JobPrograms, check_interfaces, programs_of
from hadoopless.streaming.classes.types import MAPPERS, REDUCERS
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.rules import rules_of
from tests.streaming.road import ProgramFailedError, Road

LIB = "org.apache.hadoop.mapred.lib"
NEW = "org.apache.hadoop.mapreduce.lib"
AGGREGATE = f"{LIB}.aggregate"
TEXT = "org.apache.hadoop.io.Text"
LONG = "org.apache.hadoop.io.LongWritable"

TEXT_KEYS = f"-D mapreduce.map.output.key.class={TEXT}"
LONG_VALUES = f"-D mapreduce.map.output.value.class={LONG}"
KEY_VALUE = "-inputformat KeyValueTextInputFormat"

MISMATCH = "java.io.IOException: Type mismatch in"
NO_CAST = "java.lang.ClassCastException: class"


def request_of(line: str) -> Request:
    """The request of *line*: generic options first, paths left out."""
    words = line.split()
    generic: list[str] = []
    while words and words[0] == "-D":
        generic += words[:2]
        words = words[2:]
    words = [*generic, "-input", "in", "-output", "out", *words]
    return parse_request(words, {"USER": "me"}, "/work")


def made(line: str) -> tuple[Request, JobPrograms]:
    request = request_of(line)
    return request, programs_of(request, rules_of(request))


def parts(line: str, data: str) -> list[str]:
    """The output files of a job over *data*."""
    request, job = made(line)
    return [part.decode() for part in Road(job, request.num_reduces).parts(data.encode())]


LETTERS = "a\nb\nc\nd\ne\nf\ng\n"


@pytest.mark.parametrize(
    ("line", "data", "expected"),
    [
        # Without any program: numbers are keys, and sorted and partitioned as numbers.
        ("", LETTERS, ["0\ta\n2\tb\n4\tc\n6\td\n8\te\n10\tf\n12\tg\n"]),
        ("-numReduceTasks 3", "b a\nb\n", ["0\tb a\n", "4\tb\n", ""]),
        (f"-mapper {LIB}.IdentityMapper -reducer NONE", "b a\nb\n", ["0\tb a\n4\tb\n"]),
        (f"-D mapred.mapper.class={LIB}.InverseMapper -reducer NONE", "b a\n", ["b a\t0\n"]),
        (f"{KEY_VALUE} -reducer cat", "b\t2\na\t1\n", ["a\t1\nb\t2\n"]),
        (f"-mapper cat -reducer {LIB}.IdentityReducer", "b\t2\na\nb\t2\n", ["a\t\nb\t2\nb\t2\n"]),
        ("-mapper cat", "b\na\n", ["a\t\nb\t\n"]),
        ("-mapper cat -combiner PipeCombiner -reducer PipeReducer", "b\n", ["b\t\n"]),
        ("-mapper cat -combiner cat", "b\na\n", ["a\t\nb\t\n"]),
        ("-D stream.map.output=keyonlytext -mapper cat", "b\nb a\n", ["b\nb a\n"]),
        (f"{TEXT_KEYS} {LONG_VALUES} -mapper {LIB}.InverseMapper", "b a\nb\n", ["b\t4\nb a\t0\n"]),
        (
            f"{TEXT_KEYS} -mapper {LIB}.InverseMapper -reducer cat {KEY_VALUE}",
            "b\t2\na\t1\nx\n",
            ["\tx\n1\ta\n2\tb\n"],
        ),
        (
            f"-D mapreduce.job.output.key.class={TEXT} -D mapreduce.job.output.value.class={LONG}"
            f" -mapper {LIB}.TokenCountMapper -reducer {LIB}.LongSumReducer",
            "b a\nb\n",
            ["a\t1\nb\t2\n"],
        ),
        (
            f"{LONG_VALUES} -mapper {LIB}.TokenCountMapper -combiner {LIB}.LongSumReducer"
            " -reducer cat",
            "b a\nb\n",
            ["a\t1\nb\t2\n"],
        ),
        (
            rf"-D mapreduce.mapper.regex=\w -mapper {LIB}.RegexMapper -reducer NONE",
            "ab,c\n",
            ["a\t1\nb\t1\nc\t1\n"],
        ),
        ("-mapper cat -reducer AGGREGATE", "LongValueSum:x\t1\nLongValueSum:x\t2\n", ["x\t3\n"]),
        (
            f"-mapper cat -reducer {AGGREGATE}.ValueAggregatorCombiner",
            "LongValueSum:x\t1\nLongValueSum:x\t2\n",
            ["LongValueSum:x\t3\n"],
        ),
        # The combiner of `aggregate` is there whatever -combiner says.
        ("-mapper cat -combiner false -reducer aggregate", "LongValueSum:x\t1\n", ["x\t1\n"]),
        (
            f"-D stream.map.output=keyonlytext -mapper cat -reducer"
            f" {AGGREGATE}.ValueAggregatorReducer",
            "StringValueMax:a\n",
            ["a\t(null)\n"],
        ),
        (
            f"{TEXT_KEYS} -mapper {AGGREGATE}.ValueAggregatorMapper -reducer aggregate",
            "b a\nb\n",
            ["record_count\t2\n"],
        ),
        (
            "-D mapreduce.fieldsel.data.field.separator=,"
            " -D mapreduce.fieldsel.map.output.key.value.fields.spec=2,0:1-"
            f" -mapper {LIB}.FieldSelectionMapReduce -reducer NONE",
            "a,b,c,d\n",
            ["c,a\tb,c,d\n"],
        ),
        (
            "-D mapreduce.fieldsel.map.output.key.value.fields.spec=0:1-"
            f" {KEY_VALUE} -mapper {LIB}.FieldSelectionMapReduce -reducer NONE",
            "a\tb\tc\n",
            ["ab\tc\n"],
        ),
        (
            "-D mapreduce.fieldsel.map.output.key.value.fields.spec=0:1-"
            f" -inputformat {LIB}.NLineInputFormat -mapper {LIB}.FieldSelectionMapReduce"
            " -reducer NONE",
            "a\tb\tc\n",
            ["0a\tb\tc\n"],
        ),
        (
            "-D mapreduce.fieldsel.reduce.output.key.value.fields.spec=:1-"
            f" -mapper cat -reducer {LIB}.FieldSelectionMapReduce",
            "a\tb\tc\n",
            ["b\tc\n"],
        ),
        # PairClasses do not matter to what is not there.
        (f"-mapper {LIB}.TokenCountMapper -reducer cat", "", [""]),
        (f"-mapper {LIB}.TokenCountMapper -reducer cat", " \n", [""]),
    ],
)
def test_jobs(line, data, expected):
    assert parts(line, data) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # [MapTask.MapOutputBuffer.collect]
        ("-reducer cat", f"{MISMATCH} key from map: expected {TEXT}, received {LONG}"),
        (
            f"-mapper {LIB}.InverseMapper",
            f"{MISMATCH} key from map: expected {LONG}, received {TEXT}",
        ),
        (
            f"-mapper {LIB}.TokenCountMapper -reducer cat",
            f"{MISMATCH} value from map: expected {TEXT}, received {LONG}",
        ),
        (
            f"-mapper {LIB}.TokenCountMapper -reducer {LIB}.LongSumReducer",
            f"{MISMATCH} key from map: expected {LONG}, received {TEXT}",
        ),
        (
            f"-mapper {LIB}.FieldSelectionMapReduce -reducer {LIB}.IdentityReducer",
            f"{MISMATCH} key from map: expected {LONG}, received {TEXT}",
        ),
        (
            f"-D stream.map.output=text -mapper {LIB}.IdentityMapper",
            f"{MISMATCH} key from map: expected {TEXT}, received {LONG}",
        ),
        (
            f"-io rawbytes -mapper {LIB}.IdentityMapper -reducer cat",
            f"{MISMATCH} key from map: expected org.apache.hadoop.io.BytesWritable,"
            f" received {LONG}",
        ),
        # [IFile.Writer.append]
        (
            f"{LONG_VALUES} -mapper {LIB}.TokenCountMapper -combiner cat -reducer cat",
            f"java.io.IOException: wrong value class: class {TEXT} is not class {LONG}",
        ),
        (
            rf"{TEXT_KEYS} {LONG_VALUES} -D mapreduce.mapper.regex=\S+ -mapper {LIB}.RegexMapper"
            " -reducer aggregate",
            f"java.io.IOException: wrong value class: class {TEXT} is not class {LONG}",
        ),
        # The casts of generic code.
        (
            f"-mapper cat -reducer {LIB}.LongSumReducer",
            f"{NO_CAST} {TEXT} cannot be cast to class {LONG}",
        ),
        (
            f"-mapper {LIB}.IdentityMapper -reducer aggregate",
            f"{NO_CAST} {LONG} cannot be cast to class {TEXT}",
        ),
        (
            f"-mapper {AGGREGATE}.ValueAggregatorReducer -reducer NONE",
            "java.io.IOException: should not be called",
        ),
    ],
)
def test_jobs_that_fail_over_types(line, message):
    with pytest.raises(ProgramFailedError) as error:
        parts(line, "LongValueSum:a\tb\n")
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("line", "name", "kind"),
    [
        (f"-mapper {NEW}.map.InverseMapper", f"{NEW}.map.InverseMapper", "Mapper"),
        (
            f"-mapper cat -reducer {NEW}.reduce.LongSumReducer",
            f"{NEW}.reduce.LongSumReducer",
            "Reducer",
        ),
        (
            f"-mapper cat -combiner {NEW}.reduce.LongSumReducer -reducer cat",
            f"{NEW}.reduce.LongSumReducer",
            "Reducer",
        ),
        (
            f"-mapper cat -reducer cat -partitioner {NEW}.partition.HashPartitioner",
            f"{NEW}.partition.HashPartitioner",
            "Partitioner",
        ),
        (f"-mapper {LIB}.IdentityReducer -reducer cat", f"{LIB}.IdentityReducer", "Mapper"),
        (
            f"-mapper cat -inputformat {NEW}.input.TextInputFormat",
            f"{NEW}.input.TextInputFormat",
            "InputFormat",
        ),
        (
            f"-mapper cat -outputformat {NEW}.output.TextOutputFormat",
            f"{NEW}.output.TextOutputFormat",
            "OutputFormat",
        ),
    ],
)
def test_classes_for_another_purpose(line, name, kind):
    with pytest.raises(StreamingExit) as error:
        check_interfaces(request_of(line))
    assert error.value.code == 1
    assert str(error.value) == (
        f'Exception in thread "main" java.lang.RuntimeException: class {name} not'
        f" org.apache.hadoop.mapred.{kind}"
    )


@pytest.mark.parametrize(
    "line", [f"-mapper {LIB}.ChainMapper", f"-mapper cat -reducer {LIB}.ChainReducer"]
)
def test_classes_that_cannot_be_used(line):
    with pytest.raises(StreamingExit, match=r"is not supported here; these are: .*Identity"):
        made(line)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (f"{LIB}.IdentityMapper", f"{LIB}.IdentityMapper"),
        ("IdentityMapper", None),
        ("AutoInputFormat", "org.apache.hadoop.streaming.AutoInputFormat"),
        ("org.apache.hadoop.io.Text$Comparator", "org.apache.hadoop.io.Text$Comparator"),
        ("cat", None),
        ("./mapper.py", None),
        ("com.example.MyMapper", None),
        ("aggregate", None),
    ],
)
def test_find_class(name, found):
    assert find_class(name) == found


def test_names_without_a_dot_need_a_package():
    assert find_class("AutoInputFormat", None) is None


def test_a_class_may_be_implement_two_interfaces():
    both = {Interface.MAPPER, Interface.REDUCER}
    assert HADOOP_CLASSES[f"{LIB}.FieldSelectionMapReduce"] == both


def test_all_signatures_are_those_of_classes():
    assert all(implements(name, Interface.MAPPER) for name in MAPPERS)
    assert all(implements(name, Interface.REDUCER) for name in REDUCERS)


def test_commands_stay_as_they_are():
    request, job = made("-mapper m.py -combiner c.py -reducer r.py")

    assert (job.mapper, job.combiner, job.reducer) == ("m.py", "c.py", "r.py")
    assert job.rules == rules_of(request)


def test_a_combiner_of_a_job_without_reduces_is_not_there():
    assert made("-mapper m.py -combiner c.py -reducer NONE")[1].combiner is None


def test_an_identity_combiner_leaves_bytes_as_they_are():
    words = f"-mapper cat -combiner {LIB}.IdentityReducer -reducer cat"
    for pipe in (Pipe.RAW_BYTES, Pipe.TYPED_BYTES):
        job = made(f"-D stream.map.output={pipe.value} {words}")[1]
        assert job.combiner == "/bin/cat"
        assert job.rules.combiner_pairs == (PairFormat(pipe), PairFormat(pipe))


def test_an_identity_reducer_behind_plain_lines_gets_plain_lines():
    rules = made("-mapper cat")[1].rules

    assert (rules.reduce_input, rules.reduce_output) == (PairFormat(), PairFormat())
    framed = made("-D stream.map.output.field.separator=. -mapper cat")[1].rules
    assert framed.reduce_input == framed.reduce_output == PairFormat(Pipe.PAIRS)
    beside = made("-D stream.reduce.output.field.separator=. -mapper cat -combiner c.py")[1].rules
    assert beside.reduce_input == PairFormat(Pipe.PAIRS)


def test_numbers_as_keys_have_rules_of_their_own():
    rules = made("-numReduceTasks 2")[1].rules

    assert rules.order == KeyFields((FieldRange(numeric=True),))
    assert rules.partition.kind is Partitioner.COMMAND
    assert made("-mapper cat")[1].rules.order is None


@pytest.mark.parametrize(
    ("name", "reverse"), [("Comparator", False), ("DecreasingComparator", True)]
)
def test_what_compares_numbers_sorts_them(name, reverse):
    request = request_of(f"-D mapreduce.job.output.key.comparator.class={LONG}${name}")
    job = programs_of(request, rules_of(request_of("")))

    assert job.rules.order == KeyFields((FieldRange(numeric=True, reverse=reverse),))
    expected = ["4\tc\n2\tb\n0\ta\n" if reverse else "0\ta\n2\tb\n4\tc\n"]
    assert [part.decode() for part in Road(job, 1).parts(b"a\nb\nc\n")] == expected


def test_options_hold_neither_blanks_nor_quotes():
    separator = "a b'c\"d%é\t"
    request = request_of("-mapper cat")
    request.configuration.set("mapreduce.fieldsel.data.field.separator", separator)
    command = library_command(MAPPERS[f"{LIB}.FieldSelectionMapReduce"], request.configuration)

    assert command.split()[-1] == (
        "mapreduce.fieldsel.data.field.separator=a%20b%27c%22d%25%C3%A9%09"
    )
    assert not set(command.split(sys.executable)[1]) & set("'\"")


def test_an_interpreter_with_blanks_in_its_path_is_one_word(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/my files/python")
    command = library_command(MAPPERS[f"{LIB}.IdentityMapper"], request_of("").configuration)

    assert command.startswith('"/my files/python" -I -S /')
