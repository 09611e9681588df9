"""Mappers read the records of their splits; the literal results are those of Hadoop 3.3.4."""

from __future__ import annotations

import bz2
import os
import struct
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from gzip import compress as gzip
from itertools import pairwise, product
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.input.records import RecordFeed
from hadoopless.errors import InputError
from hadoopless.faults import BadInput, RecordTooLong
from hadoopless.job import Split
from hadoopless.rules import InputRules, PairFormat, Pipe, Reader
from tests.data.record_feeds import all_lines, fed, fed_stretch, lines_of, tiny_buffers
from tests.data.samples import hostile

#: Keys are shown, before a colon.
KEYS = InputRules(ignore_key=False, pairs=PairFormat(separator=b":"))
PLAIN = InputRules()
BOM = b"\xef\xbb\xbf"

CONTENTS = st.builds(
    bytes.__add__,
    st.sampled_from([b"", BOM]),
    st.one_of(hostile("a\n\r", 40), hostile("\0a\t|\n\r\xef\xbb\xbf\xff", 120)),
)


def with_pipe(pipe: Pipe, *, ignore_key: bool = False, reader: Reader = Reader.LINES) -> InputRules:
    return InputRules(reader=reader, ignore_key=ignore_key, pairs=PairFormat(pipe))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("records") / "input"


# Lines and splits -----------------------------------------------------------------------------


@given(data=CONTENTS, cut=st.tuples(st.integers(0, 130), st.integers(0, 130)))
def test_lines_are_those_of_the_model(file: Path, data: bytes, cut: tuple[int, int]):
    start, end = sorted(min(one, len(data)) for one in cut)
    expected = lines_of(data, start, end)
    if start == 0 and data.startswith(BOM):
        expected = [(0, expected[0][1][3:]), *expected[1:]] if data != BOM else []
    values = b"".join(line + b"\n" for _, line in expected)
    keyed = b"".join(b"%d:%s\n" % pair for pair in expected)
    file.write_bytes(data)
    split = Split(str(file), start, end - start)
    for buffers in (tiny_buffers, nullcontext):
        with buffers():
            for rules, written in ((PLAIN, values), (KEYS, keyed)):
                got, feed = fed(split, rules)
                assert got == written
                assert feed.reading.records == len(expected)


@given(data=CONTENTS, cuts=st.lists(st.integers(1, 130), max_size=6))
def test_splits_have_each_line_once(file: Path, data: bytes, cuts: list[int]):
    while data.startswith(BOM):
        data = data.removeprefix(BOM)
    file.write_bytes(data)
    borders = sorted({0, len(data), *(one for one in cuts if one < len(data))})
    splits = [Split(str(file), a, b - a) for a, b in pairwise(borders)]
    for rules in (PLAIN, InputRules(delimiter=b"\n"), InputRules(delimiter=b"a\n")):
        lines = data.split(rules.delimiter) if rules.delimiter else [*all_lines(data), b""]
        whole = b"".join(line + b"\n" for line in (lines if lines[-1] else lines[:-1]))
        with tiny_buffers():
            assert b"".join(fed(split, rules)[0] for split in splits) == whole


@given(data=CONTENTS, cuts=st.lists(st.integers(1, 130), max_size=6))
def test_what_splits_have_read_meets(file: Path, data: bytes, cuts: list[int]):
    """Each byte lies in just one of the stretches, in whatever places a file is cut."""
    file.write_bytes(data)
    borders = sorted({0, len(data), *(one for one in cuts if one < len(data))})
    for rules, tiny in product((PLAIN, KEYS), (True, False)):
        ends, begins = [0], []
        for begin, end in pairwise([*borders, len(data)]):
            with tiny_buffers() if tiny else nullcontext():
                reading = fed(Split(str(file), begin, end - begin), rules)[1].reading
            if not reading.stretches:  # Hadoop takes an empty line behind the mark for the end
                assert data == BOM or data.startswith((BOM + b"\r", BOM + b"\n"))
                return
            begins.append(reading.stretches[0][0])
            ends.append(reading.stretches[0][1])
        assert sorted([*begins, len(data)]) == sorted(ends)


