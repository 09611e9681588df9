"""Runs commands on a terminal of their own, and keeps each state of its screen with its time."""

from __future__ import annotations

import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from fcntl import ioctl
from pathlib import Path

from msgspec import Struct

_READ = 1 << 16
#: States of the screen that last less than this are not kept: nobody sees them.
_SHORTEST = 0.05
_CODE = re.compile(r"\x1b\[(\d*)([A-Za-z])")
#: Codes that change how text looks, and the names of the looks.
_LOOKS = {"": "", "0": "", "32": "green", "2": "dim"}


class Cell(Struct, frozen=True):
    """A character, and the name of its look."""

    character: str
    look: str


Row = tuple[Cell, ...]


class Moment(Struct, frozen=True):
    """The rows of a screen from a time on, in seconds."""

    time: float
    rows: tuple[Row, ...]


class Screen:
    """The part of a terminal that our programs use; any other code is an error.

    Lines never leave it at the top: it is as high as its text.
    """

    def __init__(self) -> None:
        self._rows: list[list[Cell]] = [[]]
        self._row = self._column = 0
        self._look = ""

    def feed(self, text: str) -> None:
        """Obey *text*."""
        at = 0
        while at < len(text):
            code = _CODE.match(text, at)
            if code:
                self._obey(code[1], code[2])
            else:
                self._put(text[at])
            at = code.end() if code else at + 1

    def _obey(self, number: str, letter: str) -> None:
        if letter == "m" and number in _LOOKS:
            self._look = _LOOKS[number]
        elif letter == "A" and number:
            self._row = max(0, self._row - int(number))
        elif letter == "J" and not number:
            del self._rows[self._row + 1 :]
            del self._rows[self._row][self._column :]
        else:
            raise ValueError(f"this terminal does not know ESC[{number}{letter}")

    def _put(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
            if self._row == len(self._rows):
                self._rows.append([])
        elif character == "\t":
            for _ in range(8 - self._column % 8):
                self._put(" ")
        elif character.isprintable():
            row = self._rows[self._row]
            row += [Cell(" ", "")] * (self._column + 1 - len(row))
            row[self._column] = Cell(character, self._look)
            self._column += 1
        else:
            raise ValueError(f"this terminal does not know {character!r}")

    def rows(self) -> tuple[Row, ...]:
        """All rows, down to the last one with text."""
        rows = [tuple(row) for row in self._rows]
        while rows and not rows[-1]:
            rows.pop()
        return tuple(rows)


def played(
    commands: list[str], cwd: Path, environment: Mapping[str, str], columns: int
) -> list[Moment]:
    """The states of the screen while a shell runs *commands*, one after the other.

    Each is shown behind a ``$``, as if it were typed.
    """
    screen = Screen()
    began = time.monotonic()
    moments: list[Moment] = []
    for command in commands:
        screen.feed("$ " + command.replace("\n", "\r\n") + "\r\n")
        _keep(moments, screen, time.monotonic() - began)
        for text in _outputs(command, cwd, environment, columns):
            screen.feed(text)
            _keep(moments, screen, time.monotonic() - began)
    return moments


def _keep(moments: list[Moment], screen: Screen, now: float) -> None:
    """Add the state of the *screen*, if it has changed."""
    rows = screen.rows()
    if moments and moments[-1].rows == rows:
        return
    if moments and now - moments[-1].time < _SHORTEST:
        now = moments.pop().time
    moments.append(Moment(now, rows))


def _outputs(
    command: str, cwd: Path, environment: Mapping[str, str], columns: int
) -> Iterator[str]:
    """The pieces of text that *command* writes to a terminal; CalledProcessError if it fails."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    shell = subprocess.Popen(
        ["sh", "-c", command],
        cwd=cwd,
        env=dict(environment),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    held = b""
    try:
        while True:
            try:
                held += os.read(ours, _READ)
            except OSError:  # nobody has the other side any more
                break
            whole, held = _whole(held)
            yield whole
    finally:
        os.close(ours)
        status = shell.wait()
    if status:
        raise subprocess.CalledProcessError(status, command)
    if held:
        sys.stderr.write(f"{command} ended within a character: {held!r}\n")


def _whole(data: bytes) -> tuple[str, bytes]:
    """The text of *data* up to the last whole character and code, and what is left."""
    cut = data.rfind(b"\x1b")
    if cut >= 0 and not re.match(rb"\x1b\[\d*[A-Za-z]", data[cut:]):
        return data[:cut].decode(), data[cut:]
    for end in range(len(data), max(0, len(data) - 4), -1):
        try:
            return data[:end].decode(), data[end:]
        except UnicodeDecodeError:
            continue
    return "", data
