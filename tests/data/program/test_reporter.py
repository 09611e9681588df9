"""Counters and statuses told on stderr; Hadoop's own reading of odd lines."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.program.reporter import Counters, Reporter
from hadoopless.hadoop_counters import (
    FILE_SYSTEM_GROUP,
    FRAMEWORK_GROUPS,
    INPUT_GROUP,
    JOB_GROUP,
    SHUFFLE_GROUP,
    TASK_GROUP,
)
from hadoopless.rules import CounterLimits

DEFAULTS = CounterLimits()


def report(
    *pieces: bytes,
    prefix: str = "reporter:",
    limits: CounterLimits = DEFAULTS,
    made: tuple[int, int] = (0, 0),
) -> tuple[Reporter, bytes]:
    """The reporter that has read *pieces*, and the program's own part of them."""
    reporter = Reporter(prefix, limits=limits, made=made)
    stream = reporter.stream()
    own = b"".join([stream.feed(piece) for piece in pieces])
    return reporter, own + stream.end()


def counters(*lines: bytes) -> Counters:
    return report(b"\n".join(lines))[0].counters


def test_counters_add_up() -> None:
    lines = [
        b"reporter:counter:My Group,my counter,2",
        b"reporter:counter:G2,c,1",
        b"reporter:counter:My Group,my counter,-5",
        b"reporter:counter:touched,only,0",
    ]
    assert counters(*lines) == {
        ("My Group", "my counter"): -3,
        ("G2", "c"): 1,
        ("touched", "only"): 0,
    }


@pytest.mark.parametrize(
    ("told", "group", "name", "amount"),
    [
        (b" g,c,1", "g", "c", 1),
        (b"\t\0 g , c ,1 \t\x1f", "g ", " c ", 1),
        (b"g,c,+7", "g", "c", 7),
        (b"g,c,007", "g", "c", 7),
        (b"g,c,1,", "g", "c", 1),
        (b"g,c,1,,,", "g", "c", 1),
        (b",c,1", "", "c", 1),
        (b"g,,1", "g", "", 1),
        (b"g:x,c=y,1", "g:x", "c=y", 1),
        (b"g,c,9223372036854775807", "g", "c", 2**63 - 1),
        (b"g,c,-9223372036854775808", "g", "c", -(2**63)),
        ("gr\u00fcn,\u20ac,1".encode(), "gr\u00fcn", "\u20ac", 1),
        (b"g\xff,c,1", "g\ufffd", "c", 1),
        (b"g,c,\xd9\xa3", "g", "c", 3),  # Java's digits are those of all scripts
        (b"g" * 128 + b"," + b"c" * 64 + b",1", "g" * 128, "c" * 64, 1),
        (b"g" * 129 + b"," + b"c" * 65 + b",1", "g" * 127, "c" * 63, 1),
    ],
)
def test_what_counts(told: bytes, group: str, name: str, amount: int) -> None:
    assert counters(b"reporter:counter:" + told) == {(group, name): amount}


@pytest.mark.parametrize(
    "told",
    [
        *(b"", b"g", b"g,c", b"g,c,", b"a,b,c,1", b",,", b"g,c, 1", b"g,c,1.5", b"g,c,x"),
        *(b"g,c,1_0", b"g,c,--1", b"g,c,+", b"g,c,0x1", b"g,c,1L", b"g,c," + b"1" * 200),
        b"g,c,9223372036854775808",
    ],
)
def test_what_does_not_count(told: bytes) -> None:
    line = b"reporter:counter:" + told + b"\n"
    reporter, own = report(line)
    assert reporter.counters == {}
    assert own == line  # people see it among the rest


def test_sums_wrap_as_java_longs() -> None:
    line = b"reporter:counter:g,c,9223372036854775807"
    assert counters(line, line) == {("g", "c"): -2}


@pytest.mark.parametrize(
    ("made", "told", "words"),
    [
        ((0, 0), ["g,1", "g,2", "g,3", "g,4", "g,1"], ""),
        ((0, 0), ["g,1", "g,2", "g,3", "g,4", "g,5", "g,6"], "Too many counters: 5 max=4"),
        ((2, 1), ["g,1", "g,2", "g,3"], "Too many counters: 5 max=4"),
        ((0, 0), ["f,1", "g,1", "f,2"], ""),
        ((0, 0), ["f,1", "g,1", "h,1"], "Too many counter groups: 3 max=2"),
        ((2, 2), ["g,1"], "Too many counter groups: 3 max=2"),
        ((4, 2), [f"{TASK_GROUP},{name}" for name in FRAMEWORK_GROUPS[TASK_GROUP][1]], ""),
        ((4, 2), ["org.apache.hadoop.mapred.Task$Counter,MAP_INPUT_RECORDS"], ""),
        ((4, 2), [f"{JOB_GROUP},MB_MILLIS_MAPS", f"{FILE_SYSTEM_GROUP},HDFS_READ_OPS"], ""),
        ((0, 0), [f"{TASK_GROUP},MAPS"], "the counter 'MAPS' of"),
        ((0, 0), [f"{JOB_GROUP},map"], "the counter 'map' of"),
        ((0, 0), [f"{FILE_SYSTEM_GROUP},READ_OPS"], "the counter 'READ_OPS' of"),
        ((0, 0), ["org.apache.hadoop.mapred.Task$Counter,X"], "Task$Counter, a group of Hadoop's"),
        ((0, 0), [f"{INPUT_GROUP},X", f"{SHUFFLE_GROUP},X"], ""),
    ],
)
def test_counters_that_hadoop_refuses(made: tuple[int, int], told: list[str], words: str) -> None:
    lines = [f"reporter:counter:{counter},1\n".encode() for counter in told]
    reporter, own = report(*lines, limits=CounterLimits(4, 2), made=made)
    assert words in reporter.refusal
    assert bool(reporter.refusal) == bool(words)
    assert own == b""


