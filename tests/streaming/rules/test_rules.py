"""Properties become the rules of a job."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hadoopless import rules
from hadoopless.rules import (
    Codec,
    FieldRange,
    InputRules,
    KeyFields,
    OutputRules,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Reader,
    Rules,
)
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.hints import without_effect
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.environment import CLASSES_OF_FORMS, job_properties
from hadoopless.streaming.rules.key_fields import parse_key_options
from hadoopless.streaming.rules.rules import (
    Limits,
    check_submission,
    limits_of,
    rules_of,
)

MAPRED = "org.apache.hadoop.mapred"
LIB = f"{MAPRED}.lib"
KEY_FIELDS = f"{LIB}.KeyFieldBasedPartitioner"
COMPARATOR = "mapreduce.job.output.key.comparator.class"
PAIRS = PairFormat(Pipe.PAIRS)


def request_of(*words: str, **properties: Any) -> Request:
    """A request of *words*, its properties with ``__`` for dots."""
    front = [f"-D{name.replace('__', '.')}={value}" for name, value in properties.items()]
    needed = ["-input", "i", "-output", "o"]
    if "-mapper" not in words:
        needed += ["-mapper", "cat"]
    if "-reducer" not in words:
        needed += ["-reducer", "cat"]
    return parse_request([*front, *needed, *words], {"USER": "me"}, "/work")


def made(*words: str, **properties: Any) -> Rules:
    found = rules_of(request_of(*words, **properties))
    assert rules.from_json(rules.to_json(found)) == found
    return found


def fails(*words: str, **properties: Any) -> str:
    with pytest.raises(StreamingExit) as caught:
        made(*words, **properties)
    assert caught.value.code == 1
    assert caught.value.stderr[-1].text == "Streaming Command Failed!"
    return str(caught.value)


def test_a_plain_job_has_plain_rules():
    found = made()
    plain = json.loads(rules.to_json(found))
    assert plain.keys() == {"environment", "overrides", "idle_timeout"}
    assert found.idle_timeout == 600


def test_separators_and_key_fields():
    found = made(
        stream__map__input__field__separator=";",
        stream__map__output__field__separator="::",
        stream__num__map__output__key__fields=4,
        stream__reduce__input__field__separator="#",
        stream__reduce__output__field__separator="é",
        stream__num__reduce__output__key__fields="0x2",
    )
    assert found.input.pairs == PairFormat(separator=b";")
    assert found.map_output == PairFormat(separator=b"::", key_fields=4)
    assert found.reduce_input == PairFormat(separator=b"#")
    assert found.reduce_output == PairFormat(separator="é".encode(), key_fields=2)


def test_separators_may_be_any_bytes():
    raw = b"\xff\x01".decode("utf-8", "surrogateescape")
    assert made(stream__map__output__field__separator=raw).map_output.separator == b"\xff\x01"


def test_an_empty_separator_is_lost_on_the_way_to_tasks():
    found = made(stream__map__output__field__separator="", mapred__textoutputformat__separator="")
    assert found.map_output == PairFormat()
    assert found.output == OutputRules()


def test_no_key_fields_are_one():
    assert made(stream__num__map__output__key__fields=0).map_output.key_fields == 1
    text = fails(stream__num__map__output__key__fields="many")
    assert 'NumberFormatException: For input string: "many"' in text


@pytest.mark.parametrize(
    ("word", "pipe"),
    [
        ("RawBytes", Pipe.RAW_BYTES),
        ("typedbytes", Pipe.TYPED_BYTES),
        ("KEYONLYTEXT", Pipe.KEY_ONLY_TEXT),
        ("text", Pipe.TEXT),
        ("pairs", Pipe.TEXT),
        ("other", Pipe.TEXT),
    ],
)
def test_identifiers(word, pipe):
    found = made("-io", word)
    edges = (found.input.pairs, found.map_output, found.reduce_input, found.reduce_output)
    assert {edge.pipe for edge in edges} == {pipe}
    # Only text leaves out keys.
    assert found.input.ignore_key is (pipe is Pipe.TEXT)
    assert made(stream__map__output=word).reduce_input.pipe is Pipe.TEXT


def test_classes_speak_in_pairs():
    found = made("-mapper", f"{LIB}.IdentityMapper", "-reducer", "aggregate")
    assert found.input.pairs == found.map_output == PAIRS
    assert found.reduce_input == found.reduce_output == PAIRS
    assert not found.input.ignore_key
    assert found.combiner_pairs is None


def test_combiners():
    assert made("-combiner", "cat").combiner_pairs is None
    found = made("-combiner", f"{LIB}.LongSumReducer")
    assert found.combiner_pairs == (PAIRS, PAIRS)
    found = made(
        "-combiner", "cat", "-reducer", f"{LIB}.LongSumReducer",
        stream__reduce__output__field__separator=",",
    )  # fmt: skip
    assert found.combiner_pairs == (PairFormat(), PairFormat(separator=b","))


def test_lines_and_their_keys():
    assert made().input == InputRules()
    assert not made(stream__map__input__ignoreKey="false").input.ignore_key
    name = f"{LIB}.NLineInputFormat"
    assert made("-inputformat", name).input == InputRules(ignore_key=False)
    assert made("-inputformat", name, stream__map__input__ignoreKey="TRUE").input == InputRules()


def test_ends_of_lines():
    found = made(textinputformat__record__delimiter="\r\n;", mapred__linerecordreader__maxlength=9)
    assert found.input == InputRules(delimiter=b"\r\n;", longest_line=9)
    for name in (f"{LIB}.NLineInputFormat", "KeyValueTextInputFormat"):
        found = made("-inputformat", name, textinputformat__record__delimiter=";")
        assert found.input.delimiter is None


def test_lines_with_keys():
    found = made("-inputformat", "KeyValueTextInputFormat").input
    assert found == InputRules(reader=Reader.KEY_VALUE, ignore_key=False)
    found = made(
        "-inputformat", "KeyValueTextInputFormat",
        key__value__separator__in__input__line="=;",
    ).input  # fmt: skip
    assert found.key_separator == b"="
    # Without a reader of records this is the same.
    found = made("-inputformat", "StreamInputFormat").input
    assert (found.reader, found.key_separator) == (Reader.KEY_VALUE, b"\t")


def test_xml_records():
    spec = "StreamXmlRecordReader,begin=<r>,end=</r>"
    expected = InputRules(reader=Reader.XML, begin=b"<r>", end=b"</r>", ignore_key=False)
    assert made("-inputreader", spec).input == expected
    found = made("-inputreader", f"{spec},slowmatch=true,maxrec=70").input
    assert (found.slow_match, found.longest_record, found.look_ahead) == (True, 70, 140)
    assert made("-inputreader", spec, "-inputformat", "TextInputFormat").input == InputRules()
    text = fails("-inputreader", "StreamXmlRecordReader,begin=a")
    assert "missing required property: stream.recordreader.end" in text


def test_formats_that_cannot_be_had():
    text = fails("-inputformat", "SequenceFileInputFormat")
    assert text.startswith(f"-inputformat : {MAPRED}.SequenceFileInputFormat cannot be read here")
    text = fails("-outputformat", f"{MAPRED}.SequenceFileOutputFormat")
    assert "SequenceFileOutputFormat cannot be written here" in text
    text = fails("-inputreader", f"{MAPRED}.FixedLengthRecordReader")
    assert f"Class not found: {MAPRED}.FixedLengthRecordReader" in text


def partition(*words: str, **properties: Any) -> PartitionRules:
    return made("-numReduceTasks", "2", *words, **properties).partition


def test_partitioners():
    assert partition() == PartitionRules()
    assert partition("-partitioner", f"{LIB}.HashPartitioner") == PartitionRules()
    found = partition("-partitioner", KEY_FIELDS)
    assert found == PartitionRules(Partitioner.JAVA_STRING)
    found = partition("-partitioner", "./part.py x")
    assert found == PartitionRules(Partitioner.COMMAND, command="./part.py x")
    assert partition("-partitioner", f"{LIB}.TotalOrderPartitioner").kind is Partitioner.RANGES
    assert partition(stream__total__order="true").kind is Partitioner.RANGES
    words = ["-numReduceTasks", "2", "-partitioner", f"{LIB}.BinaryPartitioner"]
    assert "BinaryPartitioner is not supported here" in fails(*words)


def test_partitions_by_fields():
    found = partition(
        "-partitioner", KEY_FIELDS,
        mapreduce__partition__keypartitioner__options="-k1,2 -k 4",
        map__output__key__field__separator=".",
    )  # fmt: skip
    fields = KeyFields((FieldRange(end_field=2), FieldRange(4)), b".")
    assert found == PartitionRules(Partitioner.FIELDS, fields)
    found = partition(
        mapred__partitioner__class=KEY_FIELDS,
        mapred__text__key__partitioner__options="-k2",
        num__key__fields__for__partition=3,
    )
    assert found.fields == KeyFields((FieldRange(end_field=3),))
    found = partition(
        "-partitioner", KEY_FIELDS, mapreduce__partition__keypartitioner__options="-k2.0,2"
    )
    assert found.fields == KeyFields((FieldRange(2, 0, 2),))  # from the byte before the field
    found = partition("-partitioner", KEY_FIELDS, num__key__fields__for__partition=0)
    assert found.kind is Partitioner.JAVA_STRING
    found = partition("-partitioner", KEY_FIELDS, mapred__text__key__partitioner__options="none")
    assert found.fields == KeyFields((FieldRange(),))


def test_one_partition_needs_no_partitioner():
    words = ["-partitioner", KEY_FIELDS]
    wrong = {"mapred__text__key__partitioner__options": "-kx"}
    assert made(*words, **wrong).partition == PartitionRules()
    text = fails(*words, "-numReduceTasks", "2", **wrong)
    assert text.startswith('java.lang.NumberFormatException: For input string: "x"\nJob not succ')


def order(options: str, **properties: Any) -> KeyFields | None:
    properties = {"mapreduce__partition__keycomparator__options": options, **properties}
    key = COMPARATOR.replace(".", "__")
    return made(**{key: f"{LIB}.KeyFieldBasedComparator"}, **properties).order


def test_orders():
    assert made(mapreduce__partition__keycomparator__options="-nr").order is None
    assert order("") is None
    assert order("-rn") is None
    assert order("-n") == KeyFields((FieldRange(numeric=True),))
    fields = KeyFields((FieldRange(1, 1, 1, 0, reverse=True), FieldRange(2, 1, 2, 0, numeric=True)))
    assert order("-k1,1r -k2,2n") == fields
    assert order("-k2.0,2") == KeyFields((FieldRange(2, 1, 2),))
    found = order("-k1", mapreduce__map__output__key__field__separator=", ")
    assert found == KeyFields((FieldRange(),), b", ")
    assert "ClassNotFoundException: Class x.Y not found" in fails(
        mapred__output__key__comparator__class="x.Y"
    )
    bytewise = {COMPARATOR.replace(".", "__"): "org.apache.hadoop.io.Text$Comparator"}
    assert made(**bytewise).order is None
    assert made("-reducer", "NONE", mapred__output__key__comparator__class="x.Y").order is None


def test_comparators_of_groups_must_be_known():
    known = "org.apache.hadoop.mapred.lib.KeyFieldBasedComparator"
    name = "mapreduce__job__output__group__comparator__class"
    of_combiner = "mapreduce__job__combiner__group__comparator__class"
    assert made(**{name: known, of_combiner: "x.Y"}).order is None
    assert made("-reducer", "NONE", **{name: "x.Y"}).order is None
    assert "ClassNotFoundException: Class x.Y not found" in fails(**{name: "x.Y"})
    assert "Class x.Y not found" in fails("-combiner", "cat", **{of_combiner: "x.Y"})
    assert "IdentityMapper not org.apache.hadoop.io.RawComparator" in fails(
        mapred__output__value__groupfn__class="org.apache.hadoop.mapred.lib.IdentityMapper"
    )


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("-k1,2", [FieldRange(1, 1, 2, 0)]),
        ("-k 3", [FieldRange(3)]),
        ("-k2.3,4.5nr", [FieldRange(2, 3, 4, 5, True, True)]),
        ("-k2n,3r", [FieldRange(2, 1, 3, 0, True, True)]),
        ("-k1.2n", [FieldRange(1, 2, 0, 0, numeric=True)]),
        ("-k2", [FieldRange(2, 1)]),
        ("-k2.0", [FieldRange(2, 0)]),
        ("-k1 -k2n -r", [FieldRange(reverse=True), FieldRange(2, numeric=True)]),
        ("-nr\t-k1,1", [FieldRange(1, 1, 1, 0, True, True)]),
        ("-x -rn k1", [FieldRange()]),
        ("-n -r", [FieldRange(numeric=True, reverse=True)]),
        ("-k", [FieldRange()]),
        ("-k0,0", [FieldRange()]),
        ("-k1.0 -k2.-1", [FieldRange(start_char=0), FieldRange(2, 0)]),
    ],
)
def test_key_options(text, ranges):
    assert parse_key_options(text).ranges == tuple(ranges)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-kx", 'NumberFormatException: For input string: "x"'),
        ("-kn", 'NumberFormatException: For input string: "n"'),
        ("-k1.", "NoSuchElementException"),
        ("-k1,", "NoSuchElementException"),
        ("-k1,2,3", "Invalid -k argument. Must be of the form -k pos1,[pos2], where pos is"),
        ("-k1n2", "Invalid -k argument."),
    ],
)
def test_bad_key_options(text, problem):
    with pytest.raises(ValueError, match=r"^java[.]") as caught:
        parse_key_options(text)
    assert problem in str(caught.value)


COMPRESS = {"mapred__output__compress": "true"}


def test_output():
    found = made(mapred__textoutputformat__separator="|").output
    assert found == OutputRules(separator=b"|")
    assert made("-lazyOutput").output == OutputRules(lazy=True)
    assert made("-outputformat", f"{LIB}.NullOutputFormat").output == OutputRules(nothing=True)
    found = made(
        "-outputformat", f"{LIB}.LazyOutputFormat",
        mapred__lazy__output__format=f"{MAPRED}.TextOutputFormat",
    ).output  # fmt: skip
    assert found == OutputRules(lazy=True)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("GzipCodec", Codec.GZIP),
        ("BZip2Codec", Codec.BZIP2),
        ("DefaultCodec", Codec.DEFLATE),
        ("ZStandardCodec", Codec.ZSTANDARD),
    ],
)
def test_codecs(name, codec):
    key = "mapreduce__output__fileoutputformat__compress__codec"
    properties = {key: f"org.apache.hadoop.io.compress.{name}"}
    assert made(**COMPRESS, **properties).output.codec is codec
    assert made(**properties).output.codec is Codec.NONE


def test_codecs_that_cannot_be_had():
    assert made(**COMPRESS).output.codec is Codec.DEFLATE
    key = "mapred__output__compression__codec"
    text = fails(**COMPRESS, **{key: "gzip"})
    assert text.startswith(
        "java.lang.IllegalArgumentException: Compression codec gzip was not found.\nJob not succ"
    )
    text = fails(**COMPRESS, **{key: "org.apache.hadoop.io.compress.SnappyCodec"})
    assert "SnappyCodec is not supported here; these are: DefaultCodec" in text


def test_what_changes_nothing_may_still_be_wrong():
    assert "Only 1 or 2" in fails(mapreduce__fileoutputcommitter__algorithm__version=3)
    compressed = {"mapred__compress__map__output": "true"}
    key = "mapred__map__output__compression__codec"
    text = fails(**compressed, **{key: "org.apache.hadoop.io.compress.NoCodec"})
    assert "Compression codec org.apache.hadoop.io.compress.NoCodec was not found." in text
    assert "Compression codec gzip was not found." in fails(**compressed, **{key: "gzip"})
    for name in (
        "org.apache.hadoop.io.compress.SnappyCodec",
        "com.hadoop.compression.lzo.LzoCodec",
    ):
        assert made(**compressed, **{key: name})
    assert made("-reducer", "NONE", **compressed, **{key: "gzip"})
    assert made(**{key: "gzip"})


def test_how_tasks_run():
    found = made(
        mapred__task__timeout=5000,
        stream__non__zero__exit__is__failure="false",
        stream__minRecWrittenToEnableSkip_=0,
        stream__stderr__reporter__prefix="my:",
        mapred__max__map__failures__percent=10,
        mapreduce__reduce__failures__maxpercent=20,
        mapreduce__reduce__maxattempts=2,
        keep__failed__task__files="true",
    )
    assert (found.idle_timeout, found.status_matters, found.unread_after) == (5.0, False, 0)
    assert found.reporter_prefix == "my:"
    assert (found.map_failures_percent, found.reduce_failures_percent) == (10, 20)
    assert (found.reduce_attempts, found.keep_failed) == (2, True)
    assert made(mapred__task__timeout=0).idle_timeout is None


def test_map_only():
    found = made("-reducer", "NONE")
    assert found.map_only
    assert not made().map_only


def test_the_environment():
    request = request_of("-cmdenv", "my_prop=2", "-cmdenv", "A=b", my__prop="${mapred.x}", a__b="")
    found = dict(job_properties(request))
    assert "A" not in found
    assert rules_of(request).overrides == (("HADOOP_ROOT_LOGGER", ""), ("my_prop", "2"), ("A", "b"))
    assert found["mapreduce_output_fileoutputformat_outputdir"] == "file:/work/o"
    assert found["mapreduce_job_reduces"] == "1"
    assert not {"mapred_output_dir", "mapred_reduce_tasks"} & found.keys()
    assert "a_b" not in found
    assert dict(made(foo="${x}").environment)["foo"] == "${x}"


TEXT = "org.apache.hadoop.io.Text"
IO = "org.apache.hadoop.streaming.io"


def test_programs_are_told_what_hadoops_client_sets():
    """The values are those in job.xml of a real Hadoop."""
    found = dict(job_properties(request_of("-combiner", "c")))
    assert found["fs_defaultFS"] == "file:///"
    assert found["mapreduce_framework_name"] == "local"
    assert found["mapreduce_job_hdfs_servers"] == "file:///"
    assert found["mapred_mapper_class"] == "org.apache.hadoop.streaming.PipeMapper"
    assert found["mapred_combiner_class"] == "org.apache.hadoop.streaming.PipeCombiner"
    assert found["mapred_reducer_class"] == "org.apache.hadoop.streaming.PipeReducer"
    assert found["mapreduce_job_output_value_class"] == TEXT
    assert found["stream_reduce_output_reader_class"] == f"{IO}.TextOutputReader"
    assert (found["mapred_skip_on"], found["user_name"]) == ("false", "me")


def test_programs_are_told_the_classes_of_their_forms():
    found = dict(job_properties(request_of("-io", "typedbytes", "-reducer", "NONE")))
    typed = "org.apache.hadoop.typedbytes.TypedBytesWritable"
    assert found["mapreduce_job_output_key_class"] == typed
    assert found["stream_map_input_writer_class"] == f"{IO}.TypedBytesInputWriter"
    assert "mapred_reducer_class" not in found
    found = dict(job_properties(request_of(stream__map__output="keyonlytext")))
    assert found["mapreduce_map_output_value_class"] == "org.apache.hadoop.io.NullWritable"
    assert found["mapreduce_job_output_value_class"] == TEXT


def test_what_users_set_is_told_as_it_is():
    request = request_of(mapreduce__framework__name="yarn", mapred__mapper__new__api="false")
    assert dict(job_properties(request))["mapreduce_framework_name"] == "yarn"


def test_limits():
    assert limits_of(request_of()) == Limits()
    request = request_of(
        mapred__map__max__attempts=1,
        mapred__map__tasks__speculative__execution="false",
        mapred__reduce__tasks__speculative__execution="false",
        mapreduce__fileoutputcommitter__marksuccessfuljobs="false",
    )
    expected = Limits(
        map_attempts=1, speculative_maps=False, speculative_reduces=False, mark_success=False
    )
    assert limits_of(request) == expected


def test_sorted_values():
    assert not made().sort_values
    assert made(stream__sort__values="true").sort_values


@pytest.mark.parametrize(
    ("name", "words", "text"),
    [
        ("mapreduce.job.partitioner.class", [], "map compatibility mode."),
        ("mapreduce.partitioner.class", [], "map compatibility mode."),
        ("mapreduce.job.reduce.class", [], "reduce compatibility mode."),
        ("mapreduce.job.outputformat.class", ["-reducer", "NONE"], "map compatibility mode."),
        ("mapreduce.job.partitioner.class", ["-reducer", "NONE"], None),
    ],
)
def test_classes_of_the_new_api_are_refused(name, words, text):
    request = request_of(*words, **{name.replace(".", "__"): "x.Y"})
    if text is None:
        check_submission(request)
        return
    with pytest.raises(
        StreamingExit, match=f"Error Launching job : .* is incompatible with {text}"
    ) as end:
        check_submission(request)
    assert end.value.code == 5


def checked(*words: str, **properties: str) -> Rules:
    request = request_of(*words, **properties)
    check_submission(request)
    return rules_of(request)


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("mapreduce.task.io.sort.mb", ("0", "3000", "x"), 1),
        ("mapreduce.task.io.sort.factor", ("x",), 1),
        ("mapreduce.map.combine.minspills", ("x",), 1),
        ("mapreduce.map.sort.spill.percent", ("0", "2", "x"), 1),
        ("mapreduce.reduce.shuffle.input.buffer.percent", ("2", "x"), 1),
        ("mapreduce.reduce.input.buffer.percent", ("2",), 1),
        ("mapreduce.map.skip.maxrecords", ("x",), 1),
        ("mapreduce.job.map.output.collector.class", ("nosuch", "org.apache.hadoop.X"), 1),
        ("mapreduce.job.reduce.shuffle.consumer.plugin.class", ("nosuch",), 1),
        ("io.file.buffer.size", ("0", "x"), 1),
        ("mapreduce.client.submit.file.replication", ("x",), 1),
        ("mapreduce.input.fileinputformat.list-status.num-threads", ("0", "-1", "x"), 1),
        ("mapreduce.client.output.filter", ("x",), 1),
        ("fs.permissions.umask-mode", ("xyz",), 1),
        ("mapred.mapper.new-api", ("true",), 5),
        ("mapred.reducer.new-api", ("true",), 5),
    ],
)
def test_values_that_fail_every_job_of_hadoop(name: str, values: tuple[str, ...], code: int):
    for value in values:
        with pytest.raises(StreamingExit) as caught:
            checked(**{name: value})
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mapreduce.task.io.sort.mb", "2047"),
        ("mapreduce.map.sort.spill.percent", "1.0"),
        ("mapreduce.reduce.input.buffer.percent", "0.0"),
        ("mapreduce.job.map.output.collector.class", "com.example.Collector"),
        ("mapreduce.client.output.filter", "ALL"),
        ("fs.permissions.umask-mode", "u=rwx,g=rx,o="),
        ("mapred.mapper.new-api", "false"),
    ],
)
def test_values_that_fail_none(name: str, value: str):
    assert checked(**{name: value}).map_only is False


def test_what_only_reduces_need_fails_no_job_without_them():
    name = "mapreduce.task.io.sort.mb"
    assert checked("-numReduceTasks", "0", **{name: "0"}).map_only


@pytest.mark.parametrize("name", CLASSES_OF_FORMS)
def test_the_classes_of_forms_are_those_that_the_client_sets(name: str):
    """Hadoop's client sets them whatever the user has said, known to it or not."""
    request = request_of(**{name.replace(".", "__"): "org.nobody.Writer"})
    kind = "InputWriter" if "input" in name else "OutputReader"
    assert dict(job_properties(request))[name.replace(".", "_")] == f"{IO}.Text{kind}"
    assert "-io" in without_effect(request)[name]
