"""The picture of a terminal: the screen, the drawing, and the job, which is that of the README."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tools.picture import COMMANDS, PICTURE, svg
from tools.terminal import Cell, Moment, Screen, played
from tools.told import console_steps


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314  # it is our own


def texts(screen: Screen) -> list[str]:
    return ["".join(cell.character for cell in row) for row in screen.rows()]


@pytest.mark.parametrize(
    ("written", "rows"),
    [
        ("a\r\nb", ["a", "b"]),
        ("abc\rx", ["xbc"]),
        ("a\tb", ["a       b"]),
        ("a\r\nb\x1b[1A\rc", ["c", "b"]),
        ("\r\n\r\n", []),
        ("said\r\n\nmap 1/2\x1b[1A\r\x1b[Jdone\r\n", ["said", "done"]),
    ],
)
def test_a_screen(written: str, rows: list[str]) -> None:
    screen = Screen()
    screen.feed(written)
    assert texts(screen) == rows


def test_looks() -> None:
    screen = Screen()
    screen.feed("\x1b[32mok\x1b[0m!")
    assert screen.rows() == ((Cell("o", "green"), Cell("k", "green"), Cell("!", "")),)


@pytest.mark.parametrize("written", ["\x1b[5m", "\x1b[2J", "\x07"])
def test_codes_that_nobody_draws_are_errors(written: str) -> None:
    with pytest.raises(ValueError, match="does not know"):
        Screen().feed(written)


def test_commands_are_run_on_a_terminal(tmp_path: Path) -> None:
    commands = ["test -t 1 && echo one", "stty size | cut -d' ' -f2; echo '━'"]
    moments = played(commands, tmp_path, os.environ, 33)
    rows = ["".join(cell.character for cell in row) for row in moments[-1].rows]
    assert rows == [f"$ {commands[0]}", "one", f"$ {commands[1]}", "33", "━"]
    assert [moment.time for moment in moments] == sorted(moment.time for moment in moments)


def test_a_command_that_fails_makes_no_picture(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        played(["false"], tmp_path, os.environ, 80)


def test_a_picture_shows_each_moment_and_ends_with_the_last() -> None:
    green = tuple(Cell(character, "green") for character in "<&")
    picture = svg([Moment(0.0, ((Cell("$", ""),),)), Moment(1.0, (green,))])
    groups = [node for node in parsed(picture).iter() if node.tag.endswith("}g")]
    assert [group.get("class") for group in groups] == ["moment", "moment last"]
    assert [text.text for group in groups for text in group] == ["$", "<&"]


def test_the_picture_is_of_the_job_in_the_readme() -> None:
    told = next(console_steps((REPOSITORY / "README.md").read_text())).command
    shown = COMMANDS[0].replace("\\\n", "")
    assert shown.replace("books/*.txt", "docs/*.md") == told
    drawn = "".join(parsed(PICTURE.read_text()).itertext())
    for line in COMMANDS[0].splitlines():
        assert line in drawn
