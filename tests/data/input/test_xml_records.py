"""Records between marks; the literal results are those of Hadoop 3.3.4."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.errors import InputError
from hadoopless.job import Split
from hadoopless.rules import InputRules, PairFormat, Pipe, Reader
from tests.data.record_feeds import fed, fed_stretch, tiny_buffers


def marks(begin: str, end: str, *, slow: bool = False, ahead: int = 100_000) -> InputRules:
    return InputRules(
        reader=Reader.XML,
        begin=begin.encode(),
        end=end.encode(),
        slow_match=slow,
        longest_record=2,
        look_ahead=ahead,
        ignore_key=False,
        pairs=PairFormat(separator=b":"),
    )


PAGES = marks("<p>", "</p>")


@pytest.mark.parametrize(
    ("data", "start", "length", "written"),
    [
        (b"..<p>1</p>.<p>2</p>", 0, 19, b"<p>1</p>:\n<p>2</p>:\n"),
        (b"<<p>1</p><p>2</p>", 0, 17, b"<p>2</p>:\n"),
        (b"<p>1<</p>2</p><p>3</p>", 0, 22, b"<p>1<</p>2</p>:\n<p>3</p>:\n"),
        (b"<p>1</p><p>2</p>", 0, 8, b"<p>1</p>:\n"),
        (b"<p>1</p><p>2</p>", 0, 9, b"<p>1</p>:\n<p>2</p>:\n"),
        (b"<p>1</p><p>2</p>", 1, 15, b"<p>2</p>:\n"),
        (b"<p>1</p><p>2", 0, 12, b"<p>1</p>:\n"),
        (b"", 0, 0, b""),
    ],
)
def test_the_fast_match(tmp_path: Path, data: bytes, start: int, length: int, written: bytes):
    for rules in (PAGES,):
        assert fed_stretch(tmp_path / "x", data, start, length, rules) == written
        with tiny_buffers():
            assert fed_stretch(tmp_path / "x", data, start, length, rules) == written


def naive_find(data: bytes, mark: bytes, position: int) -> int:
    """The model of the fast match, byte by byte."""
    matched = 0
    while position < len(data):
        if data[position] == mark[matched]:
            matched += 1
            if matched == len(mark):
                return position + 1 - matched
        else:
            matched = 0
        position += 1
    return -1


MARKS = [(b"<a>", b"</a>"), (b"aa", b"ab"), (b"ab", b"ab"), (b"a", b"b"), (b"aab", b"ba")]


@given(
    data=st.text("<a>/b\n", max_size=80).map(str.encode),
    marked=st.sampled_from(MARKS),
    cut=st.tuples(st.integers(0, 80), st.integers(0, 80)),
)
def test_the_fast_match_is_that_of_the_model(
    tmp_path_factory: pytest.TempPathFactory,
    data: bytes,
    marked: tuple[bytes, bytes],
    cut: tuple[int, int],
):
    start, end = sorted(min(one, len(data)) for one in cut)
    begin, finish = marked
    written = b""
    position = start
    while position < end:
        position = naive_find(data, begin, position)
        last = naive_find(data, finish, position) if 0 <= position < end else -1
        if last < 0:
            break
        written += data[position : last + len(finish)] + b":\n"
        position = last + len(finish)
    path = tmp_path_factory.getbasetemp() / "xml"
    with tiny_buffers():
        rules = marks(begin.decode(), finish.decode())
        assert fed_stretch(path, data, start, end - start, rules) == written


@pytest.mark.parametrize(
    ("data", "rules", "written"),
    [
        ("x<p>1</p>", marks("<p>", "</p>", slow=True), b"<p>1</p>:\n"),
        # Not in step with CDATA yet, the reader passes over the first record.
        (
            "<p>1<![CDATA[</p>]]>2</p><p>3</p>",
            marks("<p>", "</p>", slow=True),
            b"<p>3</p>:\n",
        ),
        # Characters are counted as bytes, and their low bytes are written.
        ("<p>é</p><p>2</p>", marks("<p>", "</p>", slow=True), b"<p>\xe9</p>:\n<p>2</p>:\n"),
        (
            "<p a=1>1</p><q>2</q>",
            marks("<[pq][^>]*>", "</[pq]>", slow=True),
            b"<p a=1>1</p>:\n<q>2</q>:\n",
        ),
        ("....<p>1</p>", marks("<p>", "</p>", slow=True, ahead=6), b""),
    ],
)
def test_the_slow_match(tmp_path: Path, data: str, rules: InputRules, written: bytes):
    packed = data.encode()
    assert fed_stretch(tmp_path / "x", packed, 0, len(packed), rules) == written
    with tiny_buffers():
        assert fed_stretch(tmp_path / "x", packed, 0, len(packed), rules) == written


def test_a_mark_that_is_no_regular_expression(tmp_path: Path):
    with pytest.raises(InputError, match="slowmatch"):
        fed_stretch(tmp_path / "x", b"<p>", 0, 3, marks("(", ")", slow=True))


@pytest.mark.parametrize("rules", [marks("", ""), marks("p*", "q*", slow=True)])
def test_marks_that_are_nothing(tmp_path: Path, rules: InputRules):
    with pytest.raises(InputError, match="not a byte"):
        fed_stretch(tmp_path / "x", b"<p>", 0, 3, rules)


def test_records_on_other_pipes(tmp_path: Path):
    (tmp_path / "x").write_bytes(b"<p>1</p>" * 3)
    rules = InputRules(
        reader=Reader.XML,
        begin=b"<p>",
        end=b"</p>",
        ignore_key=False,
        pairs=PairFormat(Pipe.TYPED_BYTES),
    )
    written, feed = fed(Split(str(tmp_path / "x")), rules)
    assert written == (b"\7\0\0\0\x08<p>1</p>" + b"\7\0\0\0\0") * 3
    assert feed.reading.records == 3
