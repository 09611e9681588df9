"""Lines stay, whatever is drawn below them."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.ui.console import Console, LogHandler
from tests.ui.screen import screen

words = st.text("abc", min_size=1, max_size=9)
#: A line that stays, or the lines of a frame.
moves = st.lists(st.one_of(words, st.lists(words, max_size=3)), max_size=12)


def shown(steps: Sequence[str | list[str]]) -> str:
    """All that a console writes that is told *steps*."""
    stream = io.StringIO()
    console = Console(stream)
    for step in steps:
        if isinstance(step, str):
            console.say(step)
        else:
            console.draw(step)
    return stream.getvalue()


@given(moves=moves)
def test_lines_stay_above_the_frame(moves: list[str | list[str]]):
    said = [move for move in moves if isinstance(move, str)]
    frames = [move for move in moves if not isinstance(move, str)]
    frame = ["", *frames[-1]] if frames and frames[-1] else [""]
    assert screen(shown(moves)) == said + frame
    assert screen(shown([*moves, []])) == [*said, ""]


@given(moves=moves, foreign=words)
def test_a_line_of_another_process_stays_too(moves: list[str | list[str]], foreign: str):
    """It comes to the empty line above the frame."""
    said = [move for move in moves if isinstance(move, str)]
    written = shown(moves) + foreign + "\n" + shown([["x"], []])
    assert screen(written)[: len(said) + 1] == [*said, foreign]


def test_lines_of_several_lines():
    assert screen(shown([["bar"], "one\n  two", ["bar", "bar"]])) == [
        "one",
        "  two",
        "",
        "bar",
        "bar",
    ]


def test_without_a_frame_nothing_but_lines_is_written():
    assert shown(["one", [], "two"]) == "one\ntwo\n"


def test_log_lines_go_the_same_way():
    stream = io.StringIO()
    console = Console(stream)
    console.draw(["bar"])
    handler = LogHandler(console)
    handler.emit(logging.LogRecord("name", logging.INFO, "file", 1, "a %s line", ("log",), None))
    assert screen(stream.getvalue()) == ["a log line", "", "bar"]


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "term", "can_draw"),
    [
        (Terminal(), "xterm", True),
        (Terminal(), "dumb", False),
        (Terminal(), None, False),
        (io.StringIO(), "xterm", False),
    ],
)
def test_where_frames_are_drawn(
    stream: io.StringIO, term: str | None, can_draw: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("TERM", raising=False)
    if term is not None:
        monkeypatch.setenv("TERM", term)
    assert Console(stream).can_draw == can_draw


@pytest.mark.parametrize(("columns", "width"), [("33", 33), ("0", 80), ("x", 80), (None, 80)])
def test_the_width_of_a_terminal_that_does_not_tell(
    columns: str | None, width: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert Console(Terminal()).width == width


def test_colours_and_lines_where_they_are_welcome(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert Console(Terminal()).has_colours
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Console(Terminal()).has_colours
    assert Console(Terminal()).has_lines
    assert not Console(io.TextIOWrapper(io.BytesIO(), "latin-1")).has_lines


def test_programs_do_not_rule_the_terminal():
    """Codes that move the cursor, or set a title or the clipboard, do not get through."""
    assert shown(["\x1b]52;c;eA==\x07 a\rb\x9b2J", "tab\tnl\n  é"]) == (
        "\\x1b]52;c;eA==\\x07 a\\rb\\x9b2J\ntab\tnl\n  é\n"
    )