@pytest.mark.parametrize(
    ("data", "start", "length", "written"),
    [
        (b"a\r\nb\r\nc", 0, 2, b"0:a\n"),
        (b"a\r\nb\r\nc", 2, 3, b"3:b\n"),
        (b"a\rb\rc", 0, 2, b"0:a\n2:b\n"),
        (b"a\rb\rc", 2, 3, b"4:c\n"),
        (b"a\n\n\nb", 0, 2, b"0:a\n2:\n"),
        (b"a\n\n\nb", 2, 2, b"3:\n4:b\n"),
        (b"a\n\n\nb", 4, 1, b""),
        (b"abc\n", 1, 1, b""),
        (b"\r", 0, 1, b"0:\n"),
        (b"a\n", 0, 0, b"0:a\n"),
        (b"", 0, 0, b""),
        (BOM + b"a\nb\n", 0, 7, b"0:a\n5:b\n"),
        (BOM, 0, 3, b""),
        (BOM + b"\nb", 0, 5, b"0:\n4:b\n"),
        (BOM + b"a\nb\n", 0, 1, b"0:a\n"),
        (b"a\n" + BOM + b"b\n", 0, 7, b"0:a\n2:" + BOM + b"b\n"),
    ],
)
def test_edges_of_splits(file: Path, data: bytes, start: int, length: int, written: bytes):
    assert fed_stretch(file, data, start, length, KEYS) == written


@pytest.mark.parametrize("rules", [InputRules(), KEYS])
def test_a_byte_order_mark_counts_as_read(file: Path, rules: InputRules):
    file.write_bytes(BOM + b"a\n")
    assert fed(Split(str(file), 0, 5), rules)[1].reading.bytes == 5


@pytest.mark.parametrize(
    ("data", "start", "length", "delimiter", "written"),
    [
        (b"a||b||c", 0, 2, b"||", b"0:a\n3:b\n"),
        (BOM + b"a" + BOM + b"b", 0, 8, BOM, b"0:\n3:a\n7:b\n"),
        (BOM + b"a||b", 0, 7, b"||", b"0:a\n6:b\n"),
        (b"a||b||c", 2, 5, b"||", b"6:c\n"),
        (b"a||||b", 0, 2, b"||", b"0:a\n3:\n"),
        (b"a||||b", 2, 4, b"||", b"4:|b\n"),
        (b"a|b||c||d", 0, 2, b"||", b"0:a|b\n"),
        (b"aaaaab", 0, 6, b"aa", b"0:\n2:\n4:ab\n"),
        (b"a\r\nb||\r\n||", 0, 10, b"||", b"0:a\r\nb\n6:\r\n\n"),
        (b"x||y||z", 1, 1, b"||", b"3:y\n"),
        (b"xxxx||y||z", 2, 3, b"||", b"6:y\n"),
    ],
)
def test_delimiters(
    file: Path, data: bytes, start: int, length: int, delimiter: bytes, written: bytes
):
    rules = InputRules(ignore_key=False, pairs=PairFormat(separator=b":"), delimiter=delimiter)
    for buffers in (tiny_buffers, nullcontext):
        with buffers():
            assert fed_stretch(file, data, start, length, rules) == written


@pytest.mark.parametrize(
    ("data", "start", "length", "longest", "written"),
    [
        (b"ab\nabc\nabcd\n", 0, 12, 4, b"0:ab\n"),
        (b"abc", 0, 3, 3, b""),
        (b"abc", 0, 3, 4, b"0:abc\n"),
        (b"abcdefgh\nij\n", 0, 4, 3, b""),
        # Reading stops where the split does; what is left of the line is taken for a line.
        (b"abcdefgh\nij\n", 0, 7, 3, b"7:h\n"),
        (b"abcdefgh\nij\n", 0, 8, 3, b"8:\n"),
        (b"abcdefgh\nij\n", 2, 4, 3, b""),
        (b"abcdefg\r\nij\n", 0, 8, 3, b""),
    ],
)
def test_lines_that_are_too_long(
    file: Path, data: bytes, start: int, length: int, longest: int, written: bytes
):
    rules = InputRules(ignore_key=False, pairs=PairFormat(separator=b":"), longest_line=longest)
    for buffers in (tiny_buffers, nullcontext):
        with buffers():
            assert fed_stretch(file, data, start, length, rules) == written


