"""A program's stdout goes into an output file as Hadoop's TextOutputFormat writes it."""

from __future__ import annotations

import bz2
import gzip
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.output import reduce_output, text_output
from hadoopless.data.output.commit import PendingOutput
from hadoopless.data.output.text_output import OutputCounts, write_output
from hadoopless.data.record.layout import BadOutput
from hadoopless.errors import DiskError
from hadoopless.faults import RecordTooLong
from hadoopless.rules import Codec, OutputRules, PairFormat, Pipe
from tests.data.samples import HOSTILE, hostile, reader
from tests.disks import largest_file

TEXT = PairFormat()
KEY_ONLY = PairFormat(Pipe.KEY_ONLY_TEXT)
RAW = PairFormat(Pipe.RAW_BYTES)
TYPED = PairFormat(Pipe.TYPED_BYTES)
PAIRS = PairFormat(Pipe.PAIRS)
NULL = b"\xff\xff\xff\xff"
TABS = OutputRules()
COMMA = OutputRules(separator=b",")


def with_length(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def string(text: bytes) -> bytes:
    return b"\x07" + with_length(text)


class File:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.content = b""

    def write(self, data: memoryview) -> None:
        self.content += data


def output_of(
    stdout: bytes,
    source: PairFormat = TEXT,
    output: OutputRules = TABS,
    sizes: Sequence[int] = (1 << 20,),
    max_record: int = 1 << 30,
) -> tuple[bytes, OutputCounts]:
    file = File()
    counts = write_output(reader(stdout, sizes), source, output, file.write, max_record=max_record)
    return file.content, counts


#: A program's stdout, the format in which it is read, the output's separator, the file. Those
#: with TABs are cases that a real Hadoop 3.3.4 was asked for, the others are by its sources.
RULES = [
    # TextOutputReader: without a separator, the value is an empty Text, not null
    (b"b\na\tx\n", TEXT, b"\t", b"b\t\na\tx\n"),
    (b"a\tx\ty", TEXT, b"\t", b"a\tx\ty\n"),
    (b"\n\n", TEXT, b"\t", b"\t\n\t\n"),
    (b"", TEXT, b"\t", b""),
    # LineReader: CR and CRLF end a line
    (b"a\rb\tx\r\nc\r", TEXT, b"\t", b"a\t\nb\tx\nc\t\n"),
    (b"a\n\rb\r\r\n", TEXT, b"\t", b"a\t\n\t\nb\t\n\t\n"),
    (b"a::1::x\nb:2\n", PairFormat(separator=b"::"), b"\t", b"a\t1::x\nb:2\t\n"),
    (b"a-b-c\n", PairFormat(separator=b"-", key_fields=2), b"|", b"a-b|c\n"),
    (b"a-b\n", PairFormat(separator=b"-", key_fields=2), b"|", b"a-b|\n"),
    (b"a-b--c\n", PairFormat(separator=b"-", key_fields=3), b"|", b"a-b-|c\n"),
    (b"aaaa\n", PairFormat(separator=b"aa", key_fields=2), b"|", b"aa|\n"),
    (b"a\tx\n", PairFormat(key_fields=0), b",", b"a,x\n"),
    (b"a\tx\n\n", PairFormat(separator=b""), b",", b",a\tx\n,\n"),
    (b"a\tx\n", TEXT, b"", b"ax\n"),
    # KeyOnlyTextOutputReader: the value is null
    (b"a\tb\r\n\nc", KEY_ONLY, b",", b"a\tb\n\nc\n"),
    # RawBytesOutputReader: BytesWritable.toString
    (with_length(b"a\n") + with_length(b"\xff"), RAW, b"\t", b"61 0a\tff\n"),
    (with_length(b"") + with_length(b""), RAW, b"\t", b"\t\n"),
    (with_length(b"a") + with_length(b"b") + b"\0\0\0", RAW, b"\t", b"61\t62\n"),
    (with_length(b"a") + with_length(b"b") + NULL + b"rest", RAW, b"\t", b"61\t62\n"),
    # TypedBytesOutputReader: TypedBytesWritable.toString
    (string(b"a") + b"\x03\xff\xff\xff\xfe", TYPED, b"\t", b"a\t-2\n"),
    (string(b"a") + string(b"b") + b"\xff rest", TYPED, b"\t", b"a\tb\n"),
    (with_length(b"a\n") + with_length(b"\t"), PAIRS, b"=", b"a\n=\t\n"),
    (with_length(b"a") + NULL + with_length(b"") + with_length(b""), PAIRS, b"=", b"a\n=\n"),
]


@pytest.mark.parametrize(("stdout", "source", "separator", "expected"), RULES)
def test_files_are_written_as_hadoop_does(
    stdout: bytes, source: PairFormat, separator: bytes, expected: bytes
) -> None:
    content, counts = output_of(stdout, source, OutputRules(separator=separator))
    assert content == expected
    assert counts.bytes == len(expected)


def lines_of(stdout: bytes) -> list[bytes]:
    lines = stdout.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    return lines if lines[-1] else lines[:-1]


def model(stdout: bytes, source: PairFormat, separator: bytes) -> bytes:
    result = b""
    for line in lines_of(stdout):
        fields = line.split(source.separator)
        key = source.separator.join(fields[: source.key_fields])
        value = source.separator.join(fields[source.key_fields :])
        result += key + separator + value + b"\n"
    return result


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)
SEPARATORS = st.sampled_from([b"\t", b",", b"::", b"aba", b"\xff\0"])


