"""A program's stdin gets records as Hadoop's InputWriters write them, whatever the pieces."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import cycle, groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.machine.buffers import address_of, new_buffer
from hadoopless.data.merge import reduce_input
from hadoopless.data.merge.reduce_input import Kind, PairCounts, Types, stdin_pieces, types_of
from hadoopless.data.record import repeats
from hadoopless.job import Sum
from hadoopless.rules import PairFormat, Pipe
from tests.data.samples import HOSTILE, KEYS, VALUES, folded, hostile, joined, sum_of

Pair = tuple[bytes, bytes | None]

TEXT = PairFormat()
KEY_ONLY = PairFormat(Pipe.KEY_ONLY_TEXT)
RAW = PairFormat(Pipe.RAW_BYTES)
TYPED = PairFormat(Pipe.TYPED_BYTES)
PAIRS = PairFormat(Pipe.PAIRS)

NULL_CLASS = b"\0\0\0\x21org.apache.hadoop.io.NullWritable"

#: For records that are framed, of which nobody asks for a sum.
fed = partial(stdin_pieces, together=Sum())


def cut(data: bytes, sizes: Sequence[int]) -> Iterator[memoryview]:
    """*data* in pieces of *sizes*, round and round, in one buffer that is overwritten each time."""
    buffer = new_buffer(max(sizes))
    lengths = cycle(sizes)
    at = 0
    while at < len(data):
        piece = data[at : at + next(lengths)]
        buffer[:] = ord("#")
        buffer.data[: len(piece)] = piece
        yield buffer.data[: len(piece)]
        at += len(piece)


def plain(pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(key + b"\t" + value + b"\n" for key, value in pairs)


def framed(pairs: Iterable[Pair], sort_key: bytes = b"") -> bytes:
    return b"".join(
        struct.pack("<III", len(sort_key), len(key), 0xFFFFFFFF if value is None else len(value))
        + sort_key
        + key
        + (value or b"")
        for key, value in pairs
    )


def string(text: bytes) -> bytes:
    return b"\x07" + with_length(text)


def with_length(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def written(
    data: bytes,
    sizes: Sequence[int] = (1 << 10,),
    *,
    is_framed: bool = True,
    source: PairFormat = TEXT,
    target: PairFormat = TEXT,
) -> bytes:
    return joined(
        fed(
            cut(data, sizes),
            framed=is_framed,
            types=types_of(source),
            target=target,
            counts=PairCounts(),
            together=Sum(9, len(data)),
        )
    )


TYPED_PAIRS = [
    (b"\0\0\0\0\2xy", b"\x08\0\0\0\2" + string(b"q") + b"\x04" + b"\xff" * 8),
    (string(b"a"), b"\x03\0\0\0\x05"),
]
TYPED_PARTS = [part for pair in TYPED_PAIRS for part in pair]

#: As a real Hadoop 3.3.4 wrote them.
RULES = [
    (TEXT, TEXT, [(b"a\xff", b"v\xed\xa0\x80"), (b"b", b"")], b"a\xff\tv\xed\xa0\x80\nb\t\n"),
    (TEXT, KEY_ONLY, [(b"a\xff", b"v"), (b"b", b"")], b"a\xff\nb\n"),
    (
        TEXT,
        RAW,  # a Text is serialised: the length as vint
        [(b"a\xff", b"v\xed\xa0\x80"), (b"b", b"")],
        with_length(b"\2a\xff")
        + with_length(b"\4v\xed\xa0\x80")
        + with_length(b"\1b")
        + with_length(b"\0"),
    ),
    (
        TEXT,
        TYPED,
        [(b"a\xff", b"v\xed\xa0\x80"), (b"b", b"")],
        string("a\ufffd".encode()) + string("v\ufffd".encode()) + string(b"b") + string(b""),
    ),
    (KEY_ONLY, TEXT, [(b"a\tv", None), (b"b", None)], b"a\tv\t(null)\nb\t(null)\n"),
    (KEY_ONLY, KEY_ONLY, [(b"a\tv", None), (b"b", None)], b"a\tv\nb\n"),
    (KEY_ONLY, RAW, [(b"a\tv", None)], with_length(b"\3a\tv") + with_length(b"")),
    (KEY_ONLY, TYPED, [(b"b", None)], string(b"b") + b"\x32" + with_length(NULL_CLASS)),
    (RAW, TEXT, [(b"a\n", b"v\t"), (b"b", b"")], b"a\n\tv\t\nb\t\n"),
    (RAW, KEY_ONLY, [(b"a\n", b"v\t"), (b"b", b"")], b"a\n\nb\n"),
    (RAW, RAW, [(b"a\n", b"")], with_length(b"a\n") + with_length(b"")),
    (RAW, TYPED, [(b"a\n", b"")], b"\0" + with_length(b"a\n") + b"\0" + with_length(b"")),
    # TypedBytesWritable is a BytesWritable.
    (TYPED, TEXT, TYPED_PAIRS, plain(TYPED_PAIRS)),
    (TYPED, KEY_ONLY, TYPED_PAIRS, b"".join(key + b"\n" for key, _ in TYPED_PAIRS)),
    (TYPED, RAW, TYPED_PAIRS, b"".join(with_length(part) for part in TYPED_PARTS)),
    (TYPED, TYPED, TYPED_PAIRS, b"".join(TYPED_PARTS)),
]


@pytest.mark.parametrize(("source", "target", "pairs", "expected"), RULES)
def test_values_are_written_as_hadoop_does(
    source: PairFormat, target: PairFormat, pairs: Sequence[Pair], expected: bytes
) -> None:
    assert written(framed(pairs), source=source, target=target) == expected


#: The results of toString for pairs in each format.
SHOWN = [
    (TEXT, [(b"a\xff", b"")], with_length(b"a\xff") + with_length(b"")),
    (KEY_ONLY, [(b"a", None)], with_length(b"a") + b"\xff\xff\xff\xff"),
    (RAW, [(b"a\n", b"")], with_length(b"61 0a") + with_length(b"")),
    (TYPED, TYPED_PAIRS[:1], with_length(b"7879") + with_length(b"[q, -1]")),
]


@pytest.mark.parametrize(("source", "pairs", "expected"), SHOWN)
def test_programs_of_the_road_read_text(
    source: PairFormat, pairs: Sequence[Pair], expected: bytes
) -> None:
    assert written(framed(pairs), source=source, target=PAIRS) == expected


LONG_KEY = b"\xff" * 7 + b"\xfe"
LONGS = [
    (TEXT, b"-2\tv\n"),
    (KEY_ONLY, b"-2\n"),
    (RAW, with_length(LONG_KEY) + with_length(b"\1v")),
    (TYPED, b"\4" + LONG_KEY + string(b"v")),
    (PAIRS, with_length(b"-2") + with_length(b"v")),
]


@pytest.mark.parametrize(("target", "expected"), LONGS)
def test_keys_may_be_numbers(target: PairFormat, expected: bytes) -> None:
    pieces = cut(framed([(LONG_KEY, b"v")]), [5])
    types = Types(Kind.LONG, Kind.TEXT)
    got = fed(pieces, framed=True, types=types, target=target, counts=PairCounts())
    assert joined(got) == expected


@pytest.mark.parametrize(
    ("length", "vint"), [(127, b"\x7f"), (128, b"\x8f\x80"), (255, b"\x8f\xff"), (256, b"\x8e\1\0")]
)
def test_texts_are_serialised_with_their_length(length: int, vint: bytes) -> None:
    expected = with_length(vint + bytes(length)) + with_length(b"\0")
    assert written(framed([(bytes(length), b"")]), target=RAW) == expected


def model(pairs: list[Pair], target: PairFormat) -> bytes:
    """The bytes that a program reads of pairs of texts, or of bytes if *target* is RAW."""
    if target.pipe is Pipe.TEXT:
        return b"".join(
            key + target.separator + (b"(null)" if value is None else value) + b"\n"
            for key, value in pairs
        )
    if target.pipe is Pipe.KEY_ONLY_TEXT:
        return b"".join(key + b"\n" for key, _ in pairs)
    null = b"\xff\xff\xff\xff" if target.pipe is Pipe.PAIRS else bytes(4)
    return b"".join(
        with_length(key) + (null if value is None else with_length(value)) for key, value in pairs
    )


#: Few different keys, so that there are groups.
GROUPED_KEYS = st.one_of(st.sampled_from([b"", b"a", b"ab", b"a" * 9]), KEYS)
PLAIN_PAIRS = st.lists(st.tuples(GROUPED_KEYS, VALUES), max_size=20)
ANY_BYTES = hostile(HOSTILE + "\t\n", 12)
FRAMED_PAIRS = st.lists(
    st.tuples(st.one_of(GROUPED_KEYS, ANY_BYTES), st.none() | ANY_BYTES), max_size=20
)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=4)
SEPARATORS = st.sampled_from([b"\t", b"", b",", b"::", b"a separator of many bytes"])
TARGETS = st.one_of(
    SEPARATORS.map(lambda separator: PairFormat(separator=separator)),
    st.sampled_from([KEY_ONLY, PAIRS]),
)


def check_counts(counts: PairCounts, pairs: Sequence[Pair]) -> None:
    assert counts.records == len(pairs)
    assert counts.groups == len(list(groupby(key for key, _ in pairs)))


@given(
    pairs=PLAIN_PAIRS,
    times=st.sampled_from([1, 1, 2, 65]),
    sizes=SIZES,
    target=TARGETS,
    room=st.integers(1, 60),
)
def test_plain_records_in_any_pieces(
    pairs: list[tuple[bytes, bytes]], times: int, sizes: list[int], target: PairFormat, room: int
) -> None:
    counts = PairCounts()
    pairs = [pair for pair in pairs for _ in range(times)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduce_input, "PIECE", room)
        patch.setattr(repeats, "PIECE", room)
        records = [plain([pair]) for pair in pairs]
        got = stdin_pieces(
            cut(folded(records), sizes),
            framed=False,
            types=Types(),
            target=target,
            counts=counts,
            together=sum_of(records),
        )
        assert joined(got) == model(list(pairs), target)
    check_counts(counts, pairs)


@given(
    pairs=FRAMED_PAIRS,
    sort_key=st.sampled_from([b"", b"s", b"sort key"]),
    sizes=SIZES,
    target=st.one_of(TARGETS, st.just(RAW)),
    room=st.integers(1, 60),
)
def test_framed_records_in_any_pieces(
    pairs: list[Pair], sort_key: bytes, sizes: list[int], target: PairFormat, room: int
) -> None:
    counts = PairCounts()
    types = types_of(RAW if target is RAW else TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduce_input, "PIECE", room)
        pieces = cut(framed(pairs, sort_key), sizes)
        got = fed(pieces, framed=True, types=types, target=target, counts=counts)
        assert joined(got) == model(pairs, target)
    check_counts(counts, pairs)


@given(pairs=FRAMED_PAIRS, sizes=SIZES)
def test_converted_records_are_counted_too(pairs: list[Pair], sizes: list[int]) -> None:
    counts = PairCounts()
    pieces = cut(framed(pairs), sizes)
    got = fed(pieces, framed=True, types=types_of(RAW), target=PAIRS, counts=counts)
    shown = [
        (key.hex(" ").encode(), None if value is None else value.hex(" ").encode())
        for key, value in pairs
    ]
    assert joined(got) == model(shown, PAIRS)
    check_counts(counts, pairs)


def test_plain_text_is_not_copied() -> None:
    pieces = list(cut(plain([(b"a", b"1"), (b"b", b"2")]), [100]))
    got = stdin_pieces(
        pieces,
        framed=False,
        types=Types(),
        target=TEXT,
        counts=PairCounts(),
        together=Sum(2, 8),
    )
    assert [(address_of(piece), len(piece)) for piece in got] == [
        (address_of(piece), len(piece)) for piece in pieces
    ]


def test_records_may_be_longer_than_all_buffers() -> None:
    pairs = [(b"k" * 3_000_000, b"v" * 3_000_000), (b"k" * 3_000_000, b"")]
    for is_framed, data in [(False, plain(pairs)), (True, framed(pairs))]:
        for target in (TEXT, PairFormat(separator=b","), PAIRS):
            counts = PairCounts()
            got = fed(
                cut(data, [1 << 20]),
                framed=is_framed,
                types=Types(),
                target=target,
                counts=counts,
                together=Sum(2, len(data)),
            )
            assert joined(got) == model(list(pairs), target)
            assert counts == PairCounts(2, 1)


@pytest.mark.parametrize("is_framed", [False, True])
def test_half_a_record_is_an_error(is_framed: bool) -> None:
    data = framed([(b"key", b"value")]) if is_framed else plain([(b"key", b"value")])
    with pytest.raises(EOFError, match="within a record"):
        written(data[:-1], is_framed=is_framed)