def test_a_line_may_be_longer_than_every_buffer(file: Path):
    data = b"short\n" + b"long " * 300_000 + b"\rlast"
    written = data.replace(b"\r", b"\n") + b"\n"
    assert fed_stretch(file, data, 0, len(data), PLAIN) == written
    keyed = fed_stretch(file, data, 3, len(data) - 3, KEYS)
    assert keyed == b"6:" + b"long " * 300_000 + b"\n1500007:last\n"


# Pairs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", [Reader.LINES, Reader.KEY_VALUE])
@pytest.mark.parametrize("pipe", Pipe)
@pytest.mark.parametrize("ignore_key", [False, True])
def test_pairs_on_all_pipes(file: Path, pipe: Pipe, reader: Reader, ignore_key: bool):
    lines = [b"a\tb\tc", b"", b"no tab", b"\t", b"x" * 127 + b"\t" + b"y" * 300, b"z" * 70_000]
    data = b"\r\n".join(lines)
    written = b""
    offset = 0
    for line in lines:
        key, _, value = line.partition(b"\t")
        if reader is Reader.LINES:
            written += _model_pair(pipe, None if ignore_key else offset, line)
        else:
            written += _model_pair(pipe, None if ignore_key else key, value)
        offset += len(line) + 2
    rules = with_pipe(pipe, ignore_key=ignore_key, reader=reader)
    assert fed_stretch(file, data, 0, len(data), rules) == written


def _model_pair(pipe: Pipe, key: int | bytes | None, value: bytes) -> bytes:
    shown = b"%d" % key if isinstance(key, int) else key
    if pipe is Pipe.TEXT:
        return (b"" if shown is None else shown + b"\t") + value + b"\n"
    if pipe is Pipe.KEY_ONLY_TEXT:
        return b"" if shown is None else shown + b"\n"
    write: Callable[[int | bytes], bytes] = {
        Pipe.RAW_BYTES: _raw,
        Pipe.TYPED_BYTES: _typed,
        Pipe.PAIRS: _sized_text,
    }[pipe]
    return (b"" if key is None else write(key)) + write(value)


def _raw(item: int | bytes) -> bytes:
    if isinstance(item, int):
        return struct.pack(">iq", 8, item)
    size = len(item)
    if size <= 127:
        length = bytes([size])
    elif size <= 255:
        length = b"\x8f" + bytes([size])
    else:
        length = b"\x8e" + struct.pack(">H", size) if size < 65536 else b"\x8d\x01\x11\x70"
    return struct.pack(">i", len(length) + size) + length + item


def _typed(item: int | bytes) -> bytes:
    if isinstance(item, int):
        return struct.pack(">bq", 4, item)
    return struct.pack(">bi", 7, len(item)) + item


def _sized_text(item: int | bytes) -> bytes:
    text = b"%d" % item if isinstance(item, int) else item
    return struct.pack(">i", len(text)) + text


def test_typed_bytes_hold_utf8(file: Path):
    data = b"a\n\xff\xed\xa0\x80\n\xc3\xa9"
    written = fed_stretch(file, data, 0, len(data), with_pipe(Pipe.TYPED_BYTES, ignore_key=True))
    bad = b"\xef\xbf\xbd" * 2
    assert written == b"\7\0\0\0\1a\7\0\0\0\6" + bad + b"\7\0\0\0\2\xc3\xa9"


def test_key_separators_of_one_byte_and_any_other(file: Path):
    rules = InputRules(
        reader=Reader.KEY_VALUE,
        key_separator=b"=",
        ignore_key=False,
        pairs=PairFormat(separator=b" -> "),
    )
    assert fed_stretch(file, b"a=1=2\nb\n", 0, 8, rules) == b"a -> 1=2\nb -> \n"


