"""Typed bytes: where values end, and what Java's toString makes of them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.record import typed_bytes
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.record.typed_bytes import end_of, text_of
from hadoopless.java.double import double_text, float_text
from hadoopless.java.text import text as decoded

NAN = float("nan")
INFINITY = float("inf")


def string(text: str) -> bytes:
    return b"\x07" + with_length(text.encode())


def with_length(data: bytes) -> bytes:
    return struct.pack(">i", len(data)) + data


def double(number: float) -> bytes:
    return b"\x06" + struct.pack(">d", number)


def vector(*items: bytes) -> bytes:
    return b"\x08" + struct.pack(">i", len(items)) + b"".join(items)


def listed(*items: bytes) -> bytes:
    return b"\x09" + b"".join(items) + b"\xff"


def mapped(*entries: tuple[bytes, bytes]) -> bytes:
    items = [item for entry in entries for item in entry]
    return b"\x0a" + struct.pack(">i", len(entries)) + b"".join(items)


#: The results of TypedBytesWritable.toString of Hadoop 3.3.4.
VALUES = [
    (b"\0" + with_length(b"a\xff\0"), "61ff00"),
    (b"\0" + with_length(b""), ""),
    (b"\x01\xff", "-1"),
    (b"\x02\x00", "false"),
    (b"\x02\x02", "true"),
    (b"\x03\xff\xff\xff\xfe", "-2"),
    (b"\x04\x7f" + b"\xff" * 7, "9223372036854775807"),
    (b"\x05" + struct.pack(">f", 1.1), "1.1"),
    (double(1e7), "1.0E7"),
    (string("é\U0001f600"), "é\U0001f600"),
    (b"\x07" + with_length(b"\xff\xed\xa0\x80"), "\ufffd\ufffd"),
    (vector(), "[]"),
    (vector(string("a"), vector(b"\x01\x05")), "[a, [5]]"),
    (listed(string("a"), listed()), "[a, []]"),
    (mapped(), "{}"),
    (vector(b"\x08\xff\xff\xff\xff", b"\x0a\x80\0\0\0"), "[[], {}]"),
    (mapped((string("b"), b"\x01\1"), (string("a"), b"\x01\2")), "{a=2, b=1}"),
    # As UTF-16, a surrogate sorts before U+FFFD.
    (
        mapped((string("\ufffd"), b"\x01\1"), (string("\U00010000"), b"\x01\2")),
        "{\U00010000=2, \ufffd=1}",
    ),
    (mapped((b"\x01\5", string("old")), (b"\x01\5", string("new"))), "{5=new}"),
    (
        mapped(*[(double(key), b"\x01\0") for key in (NAN, 0.0, -0.0, INFINITY, -INFINITY, NAN)]),
        "{-Infinity=0, -0.0=0, 0.0=0, Infinity=0, NaN=0}",
    ),
    (
        mapped((b"\0" + with_length(b"\xff"), b"\x01\0"), (b"\x32" + with_length(b"a"), b"\x01\1")),
        "{61=1, ff=0}",
    ),
    (b"\x32" + with_length(b"ab"), "6162"),
    (b"\xc8" + with_length(b""), ""),
]


@pytest.mark.parametrize(("data", "shown"), VALUES)
def test_values_are_shown_as_java_does(data: bytes, shown: str) -> None:
    assert text_of(data) == shown
    assert text_of(memoryview(data)) == shown


@pytest.mark.parametrize("data", [data for data, _ in VALUES])
def test_values_end_where_they_end(data: bytes) -> None:
    assert end_of(data, 0) == len(data)
    assert end_of(b"before" + data + b"behind", 6) == 6 + len(data)
    for size in range(len(data)):
        assert end_of(data[:size], 0) is None


@pytest.mark.parametrize(
    "data",
    [
        b"\x0b",
        b"\x31",
        b"\xc9\0\0\0\0",
        b"\xff",
        b"\x07\xff\xff\xff\xff",
        vector(b"\xff"),
        b"\x09" * 9999,
    ],
)
def test_bytes_that_are_no_value_are_an_error(data: bytes) -> None:
    with pytest.raises(BadOutput):
        end_of(data, 0)


def test_values_in_too_many_others() -> None:
    data = string("")
    for _ in range(900):
        data = mapped((string(""), data))
    with pytest.raises(BadOutput, match="nested too deeply"):
        text_of(data)


@pytest.mark.parametrize(
    "entries", [[(vector(), string(""))], [(string(""), string("")), (b"\x01\0", string(""))]]
)
def test_keys_of_maps_must_be_comparable(entries: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(BadOutput, match="cannot be compared"):
        text_of(mapped(*entries))


ITEMS = st.recursive(
    st.one_of(
        st.binary(max_size=4).map(lambda data: b"\0" + with_length(data)),
        st.text(max_size=4).map(string),
        st.integers(-128, 127).map(lambda number: b"\x01" + struct.pack(">b", number)),
        st.floats().map(double),
    ),
    lambda items: st.one_of(
        st.lists(items, max_size=3).map(lambda values: vector(*values)),
        st.lists(items, max_size=3).map(lambda values: listed(*values)),
        st.lists(st.tuples(items, items), max_size=3).map(lambda entries: mapped(*entries)),
    ),
    max_leaves=10,
)


@given(items=st.lists(ITEMS, max_size=5))
def test_values_follow_each_other(items: list[bytes]) -> None:
    data = b"".join(items)
    at = 0
    for item in items:
        end = end_of(data, at)
        assert end == at + len(item)
        at = end
    assert end_of(data, at) is None


def test_values_are_made() -> None:
    assert typed_bytes.of_text(b"a\xff") == string("a\ufffd")
    assert typed_bytes.of_bytes(b"a\xff") == b"\0\0\0\0\2a\xff"
    assert typed_bytes.of_long(bytes(8)) == b"\4" + bytes(8)
    assert typed_bytes.of_class("x.Y") == b"\x32\0\0\0\7\0\0\0\3x.Y"


#: The results of Double.toString of Java 17.
DOUBLES = [
    (0.0, "0.0"),
    (-0.0, "-0.0"),
    (3.0, "3.0"),
    (-123.456, "-123.456"),
    (0.1 + 0.2, "0.30000000000000004"),
    (0.001, "0.001"),
    (0.00099, "9.9E-4"),
    (9999999.0, "9999999.0"),
    (1e7, "1.0E7"),
    (1e10, "1.0E10"),
    (123456789.125, "1.23456789125E8"),
    (1.5e300, "1.5E300"),
    (1.7976931348623157e308, "1.7976931348623157E308"),
    (5e-324, "4.9E-324"),
    (2.0**53, "9.007199254740992E15"),
    (2.0**-44, "5.6843418860808015E-14"),  # a digit more than needed
    (1953029976007279360.0, "1.95302997600727936E18"),
    (-6723898045025485824.0, "-6.7238980450254858E18"),
    (NAN, "NaN"),
    (-INFINITY, "-Infinity"),
]


@pytest.mark.parametrize(("number", "shown"), DOUBLES)
def test_doubles_are_shown_as_java_does(number: float, shown: str) -> None:
    assert double_text(number) == shown


#: The results of Float.toString of Java 17.
FLOATS = [
    (0.0, "0.0"),
    (1.1, "1.1"),
    (16777216.0, "1.6777216E7"),
    (2.0**83, "9.6714065E24"),  # the second best: an overflow
    (2.0**-44, "5.684342E-14"),
    (-5.745799e18, "-5.7457987E18"),
    (1.79847864e10, "1.79847864E10"),
    (2.0**-149, "1.4E-45"),
    (3.4028234663852886e38, "3.4028235E38"),
    (-0.0, "-0.0"),
    (NAN, "NaN"),
    (INFINITY, "Infinity"),
]


@pytest.mark.parametrize(("number", "shown"), FLOATS)
def test_floats_are_shown_as_java_does(number: float, shown: str) -> None:
    single = struct.unpack(">f", struct.pack(">f", number))[0]
    assert float_text(single) == shown


@given(st.floats(allow_nan=False))
def test_doubles_are_read_back(number: float) -> None:
    assert float(double_text(number)) == number


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\xc3\xa9", "aé"),
        (b"\xed\xa0\x80.", "\ufffd."),
        (b"\xed\xa0.", "\ufffd."),
        (b"\xe1\x80.", "\ufffd."),
        (b"\xc0\x80", "\ufffd\ufffd"),
        (b"\xf0\x80\x80", "\ufffd\ufffd\ufffd"),
        (b"\xf1\x80\x80", "\ufffd"),
    ],
)
def test_broken_utf8_is_replaced_as_java_does(data: bytes, text: str) -> None:
    assert decoded(data) == text