def test_what_hadoop_refuses_is_the_programs_own_where_that_is_no_failure() -> None:
    reporter = Reporter(limits=CounterLimits(counters=2, groups=9), strict=False)
    lines = [b"reporter:counter:g,%d,1\n" % number for number in (1, 2, 3, 1)]
    stream = reporter.stream()
    assert b"".join(map(stream.feed, lines)) == lines[2]
    assert reporter.counters == {("g", "1"): 2, ("g", "2"): 1}
    assert reporter.refusal == ""


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_reports_that_come_again_and_again(end: bytes) -> None:
    one, other = b"reporter:counter:g,n,3" + end, b"reporter:counter:g,m,1" + end
    nonsense = b"reporter:counter:g" + end
    reporter = Reporter()
    stream = reporter.stream()
    own = stream.feed(one * 1000 + nonsense * 2 + one * 2 + other + one + b"x\n" + one)
    own += stream.end()
    assert reporter.counters == {("g", "n"): 3 * 1004, ("g", "m"): 1}
    assert own == nonsense * 2 + b"x\n"


def test_names_that_are_too_long_are_cut_off() -> None:
    reporter, _ = report(b"reporter:counter:group,name,1", limits=CounterLimits(9, 9, 4, 4))
    assert reporter.counters == {("gro", "name"): 1}


def test_a_status_is_not_the_programs_own() -> None:
    _, own = report(b"reporter:status:one\nreporter:status:  two: three \r\nplain\n")
    assert own == b"plain\n"


def test_only_whole_lines_that_start_with_the_prefix() -> None:
    plain = (
        b" reporter:counter:g,c,1\nsay reporter:counter:g,c,1\nReporter:counter:g,c,1\n"
        b"reporter\nreporte:counter:g,c,1\n\n\rreporter;\nrreporter:counter:g,c,1"
    )
    reporter, own = report(plain)
    assert reporter.counters == {}
    assert own == plain


def test_a_prefix_of_the_job() -> None:
    text = b"my:counter:g,c,1\nreporter:counter:g,c,2\nmy:counter:g,c,4"
    reporter, own = report(text, prefix="my:")
    assert reporter.counters == {("g", "c"): 5}
    assert own == b"reporter:counter:g,c,2\n"
    reporter, own = report(b"counter:g,c,1\nother\ncounter:g,c,1\r\nlast", prefix="")
    assert reporter.counters == {("g", "c"): 2}
    assert own == b"other\nlast"


def test_each_kind_of_line_end() -> None:
    line = b"reporter:counter:g,c,1"
    reporter, own = report(
        b"a\r" + line + b"\r" + line + b"\r\n" + line + b"\nb\r\n" + line + b"\r\n\r\nc\n"
    )
    assert reporter.counters == {("g", "c"): 4}
    assert own == b"a\rb\r\n\r\nc\n"


def test_a_line_feed_that_comes_later_belongs_to_its_return() -> None:
    _, own = report(b"reporter:status:x\r", b"", b"\n", b"\nplain")
    assert own == b"\nplain"


def test_lines_without_meaning_are_shown() -> None:
    _, own = report(b"reporter:foo\nreporter:\nreporter:counters:g,c,1\n" * 50)
    assert own == b"reporter:foo\nreporter:\nreporter:counters:g,c,1\n" * 50


def test_a_long_line_is_not_kept() -> None:
    reporter = Reporter(longest_line=100)
    stream = reporter.stream()
    assert stream.feed(b"reporter:status:" + b"x" * 50) == b""
    assert stream.feed(b"x" * 50) == b"reporter:status:" + b"x" * 100
    assert stream.feed(b"x\nreporter:counter:g,c,1\n") == b"x\n"
    assert stream.end() == b""
    assert reporter.counters == {("g", "c"): 1}


def test_several_programs_share_a_reporter() -> None:
    reporter = Reporter()
    one, other = reporter.stream(), reporter.stream()
    assert one.feed(b"reporter:coun") == b""
    assert other.feed(b"reporter:counter:g,c,1\nhal") == b"hal"
    assert one.feed(b"ter:g,c,2") == b""
    assert other.feed(b"f\n") == b"f\n"
    assert one.end() == other.end() == b""
    assert reporter.counters == {("g", "c"): 3}


PARTS = [b"reporter:", b"reporter:counter:g,c,1", b"reporter:status:s", b"rep", b"x", b"\r", b"\n"]


@given(st.lists(st.sampled_from(PARTS)), st.lists(st.integers(1, 30)))
def test_pieces_make_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    text = b"".join(parts)
    pieces = []
    rest = text
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    reporter, own = report(*pieces, rest)

    lines = re.split(rb"(?<=\n)|(?<=\r)(?!\n)", text)
    told = [line for line in lines if re.match(rb"reporter:(counter:g,c,1|status:)[^\r\n]*", line)]
    bad = [line for line in told if re.match(rb"reporter:counter:g,c,1[^\r\n]", line)]
    good = [line for line in told if line not in bad]
    counted = sum(line.startswith(b"reporter:counter") for line in good)
    assert reporter.counters.get(("g", "c"), 0) == counted
    assert own == b"".join(line for line in lines if line not in good)
