"""Writes the attempts of a job as comma-separated values, a line for each. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from hadoopless.history import events as ev
from hadoopless.history.course import Attempt, Course

_OF_END = (
    *("input_bytes", "input_records", "output_bytes", "output_records", "fetched_bytes"),
    *("spilled_bytes", "program_cpu", "own_cpu", "program_seconds", "fetch_seconds"),
    *("program_memory", "skipped_records", "groups"),
)
HEADS = (
    *("task", "number", "worker", "slot", "backup", "began", "seconds", "result", "counts"),
    *_OF_END,
    "input",
)
#: A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NO_END = ev.AttemptEnded(0.0, "", 0, "", "running")


def csv_lines(course: Course) -> Iterator[str]:
    """The lines, the first of which has the names of the columns."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in (HEADS, *(_row(attempt, course.now) for attempt in course.attempts)):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _row(attempt: Attempt, now: float) -> list[Any]:
    began, end = attempt.began, attempt.ended or _NO_END
    return [
        *(began.task, began.number, _plain(began.worker), began.slot, int(began.backup)),
        *(f"{began.at:.6f}", f"{attempt.seconds(now):.6f}", _plain(end.result)),
        int(attempt.counts),
        *(getattr(end, name) for name in _OF_END),
        _plain(began.input),
    ]


def _plain(text: str) -> str:
    """*text* so that no spreadsheet computes it."""
    return f"'{text}" if text.startswith(_FORMULA) else text
