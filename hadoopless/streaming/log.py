"""Writes log lines to stderr as Hadoop's client does: ``time LEVEL logger: message``.

No colours and no bars, whatever the terminal: scripts and mrjob read these lines.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable

from hadoopless.streaming.notices import Notice
from hadoopless.visible import visible


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Log:
    """Writes lines with *write* (stderr); a message of many lines is one record.

    Messages hold the words of programs and names of files, whose control characters are escaped.
    """

    def __init__(
        self, write: Callable[[str], None] = _print, clock: Callable[[], float] = time.time
    ) -> None:
        self._write = write
        self._clock = clock

    def info(self, logger: str, message: str) -> None:
        """Something that went as it should."""
        self._record("INFO", logger, message)

    def warn(self, logger: str, message: str) -> None:
        """Something that a user may want to change."""
        self._record("WARN", logger, message)

    def error(self, logger: str, message: str) -> None:
        """Something that went wrong."""
        self._record("ERROR", logger, message)

    def tell(self, notices: Iterable[Notice]) -> None:
        """Write *notices*, those without a level as lines that are no records."""
        for notice in notices:
            if notice.level:
                self._record(notice.level, notice.logger, notice.text)
            else:
                self._write(visible(notice.text))

    def plain(self, lines: Iterable[str]) -> None:
        """Lines that are no records."""
        for line in lines:
            self._write(visible(line))

    def _record(self, level: str, logger: str, message: str) -> None:
        now = self._clock()
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        self._write(f"{stamp},{int(now * 1000) % 1000:03d} {level} {logger}: {visible(message)}")
