"""The one writer to the stream that a user watches: lines that stay, above a frame that changes.

On a terminal the frame lies at the bottom, below an empty line on which the cursor stands. What
another process writes to the same terminal comes to that line, so that it stays legible.

The output of a cell in a notebook has no cursor that moves, but a carriage return goes back to the
start of the line. There the frame is a single line, the last one.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Sequence
from typing import TextIO

from hadoopless.visible import visible

#: The width of a terminal that does not tell it.
_USUAL_WIDTH = 80
#: The beginnings of further lines that look like lines of their own. All of ours are indented.
_UNINDENTED = re.compile("\n(?=[^ \n])")
_TO_THE_END = "\x1b[J"


class Console:
    """Lines and a frame on *stream*. Thread-safe: workers are told of while the job goes on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._frame: tuple[str, ...] = ()
        self._lock = threading.Lock()

    @property
    def can_draw(self) -> bool:
        """True on a terminal that can move its cursor."""
        return self._stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"

    @property
    def is_in_notebook(self) -> bool:
        """True where what is written becomes the output of a cell in a notebook."""
        return type(self._stream).__module__.partition(".")[0] == "ipykernel"

    @property
    def has_colours(self) -> bool:
        """True where colours are wanted; see https://no-color.org."""
        return not os.environ.get("NO_COLOR")

    @property
    def has_lines(self) -> bool:
        """True where box-drawing characters can be written.

        In the locale C, Python writes UTF-8 all the same; but whoever asks for that locale has a
        terminal that may know no more than ASCII.
        """
        names = (os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        if next(filter(None, names), "") in ("C", "POSIX"):
            return False
        return self._stream.encoding.lower().replace("-", "") == "utf8"

    @property
    def width(self) -> int:
        """The columns of the terminal now."""
        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
        return columns or _number(os.environ.get("COLUMNS", "")) or _USUAL_WIDTH

    def say(self, text: str) -> None:
        """Write *text* as lines that stay.

        Much of it comes from programs and names of files, which may not move the cursor, nor make
        lines that look like ours.
        """
        shown = _UNINDENTED.sub("\n  ", visible(text))
        with self._lock:
            self._write(f"{self._erased()}{shown}\n{self._drawn()}")

    def draw(self, lines: Sequence[str]) -> None:
        """Show *lines* as the frame, in place of the last one; none of them may be too wide."""
        frame = tuple(lines)
        with self._lock:
            if frame == self._frame:
                return
            erased, self._frame = self._erased(), frame
            if drawn := erased + self._drawn():
                self._write(drawn)

    def _erased(self) -> str:
        """The codes that take the frame away."""
        if not self._frame:
            return ""
        if self.is_in_notebook:
            return f"\r{' ' * len(self._frame[-1])}\r"
        return f"\r{_TO_THE_END}"

    def _drawn(self) -> str:
        """The frame, and the way back to the empty line above it."""
        if not self._frame:
            return ""
        if self.is_in_notebook:
            return self._frame[-1]
        return "".join(f"\n{line}" for line in self._frame) + f"\x1b[{len(self._frame)}A\r"

    def _write(self, text: str) -> None:
        self._stream.write(text)  # at once, so that nobody sees a frame half drawn
        self._stream.flush()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


class LogHandler(logging.Handler):
    """Sends log lines to a console."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        self._console.say(self.format(record))
