"""Formats log records so that no text from outside can act on a terminal or look like a record."""

from __future__ import annotations

import logging

from hadoopless.visible import visible


class VisibleFormatter(logging.Formatter):
    """Escapes control characters, and indents all lines of a record but the first."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of *record*."""
        return visible(super().format(record)).replace("\n", "\n  ")


def visible_handler(form: str = "%(message)s", times: str | None = None) -> logging.Handler:
    """A handler that writes to stderr; *form* and *times* are those of :class:`Formatter`."""
    handler = logging.StreamHandler()
    handler.setFormatter(VisibleFormatter(form, times))
    return handler
