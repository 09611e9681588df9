"""Numbers as Java 17 reads and writes them. All results were printed by Java."""

from __future__ import annotations

import random
import struct

import pytest

from hadoopless.java.double import double_text
from hadoopless.java.errors import JavaError
from hadoopless.java.numbers import parse_double
from hadoopless.java.text import parse_long, wrapped


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (3.0, "3.0"),
        (1e10, "1.0E10"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1 / 3, "0.3333333333333333"),
        (0.001, "0.001"),
        (0.0009, "9.0E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-12345678.9, "-1.23456789E7"),
        # Fewer digits would do, or nearer ones exist.
        (1e23, "9.999999999999999E22"),
        (2.0**62, "4.6116860184273879E18"),
        (5e-324, "4.9E-324"),
        (2.0**-44, "5.6843418860808015E-14"),
        (2.2250738585072014e-308, "2.2250738585072014E-308"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        # Integers of more bits than a double has.
        (9007199254740992.0, "9.007199254740992E15"),
        (2.0**63, "9.223372036854776E18"),
        (123456789012345678.0, "1.2345678901234568E17"),
        (2.0**53 - 1, "9.007199254740991E15"),
    ],
)
def test_double_to_string(number, shown):
    assert double_text(number) == shown


def test_every_text_of_a_double_means_that_double():
    chance = random.Random(4)
    for _ in range(3000):
        (number,) = struct.unpack(">d", struct.pack(">Q", chance.randrange(0x7FF << 52)))

        assert float(double_text(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", 1.5),
        (" \t2\x1f", 2.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("+1e3", 1000.0),
        ("-1E-3", -0.001),
        ("1d", 1.0),
        ("1.5F", 1.5),
        ("Infinity", float("inf")),
        ("-Infinity", float("-inf")),
        ("1e400", float("inf")),
        ("0x1p3", 8.0),
        ("-0x.8p1d", -1.0),
        ("0x1p2000", float("inf")),
    ],
)
def test_parse_double(text, number):
    assert parse_double(text.encode()) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", 'For input string: "x"'),
        (" x ", 'For input string: "x"'),
        ("", "empty String"),
        (" ", "empty String"),
        ("1.2.3", "multiple points"),
        ("1_0", 'For input string: "1_0"'),
        ("nan", 'For input string: "nan"'),
        ("inf", 'For input string: "inf"'),
        ("1dd", 'For input string: "1dd"'),
        ("0x1", 'For input string: "0x1"'),
        ("٣", 'For input string: "٣"'),
    ],
)
def test_parse_double_refuses(text, message):
    with pytest.raises(JavaError) as error:
        parse_double(text.encode())
    assert str(error.value) == f"java.lang.NumberFormatException: {message}"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("0" * 5000 + "1", 1),
        ("-0", 0),
        ("٣", 3),  # digits of any script
    ],
)
def test_parse_long(text, number):
    assert parse_long(text.encode()) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        " 1",
        "1 ",
        "1.0",
        "1_0",
        "0x1",
        "9223372036854775808",
        "9" * 5000,
        "-9223372036854775809",
        "\U0001d7ce",
    ],
)
def test_parse_long_refuses(text):
    with pytest.raises(JavaError) as error:
        parse_long(text.encode())
    assert str(error.value) == f'java.lang.NumberFormatException: For input string: "{text}"'


def test_a_long_overflows():
    assert wrapped((1 << 63) - 1 + 1) == -(1 << 63)
    assert wrapped(-(1 << 63) - 1) == (1 << 63) - 1
    assert wrapped(5) == 5
