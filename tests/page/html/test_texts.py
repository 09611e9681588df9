"""Markup, numbers, groups of failures and thinned series: the pure parts of the page."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.history import events as ev
from hadoopless.page import numbers
from hadoopless.page.failures import MOST_GROUPS, Failures, normalised
from hadoopless.page.html.markup import element, joined, text
from hadoopless.page.thinning import Thinned


class Parsed(HTMLParser):
    """The tags and the texts of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text())
def test_no_text_becomes_markup(raw: str) -> None:
    parsed = Parsed(element("p", raw, title=raw))
    assert [tag for tag, _ in parsed.tags] == ["p"]
    assert list(parsed.tags[0][1]) == ["title"]


def test_markup() -> None:
    inner = element("b", "<script>", class_="x", hidden=True, id=None, open=False)
    assert inner == '<b class="x" hidden>&lt;script&gt;</b>'
    assert element("p", inner, None, 3, data_copy="a\"'") == (
        f'<p data-copy="a&quot;&#x27;">{inner}3</p>'
    )
    assert joined(element("br"), "\x1b[31m\u202e\ud800") == "<br>\\x1b[31m\\u202e\\ud800"
    assert text("a\tb\nc") == "a\tb\nc"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (numbers.count(1234567.4), "1,234,567"),
        (numbers.size(999), "999\u202fB"),
        (numbers.size(1000), "1.0\u202fKB"),
        (numbers.size(64 << 20), "64.0\u202fMB"),
        (numbers.size(1023.99 * (1 << 20)), "1.0\u202fGB"),
        (numbers.size(5e18), "4547474\u202fTB"),
        (numbers.seconds(0.0123), "12\u202fms"),
        (numbers.seconds(9.96), "10.0\u202fs"),
        (numbers.seconds(59.96), "1\u202fmin 00\u202fs"),
        (numbers.seconds(3599.7), "1\u202fh 00\u202fmin"),
        (numbers.seconds(90_000), "25\u202fh 00\u202fmin"),
        (numbers.share(1, 3), "33\u202f%"),
        (numbers.share(1, 1000), "< 1\u202f%"),
        (numbers.share(0, 1000), "0\u202f%"),
        (numbers.share(1, 0), "—"),
    ],
)
def test_numbers(shown: str, expected: str) -> None:
    assert shown == expected


TRACE = """Traceback (most recent call last):
  File "/home/{user}/job/mapper.py", line {line}, in <module>
ValueError: invalid literal for int() with base 10: '{word}' at 0x7f{line}a0
"""


def test_failures_of_one_kind_have_one_text() -> None:
    one = normalised(TRACE.format(user="me", line=12, word="x"))
    assert one == normalised(TRACE.format(user="you", line=345, word="y z"))
    assert one.endswith("ValueError: invalid literal for int() with base #: '…' at #")
    assert one != normalised("KeyError: 'x'")
    assert normalised("") == ""
    assert len(normalised("x" * (1 << 20))) <= 4096


def failed(task: str, stderr: str, result: str = "program failed") -> ev.AttemptEnded:
    failure = ev.Failed("program", "it failed", "mapper", "./m", 1, "in", "cat in | ./m")
    return ev.AttemptEnded(1.0, task, 0, "w", result, stderr=stderr, failure=failure)


def test_groups_of_failures() -> None:
    failures = Failures()
    assert [failures.take(failed(f"map-{n}", f"bad record {n}")) for n in range(30)] == [0] * 30
    assert failures.take(failed("map-3", "bad record 3", "timed out")) == 1
    assert failures.take(ev.AttemptEnded(1.0, "map-1", 0, "w", "worker lost")) == 2
    first = failures.groups[0]
    assert (first.count, first.title, first.replay) == (30, "bad record #", "cat in | ./m")
    assert first.names[:2] == ["map-0-0", "map-1-0"]
    assert len(first.names) == 20
    assert first.workers == {"w": 30}


def test_there_are_so_many_groups_at_most() -> None:
    failures = Failures()
    letters = "abcdefghijklmnopqrstuvwxyz"
    for one in letters:
        for other in letters:
            failures.take(failed("map-0", f"{one}{other}"))
    assert len(failures.groups) == MOST_GROUPS
    assert sum(group.count for group in failures.groups) == len(letters) ** 2


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1e9)), max_size=400))
def test_thinned_series_keep_their_peaks(points: list[tuple[float, float]]) -> None:
    series, at = Thinned(1, 20), 0.0
    for passed, value in points:
        at += passed
        series.add(at, (value,))
    assert len(series.times) <= 20
    assert list(series.times) == sorted(series.times)
    assert max(series.values[0], default=0.0) == max((value for _, value in points), default=0.0)