@given(
    stdout=hostile(HOSTILE + "\t\t\n\n\r,::", 80),
    source=st.builds(
        lambda separator, fields: PairFormat(separator=separator, key_fields=fields),
        SEPARATORS,
        st.integers(1, 3),
    ),
    separator=st.one_of(SEPARATORS, st.just(b"")),
    sizes=SIZES,
    room=st.integers(1, 60),
)
def test_lines_in_any_pieces(
    stdout: bytes, source: PairFormat, separator: bytes, sizes: list[int], room: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_output, "PIECE", room)
        patch.setattr(reduce_output, "PIECE", room)
        content, counts = output_of(stdout, source, OutputRules(separator=separator), sizes)
    assert content == model(stdout, source, separator)
    assert counts == OutputCounts(len(lines_of(stdout)), len(content))


ANY_BYTES = hostile(HOSTILE + "\t\n", 12)
ANY_PAIRS = st.lists(st.tuples(ANY_BYTES, st.none() | ANY_BYTES), max_size=20)


@given(pairs=ANY_PAIRS, sizes=SIZES, room=st.integers(1, 60))
def test_pairs_in_any_pieces(
    pairs: list[tuple[bytes, bytes | None]], sizes: list[int], room: int
) -> None:
    stdout = b"".join(
        with_length(key) + (NULL if value is None else with_length(value)) for key, value in pairs
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_output, "PIECE", room)
        patch.setattr(reduce_output, "PIECE", room)
        content, counts = output_of(stdout, PAIRS, COMMA, sizes)
    assert content == b"".join(
        key + (b"" if value is None else b"," + value) + b"\n" for key, value in pairs
    )
    assert counts.records == len(pairs)


@given(pairs=st.lists(st.tuples(ANY_BYTES, ANY_BYTES), max_size=20), sizes=SIZES)
def test_pairs_that_are_no_text_in_any_pieces(
    pairs: list[tuple[bytes, bytes]], sizes: list[int]
) -> None:
    raw = b"".join(with_length(part) for pair in pairs for part in pair)
    typed = b"".join(b"\0" + with_length(part) for pair in pairs for part in pair)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_output, "PIECE", 10)
        raw_content, _ = output_of(raw, RAW, COMMA, sizes)
        typed_content, counts = output_of(typed, TYPED, COMMA, sizes)
    assert raw_content == b"".join(
        b"%b,%b\n" % (key.hex(" ").encode(), value.hex(" ").encode()) for key, value in pairs
    )
    assert typed_content == raw_content.replace(b" ", b"")
    assert counts.records == len(pairs)


def test_lines_may_be_longer_than_all_buffers() -> None:
    stdout = b"k" * 3_000_000 + b"\t" + b"v" * 3_000_000 + b"\n" + b"x" * 3_000_000
    for output in (OutputRules(), COMMA):
        content, counts = output_of(stdout, TEXT, output, (1 << 16,))
        assert content == model(stdout, TEXT, output.separator)
        assert counts.records == 2


