"""The streams that ``hadoop fs`` writes to, also when nobody reads them, and the text of errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from msgspec import Struct

from hadoopless.visible import visible


class Terminal(Struct):
    """The streams of a command."""

    stdin: BinaryIO
    stdout: BinaryIO
    stderr: BinaryIO
    #: The error by which output was lost; None while all of it has arrived.
    lost: str = ""

    def say(self, text: str, end: str = "\n") -> None:
        """Write a line to stdout; file names keep their bytes, but no terminal is to obey them."""
        with self._losses_noted():
            shown = visible(text) if self.stdout.isatty() else text
            self.stdout.write(os.fsencode(shown + end))

    def complain(self, text: str) -> None:
        """Write a line to stderr, after all that was written to stdout before."""
        self.flush()
        try:
            self.stderr.write(os.fsencode(visible(text)) + b"\n")
            self.stderr.flush()
        except OSError:
            _silence(self.stderr)  # stderr cannot be written: there is no way to tell the user

    def flush(self) -> None:
        """Send what was written to stdout. If nobody reads it, or its disk is full, all further
        output is dropped.
        """
        try:
            with self._losses_noted():
                self.stdout.flush()
        except BrokenPipeError:
            _silence(self.stdout)

    @contextmanager
    def _losses_noted(self) -> Iterator[None]:
        """Remember why stdout cannot be written; a reader that has gone is no reason."""
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            self.lost = message_of(error)
            _silence(self.stdout)


def message_of(error: Exception) -> str:
    """*error* in Hadoop's words; errors of the operating system as Java shows them."""
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        return f"{os.fsdecode(error.filename)} ({what})" if error.filename else what
    return str(error)


def _silence(stream: BinaryIO) -> None:
    """Drop all that is written to *stream* from now on, and what it has not sent yet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
