"""The ready-made classes: pairs in, pairs out. Results are those of Hadoop 3.3.4 on Java 17."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import pytest

from hadoopless.library import pairs, run
from tests.oracle import REPOSITORY

PROGRAM = REPOSITORY / "hadoopless" / "library" / "run.py"
FIELDS = "mapreduce.fieldsel"
SEPARATOR = f"{FIELDS}.data.field.separator"
MAP_SPEC = f"{FIELDS}.map.output.key.value.fields.spec"
REDUCE_SPEC = f"{FIELDS}.reduce.output.key.value.fields.spec"
REGEX = "mapreduce.mapper.regex"
GROUP = "mapreduce.mapper.regexmapper..group"


def written(records: Iterable[tuple[str | bytes, str | bytes | None]]) -> bytes:
    """*records* of text as pairs; None is a null."""
    halves = [half for record in records for half in record]
    return b"".join(
        b"\xff\xff\xff\xff" if half is None else struct.pack(">I", len(half)) + half
        for half in (half.encode() if isinstance(half, str) else half for half in halves)
    )


def read(data: bytes) -> list[tuple[str | None, str | None]]:
    """The records of *data*, as text."""
    halves: list[str | None] = []
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
        if size == 0xFFFFFFFF:
            halves.append(None)
            continue
        halves.append(data[at : at + size].decode())
        at += size
    return list(zip(halves[::2], halves[1::2], strict=True))


def start(
    name: str, stdin: bytes, *options: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-I", "-S", str(PROGRAM), name, *options]
    return subprocess.run(words, input=stdin, capture_output=True, env=environment, timeout=60)


def result(
    name: str,
    records: Iterable[tuple[str | bytes, str | bytes | None]],
    options: Mapping[str, str] | None = None,
) -> list[tuple[str | None, str | None]]:
    """The output of the program *name* for *records*, in this process."""
    module, function = run.PROGRAMS[name]
    program = getattr(__import__(f"hadoopless.library.{module}", fromlist=[function]), function)
    stdin = io.BufferedReader(io.BytesIO(written(records)))
    return read(b"".join(program(stdin, options or {})))


def reduced(name: str, *lines: str, **options: str) -> list[tuple[str | None, str | None]]:
    """The same for lines ``key TAB value``, sorted."""
    split = (line.partition("\t") for line in lines)
    records = sorted(((key, value) for key, _, value in split), key=lambda pair: pair[0])
    return result(name, records, {name.replace("__", "."): text for name, text in options.items()})


LINES = [("0", "b a"), ("4", "b")]


@pytest.mark.parametrize(
    ("name", "records", "options", "expected"),
    [
        ("IdentityMapper", LINES, {}, LINES),
        ("IdentityReducer", [("k", None)], {}, [("k", None)]),
        ("InverseMapper", LINES, {}, [("b a", "0"), ("b", "4")]),
        ("TokenCountMapper", LINES, {}, [("b", "1"), ("a", "1"), ("b", "1")]),
        ("TokenCountMapper", [("0", " \t\r\f")], {}, []),
        (
            "TokenCountMapper",
            [("0", b"a\x0bb\x0cc \xff\xed\xa0\x80 \xe4\xb8\xad\xc2\xa0z\x85")],
            {},
            [("a\x0bb", "1"), ("c", "1"), ("\ufffd\ufffd", "1"), ("中\xa0z\ufffd", "1")],
        ),
        ("LongSumReducer", [("a", "1"), ("b", "-2"), ("b", "1")], {}, [("a", "1"), ("b", "-1")]),
        (
            "LongSumReducer",
            [("a", str((1 << 63) - 1)), ("a", "1")],
            {},
            [("a", str(-(1 << 63)))],
        ),
        ("RegexMapper", [("0", "ab cd")], {REGEX: r"\w+"}, [("ab", "1"), ("cd", "1")]),
        (
            "RegexMapper",
            [("0", "ab cd")],
            {REGEX: r"(\w)(\w)?", GROUP: "2"},
            [("b", "1"), ("d", "1")],
        ),
        # Fields: from the value, or from key and value with nothing between them.
        ("FieldSelectionMapper", [("0", "a\tb\tc")], {}, [("", "")]),
        (
            "FieldSelectionMapper",
            [("0", "a,b,c,d")],
            {SEPARATOR: ",", MAP_SPEC: "2,0:1-"},
            [("c,a", "b,c,d")],
        ),
        ("FieldSelectionMapper", [("a", "b\tc")], {MAP_SPEC: "0:1-", "whole": ""}, [("ab", "c")]),
        (
            "FieldSelectionMapper",
            [("0", "a::b::c::d::::")],
            {SEPARATOR: "::", MAP_SPEC: "5,0:2-"},
            [("::a:", "c::d:")],
        ),
        ("FieldSelectionMapper", [("0", "a.b")], {SEPARATOR: ".", MAP_SPEC: "0:1-"}, [("", "")]),
        (
            "FieldSelectionMapper",
            [("0", "a b c")],
            {SEPARATOR: " ", MAP_SPEC: ":1-"},
            [("b c", "")],
        ),
        (
            "FieldSelectionMapper",
            [("0", "a\tb\tc\td")],
            {MAP_SPEC: "1-2:-1,3"},
            [("b\tc", "a\tb\td")],
        ),
        ("FieldSelectionReducer", [("a", "b\tc")], {}, []),
        ("FieldSelectionReducer", [("a", "b\tc")], {REDUCE_SPEC: "0:1-"}, [("a", "b\tc")]),
        ("FieldSelectionReducer", [("a", "b\tc")], {REDUCE_SPEC: "1"}, [("b", None)]),
        # A null key is written as if the value were the key: without a separator.
        ("FieldSelectionReducer", [("a", "b\tc")], {REDUCE_SPEC: ":1-"}, [("b\tc", None)]),
        ("FieldSelectionCombiner", [("a", "b\tc")], {REDUCE_SPEC: "0:1-"}, [("a", "b\tc")]),
    ],
)
def test_mappers_and_reducers(name, records, options, expected):
    assert result(name, records, options) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["LongValueSum:x\t1", "LongValueSum:x\t-3"], [("x", "-2")]),
        (["longvaluesum:\t1", "LONGVALUESUM:a:b\t2"], [("a:b", "2"), ("", "1")]),
        (["LongValueSum:a\t9223372036854775807", "LongValueSum:a\t1"], [("a", str(-(1 << 63)))]),
        (["LongValueMax:a\t3", "LongValueMax:a\t-7"], [("a", "3")]),
        (["LongValueMin:a\t3", "LongValueMin:a\t-7"], [("a", "-7")]),
        (["StringValueMax:a\tabc", "StringValueMax:a\tZed"], [("a", "abc")]),
        (["StringValueMax:a\t\U0001f600", "StringValueMax:a\t\uffff"], [("a", "\uffff")]),
        (["StringValueMin:a\t\U0001f600", "StringValueMin:a\t\uffff"], [("a", "\U0001f600")]),
        (["DoubleValueSum:a\t1.5", "DoubleValueSum:a\t2"], [("a", "3.5")]),
        (["DoubleValueSum:a\t1e23"], [("a", "9.999999999999999E22")]),
        (["DoubleValueSum:a\t-0"], [("a", "0.0")]),
        (["DoubleValueSum:a\t.1"] * 10, [("a", "0.9999999999999999")]),
        (["UniqValueCount:a\tx", "UniqValueCount:a\ty", "UniqValueCount:a\tx"], [("a", "2")]),
        (
            ["ValueHistogram:h\ta\t\t3", "ValueHistogram:h\tb\t4", *["ValueHistogram:h\tc"] * 2],
            [("h", "3\t2\t3\t4\t3.0\t0.816496580927726")],
        ),
        (["StringValueMax:a\t\ufffd"], [("a", "\ufffd")]),
    ],
)
def test_aggregate_reducer(lines, expected):
    assert reduced("ValueAggregatorReducer", *lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["LongValueSum:x\t1", "LongValueSum:x\t2"], [("LongValueSum:x", "3")]),
        (["DoubleValueSum:d\t1"], [("DoubleValueSum:d", "1.0")]),
        (["StringValueMax:z\ta"], [("StringValueMax:z", "a")]),
        (
            ["UniqValueCount:a\tb", "UniqValueCount:a\ta", "UniqValueCount:a\ta"],
            [("UniqValueCount:a", "a"), ("UniqValueCount:a", "b")],
        ),
        (
            ["ValueHistogram:x\tr", "ValueHistogram:x\tq", "ValueHistogram:x\tq\t4"],
            [("ValueHistogram:x", "q\t5"), ("ValueHistogram:x", "r\t1")],
        ),
    ],
)
def test_aggregate_combiner(lines, expected):
    assert reduced("ValueAggregatorCombiner", *lines) == expected


def test_of_unique_values_one_more_than_the_limit_is_counted():
    lines = [f"UniqValueCount:a\t{n}" for n in range(9)]
    limit = {"aggregate__max__num__unique__values": "2"}

    assert reduced("ValueAggregatorReducer", *lines, "LongValueSum:z\t1", **limit) == [
        ("z", "1"),
        ("a", "3"),
    ]
    assert len(reduced("ValueAggregatorCombiner", *lines, **limit)) == 9


@pytest.mark.parametrize(
    ("name", "records", "options", "message"),
    [
        (
            "ValueAggregatorReducer",
            [("abc", "1")],
            {},
            "java.lang.StringIndexOutOfBoundsException: begin 0, end -1, length 3"
            " (aggregate: no TYPE: in 'abc')",
        ),
        (
            "ValueAggregatorCombiner",
            [("Nope:a", "1")],
            {},
            "java.lang.NullPointerException: aggregate: no type 'Nope' ('Nope:a')",
        ),
        (
            "ValueAggregatorReducer",
            [("LongValueSum:a", "")],
            {},
            'java.lang.NumberFormatException: For input string: ""',
        ),
        (
            "RegexMapper",
            [],
            {},
            "java.lang.NullPointerException: mapreduce.mapper.regex is not set",
        ),
        (
            "RegexMapper",
            [("0", "a")],
            {REGEX: "a", GROUP: "9"},
            "java.lang.IndexOutOfBoundsException: No group 9",
        ),
        (
            "RegexMapper",
            [("0", "a")],
            {REGEX: "(b)?a", GROUP: "1"},
            "java.lang.NullPointerException: group 1 takes no part in the match 'a'",
        ),
        (
            "FieldSelectionMapper",
            [],
            {MAP_SPEC: "x"},
            'java.lang.NumberFormatException: For input string: "x"',
        ),
        (
            "FieldSelectionCombiner",
            [("a", "b")],
            {REDUCE_SPEC: ":1-"},
            "java.lang.NullPointerException: a combiner's key or value is null",
        ),
        ("IdentityMapper", LINES, {"refuse-input": "no: such \"types'"}, "no: such \"types'"),
        ("InverseMapper", LINES, {"refuse-output": "no"}, "no"),
    ],
)
def test_what_java_throws_is_told(name, records, options, message):
    words = [f"{option}={quote(text)}" for option, text in options.items()]
    ended = start(name, written(records), *words)

    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.decode() == message + "\n"


@pytest.mark.parametrize("refusal", ["refuse-input=no", "refuse-output=no"])
def test_types_do_not_matter_where_no_pair_is(refusal):
    assert start("TokenCountMapper", b"", refusal).returncode == 0


def test_what_is_not_written_is_not_refused():
    assert start("TokenCountMapper", written([("0", " ")]), "refuse-output=no").returncode == 0


def test_pairs_of_all_sizes_pass():
    records = [("k" * (size % 300), "v" * size) for size in (0, 1, 255, 70_000, 600_000, 3)]
    ended = start("InverseMapper", written(records))

    assert ended.returncode == 0
    assert read(ended.stdout) == [(value, key) for key, value in records]


def test_a_null_value_is_shown_as_java_shows_it():
    assert result("ValueAggregatorReducer", [("StringValueMax:a", None)]) == [("a", "(null)")]


def test_input_that_ends_within_a_pair_is_an_error():
    stdin: io.BufferedReader = io.BufferedReader(io.BytesIO(written([("key", "value")])[:-1]))

    with pytest.raises(EOFError):
        list(pairs.read_pairs(stdin))


def test_aggregate_mapper_counts_the_records_of_each_file():
    found = start(
        "ValueAggregatorMapper", written(LINES), environment={"mapreduce_map_input_file": "file:/a"}
    )

    assert read(found.stdout) == 2 * [
        ("LongValueSum:record_count", "1"),
        ("LongValueSum:file:/a", "1"),
    ]


def test_partitions_of_numbers():
    keys = b"0\n4\n-1\n2147483648\n9223372036854775807\n"

    assert start("LongPartitioner", keys, "3").stdout.split() == [b"0", b"1", b"1", b"0", b"1"]


def test_nothing_of_the_working_directory_is_loaded(tmp_path):
    (tmp_path / "operator.py").write_text("raise SystemExit(7)")
    (tmp_path / "hadoopless.py").write_text("raise SystemExit(8)")
    words = [sys.executable, "-I", "-S", str(PROGRAM), "ValueAggregatorReducer"]

    assert subprocess.run(words, stdin=subprocess.DEVNULL, cwd=tmp_path, timeout=60).returncode == 0
