"""Text as Java 17 has it."""

from __future__ import annotations

import pytest

from hadoopless.java.text import order, text, valid


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain", "plain"),
        ("é中\U0001f600".encode(), "é中\U0001f600"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xe4\xb8", "\ufffd"),
        (b"\xe4\xb8x", "\ufffdx"),
        (b"\xe0\x80\x80", "\ufffd\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd"),  # Python alone would say three times that
        (b"\xed\xa0x", "\ufffdx"),
        (b"\xed\x9f\xbf", "\ud7ff"),
        (b"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"),
        (b"\xf8\x88", "\ufffd\ufffd"),
    ],
)
def test_broken_text_is_replaced(data, shown):
    assert text(data) == shown
    assert valid(data) == shown.encode()


def test_strings_are_compared_by_their_utf16_units():
    strings = ["", "a", "b", "é", "\ud7ff", "\U00010000", "\U0010ffff", "\ue000", "\uffff"]

    assert sorted(strings, key=lambda string: order(string.encode())) == strings
