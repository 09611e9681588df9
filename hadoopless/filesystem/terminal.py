"""Where commands of ``hadoop fs`` write to, whoever reads it or does not; and errors in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO


@dataclass(slots=True)
class Terminal:
    """The streams of a command."""

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO
    #: Why something that was said has not arrived.
    lost: str = ""

    def say(self, text: str, end: str = "\n") -> None:
        """A line on stdout, in the bytes that file names have."""
        with self._losses_noted():
            self.stdout.write(os.fsencode(text + end))

    def complain(self, text: str) -> None:
        """A line on stderr, behind all that was said before."""
        self.flush()
        try:
            self.stderr.write(os.fsencode(text) + b"\n")
            self.stderr.flush()
        except OSError:
            _silence(self.stderr)  # nobody can be told

    def flush(self) -> None:
        """Sends what was said; if nobody reads it, or the disk behind it is full, all of stdout
        goes nowhere from now on.
        """
        try:
            with self._losses_noted():
                self.stdout.flush()
        except BrokenPipeError:
            _silence(self.stdout)

    @contextmanager
    def _losses_noted(self) -> Iterator[None]:
        """Remembers why stdout cannot be written, but for a reader that has gone."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = message_of(error)
            _silence(self.stdout)


def message_of(error: Exception) -> str:
    """*error* in Hadoop's words, those of the operating system as Java shows them."""
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{os.fsdecode(error.filename)} ({what})" if error.filename else what
    return str(error)


def _silence(stream: BinaryIO) -> None:
    """Let all that is written to *stream* go nowhere, what it has not sent yet, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
