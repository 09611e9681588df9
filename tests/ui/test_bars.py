"""Bars fit any width, and leave out what matters least."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.ui.bars import Row, Style, drawn, faint, fitting

PLAIN = Style("#", "-", colours=False)
ROWS = [
    Row("map", 12, 30, 0.5, ["9 s left", "1.5 MB/s", "2 running"]),
    Row("reduce", 0, 3, 0.0, ["waits for the maps"]),
]

AT = {
    120: [
        "map    ####################--------------------  50% 12/30  9 s left, 1.5 MB/s, 2 running",
        "reduce ----------------------------------------   0% 0/3    waits for the maps",
    ],
    80: [
        "map    ###########------------  50% 12/30  9 s left, 1.5 MB/s, 2 running",
        "reduce -----------------------   0% 0/3    waits for the maps",
    ],
    60: [
        "map    #####-----  50% 12/30  9 s left, 1.5 MB/s, 2 running",
        "reduce ----------   0% 0/3    waits for the maps",
    ],
    40: [
        "map    #####-----  50% 12/30  9 s left",
        "reduce ----------   0% 0/3",
    ],
    22: [
        "map     50% 12/30",
        "reduce   0% 0/3",
    ],
    12: [
        "m 12/30",
        "r 0/3",
    ],
    5: [
        "m 12",
        "r 0/",
    ],
}


@pytest.mark.parametrize("width", AT)
def test_widths(width: int):
    assert drawn(ROWS, width, PLAIN) == AT[width]


rows = st.builds(
    lambda done, more, share, notes: Row("map", done, done + more, share, notes),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.floats(0, 1),
    st.lists(st.text("abc ", max_size=30), max_size=4),
)


@given(rows=st.lists(rows, min_size=1, max_size=3), width=st.integers(0, 200))
def test_no_line_is_as_wide_as_the_terminal(rows: list[Row], width: int):
    plain, coloured = drawn(rows, width, PLAIN), drawn(rows, width, Style("#", "-"))
    assert len(plain) == len(rows)
    assert all(len(line) < max(1, width) or not line for line in plain)
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in coloured] == plain


def test_a_phase_without_tasks_is_done():
    assert drawn([Row("map", 0, 0, 1.0)], 100, PLAIN) == ["map " + "#" * 40 + " 100% 0/0"]


def test_a_bar_keeps_its_length_while_the_count_grows():
    bars = {drawn([Row("map", done, 1000, 0.5)], 60, PLAIN)[0].count("#") for done in (9, 99, 999)}
    assert len(bars) == 1


def test_notes_that_fit():
    assert fitting(["one", "two", "three"], 9) == "one, two"
    assert fitting(["one", "two"], 2, before="  ") == ""
    assert fitting(["one"], 3, before="  ") == "  one"


def test_a_line_that_matters_less():
    assert faint("x", Style()) == "\x1b[2mx\x1b[0m"
    assert faint("x", PLAIN) == "x"
    assert faint("", Style()) == ""
