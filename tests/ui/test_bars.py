"""Bars fit any width, and leave out what matters least."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.ui.bars import Row, Style, drawn

PLAIN = Style("#", "-", colours=False)
ROWS = [
    Row("map", 12, 30, ["0:00:01", "2 running", "1 run again"]),
    Row("reduce", 0, 3, ["waits for the maps"]),
]

AT = {
    100: [
        "map    ################------------------------ 12/30  0:00:01, 2 running, 1 run again",
        "reduce ----------------------------------------   0/3  waits for the maps",
    ],
    60: [
        "map    ####------ 12/30  0:00:01, 2 running, 1 run again",
        "reduce ----------   0/3  waits for the maps",
    ],
    40: [
        "map    ####------ 12/30  0:00:01",
        "reduce ----------   0/3",
    ],
    20: ["map    12/30", "reduce   0/3"],
    12: ["m 12/30", "r 0/3"],
    5: ["m 12", "r 0/"],
}


@pytest.mark.parametrize("width", AT)
def test_widths(width: int):
    assert drawn(ROWS, width, PLAIN) == AT[width]


rows = st.builds(
    lambda done, more, notes: Row("map", done, done + more, notes),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.lists(st.text("abc ", max_size=30), max_size=4),
)


@given(rows=st.lists(rows, min_size=1, max_size=3), width=st.integers(0, 200))
def test_no_line_is_as_wide_as_the_terminal(rows: list[Row], width: int):
    plain, coloured = drawn(rows, width, PLAIN), drawn(rows, width, Style("#", "-"))
    assert len(plain) == len(rows)
    assert all(len(line) < max(1, width) or not line for line in plain)
    assert [re.sub(r"\x1b\[\d*m", "", line) for line in coloured] == plain


def test_a_phase_without_tasks_is_done():
    assert drawn([Row("map", 0, 0)], 100, PLAIN) == ["map " + "#" * 40 + " 0/0"]
