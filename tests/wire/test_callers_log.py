"""Lines about strange requests: few, short, and those left out are counted."""

from __future__ import annotations

import logging

import pytest

from hadoopless.wire.callers_log import FewLines
from hadoopless.wire.limits import CALLERS_LINES, LONGEST_CALLERS_LINE, TELL_AGAIN


def record(text: str, *arguments: object, at: float = 1000.0, level: int = logging.WARNING):
    made = logging.LogRecord("tornado.general", level, "", 0, text, arguments, None)
    made.created = at
    return made


def test_so_many_lines_a_minute(caplog: pytest.LogCaptureFixture):
    few = FewLines()
    passed = [few.filter(record("no colon in header line")) for _ in range(CALLERS_LINES + 7)]
    assert passed == [True] * CALLERS_LINES + [False] * 7
    assert caplog.messages == []
    assert few.filter(record("again", at=1000.0 + TELL_AGAIN))
    assert caplog.messages == ["7 lines like the next are left out"]
    assert few.filter(record("again", at=1000.0 + 2 * TELL_AGAIN))
    assert len(caplog.messages) == 1


def test_a_long_line_is_cut():
    long, short = record("Invalid header name %r", "x" * 100_000), record("Invalid header %r", "x")
    assert FewLines().filter(long)
    assert long.getMessage() == f"Invalid header name '{'x' * (LONGEST_CALLERS_LINE - 21)}…"
    assert FewLines().filter(short)
    assert short.getMessage() == "Invalid header 'x'"


def test_our_own_errors_pass():
    few = FewLines()
    errors = [record("x" * 1000, level=logging.ERROR) for _ in range(2 * CALLERS_LINES)]
    assert all(map(few.filter, errors))
    assert errors[-1].getMessage() == "x" * 1000