def test_delimited_records_have_all_forms(file: Path):
    rules = InputRules(
        reader=Reader.KEY_VALUE, delimiter=b";", longest_line=5, pairs=PairFormat(Pipe.PAIRS)
    )
    assert fed_stretch(file, b"a\tb;long one;c\td", 0, 16, rules) == b"\0\0\0\1b\0\0\0\1d"


# Several pieces, compressed inputs ------------------------------------------------------------


def test_each_piece_is_read_by_itself(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"1\n2\n3")
    (tmp_path / "b").write_bytes(BOM + b"4\n")
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    split = Split(a, 0, 2, (Split(b, 0, 5), Split(a, 2, 3)))
    written, feed = fed(split, KEYS)
    assert written == b"0:1\n2:2\n0:4\n4:3\n"
    assert (feed.reading.records, feed.reading.bytes) == (4, 5 + 5 + 3)


UNPACKED = BOM + b"a\r\nb\rlast " + b"x\n" * 70_000 + b"end"
WRITTEN = b"a\nb\nlast " + b"x\n" * 70_000 + b"end\n"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.gz", gzip(UNPACKED)),
        ("x.gz", gzip(UNPACKED[:10]) + gzip(b"") + gzip(UNPACKED[10:])),
        ("x.bz2", bz2.compress(UNPACKED)),
        ("x.bz2", bz2.compress(UNPACKED[:2]) + bz2.compress(UNPACKED[2:])),
        ("x.deflate", zlib.compress(UNPACKED)),
        ("x.deflate", zlib.compress(UNPACKED[:2]) + zlib.compress(UNPACKED[2:])),
        ("x.zst", zstandard.compress(UNPACKED)),
        ("x.zst", zstandard.compress(UNPACKED[:2]) + zstandard.compress(UNPACKED[2:])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_compressed_inputs(tmp_path: Path, name: str, data: bytes):
    path = tmp_path / name
    path.write_bytes(data)
    for length in (len(data), None):
        written, feed = fed(Split(str(path), 0, length), PLAIN)
        assert written == WRITTEN
        assert feed.reading.bytes == len(data)
    keyed = fed(Split(str(path)), KEYS)[0]
    assert keyed.startswith(b"0:a\n6:b\n8:last x\n15:x\n")


# Inputs that go wrong -------------------------------------------------------------------------


def test_inputs_that_cannot_be_read(tmp_path: Path):
    (tmp_path / "x.snappy").touch()
    for name, text in ((".", "directory"), ("none", "No such file"), ("x.snappy", "no library")):
        with pytest.raises(InputError, match=text):
            fed(Split(str(tmp_path / name)), PLAIN)


def test_broken_compressed_inputs(tmp_path: Path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip(UNPACKED)[:-3])
    with pytest.raises(BadInput, match="cannot be unpacked") as caught:
        fed(Split(str(path)), PLAIN)
    assert f"{path}: " in str(caught.value)


@pytest.mark.parametrize(
    "rules",
    [
        InputRules(ignore_key=False),
        InputRules(delimiter=b";"),
        InputRules(Reader.XML, begin=b"a", end=b"z"),
    ],
    ids=["with its offset", "delimited", "xml"],
)
def test_records_must_fit_into_the_memory(file: Path, rules: InputRules):
    file.write_bytes(b"a" * 100)
    with tiny_buffers(), pytest.raises(RecordTooLong, match="more than 40 bytes"):
        RecordFeed(Split(str(file)), Path, rules, limit=40)(-1)


def is_open(path: Path) -> bool:
    """True if a descriptor of this process is that of *path*."""
    for name in os.listdir("/dev/fd"):
        try:
            if os.path.samestat(os.fstat(int(name)), path.stat()):
                return True
        except OSError:
            pass  # that of the list itself
    return False


def test_a_program_that_reads_no_more(file: Path):
    file.write_bytes(b"0123456789\n" * 100_000)
    feed = RecordFeed(Split(str(file)), Path, PLAIN)
    read_end, write_end = os.pipe()
    os.close(read_end)
    with pytest.raises(BrokenPipeError) as caught:
        feed(write_end)
    assert not is_open(file), caught  # by the error, which knows who has read it
    os.close(write_end)
    assert feed.reading.records > 0