@pytest.mark.parametrize(
    ("stdout", "source"),
    [
        (b"x" * 101, TEXT),
        (b"x" * 101, KEY_ONLY),
        (with_length(bytes(100)) + with_length(b""), RAW),
        (with_length(bytes(100)) + NULL, PAIRS),
        (string(bytes(100)) + string(b""), TYPED),
    ],
)
def test_pairs_may_not_be_longer_than_memory(stdout: bytes, source: PairFormat) -> None:
    with pytest.raises(RecordTooLong):
        output_of(stdout, source, max_record=100)


@pytest.mark.parametrize(
    ("stdout", "source"),
    [
        (with_length(b"a"), RAW),
        (with_length(b"a") + NULL, RAW),
        (with_length(b"abc")[:-1], RAW),
        (with_length(b"a"), PAIRS),
        (b"\0", PAIRS),
        (string(b"a"), TYPED),
        (string(b"a") + b"\xff", TYPED),
        (b"\x0b", TYPED),
        (b"\x07" + NULL, TYPED),
    ],
)
def test_bytes_that_are_no_pairs_are_an_error(stdout: bytes, source: PairFormat) -> None:
    with pytest.raises(BadOutput):
        output_of(stdout, source)


def zstd_unpacked(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(data)


UNPACK: list[tuple[Codec, Callable[[bytes], bytes]]] = [
    (Codec.NONE, bytes),
    (Codec.DEFLATE, zlib.decompress),
    (Codec.GZIP, gzip.decompress),
    (Codec.BZIP2, bz2.decompress),
    (Codec.ZSTANDARD, zstd_unpacked),
]


@pytest.mark.parametrize(("codec", "unpack"), UNPACK)
def test_files_may_be_compressed(codec: Codec, unpack: Callable[[bytes], bytes]) -> None:
    chance = random.Random(1)
    stdout = b"".join(b"%d\t%d\n" % (chance.randrange(99), i) for i in range(50_000))
    output = OutputRules(codec=codec)
    content, counts = output_of(stdout, TEXT, output)
    assert unpack(content) == stdout
    assert counts == OutputCounts(50_000, len(content))
    assert output_of(stdout, TEXT, output, (1 << 14,))[0] == content


@pytest.mark.parametrize(("codec", "unpack"), UNPACK)
def test_empty_files_can_be_unpacked(codec: Codec, unpack: Callable[[bytes], bytes]) -> None:
    content, counts = output_of(b"", TEXT, OutputRules(codec=codec))
    assert unpack(content) == b""
    assert counts == OutputCounts(0, len(content))


def test_compressed_files_hold_no_time() -> None:
    content, _ = output_of(b"a\n", TEXT, OutputRules(codec=Codec.GZIP))
    assert content[4:8] == bytes(4)


@pytest.mark.parametrize("source", [TEXT, KEY_ONLY])
def test_pairs_that_go_nowhere_are_counted(source: PairFormat) -> None:
    output = OutputRules(nothing=True, codec=Codec.GZIP)
    assert output_of(b"a\nb\tc\n", source, output) == (b"", OutputCounts(2, 0))


def test_lazy_files_are_not_begun_without_a_pair() -> None:
    lazy = OutputRules(lazy=True, codec=Codec.GZIP)
    assert output_of(b"", TEXT, lazy) == (b"", OutputCounts(0, 0))
    assert output_of(b"a\n", TEXT, lazy)[1].records == 1


def test_files_are_written_to(tmp_path: Path) -> None:
    with PendingOutput(tmp_path / "part-00000") as file:
        counts = write_output(reader(b"a\n"), TEXT, OutputRules(), file.write)
        file.commit()
    assert (tmp_path / "part-00000").read_bytes() == b"a\t\n"
    assert counts == OutputCounts(1, 3)


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with (
        PendingOutput(tmp_path / "part-00000") as file,
        largest_file(1),
        pytest.raises(DiskError, match=r"cannot write .*/part-00000: File too large"),
    ):
        write_output(reader(b"a\n"), TEXT, OutputRules(), file.write)
