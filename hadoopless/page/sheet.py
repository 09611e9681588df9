"""The sheet of a job: its attempts as columns of whole numbers, and which of them have changed.

Pure. A row is an attempt, in the order of their starts, as in :class:`Course`. Times are in ticks
of 0.1 ms, which is what a job of a second needs and what one of a week can afford.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from typing import Any

from hadoopless.history import events as ev
from hadoopless.history.course import SUCCEEDED, Course
from hadoopless.history.what_if import Grid, grid_of
from hadoopless.page.columns import MOST
from hadoopless.page.failures import Failures
from hadoopless.page.thinning import Thinned

TICKS = 10_000
_TASK = re.compile(r"(map|reduce)-(\d{1,9})", re.ASCII)

#: The states of attempts, by their codes: static/base.js has the same list.
RUNNING, DONE, REDONE, OTHER = 0, 1, 2, 9
STATES = {
    "program failed": 3,
    "timed out": 4,
    "its worker was in trouble": 5,
    "could not fetch map outputs": 6,
    "worker lost": 7,
    "cancelled": 8,
}
#: The ends that somebody will want to look into.
_FAILED = frozenset((3, 4, 5, 6, OTHER))

_AT_START = ("reduce", "index", "number", "lane", "began", "backup")
#: The columns of an end, and the fields of the event; those of _TIMES are in milliseconds.
_AT_END = {
    "inputBytes": "input_bytes",
    "inputRecords": "input_records",
    "outputBytes": "output_bytes",
    "outputRecords": "output_records",
    "fetchedBytes": "fetched_bytes",
    "spilledBytes": "spilled_bytes",
    "memory": "program_memory",
    "skipped": "skipped_records",
    "groups": "groups",
}
_TIMES = {
    "programCpu": "program_cpu",
    "ownCpu": "own_cpu",
    "programTime": "program_seconds",
    "fetchTime": "fetch_seconds",
}
COLUMNS = (*_AT_START, "took", "state", "failure", *_AT_END, *_TIMES)

#: The keys that are told, those with the most bytes.
TOP_KEYS = 20
_MOST_LOADS = 300
#: The characters of the name of an input that are kept: its end, which tells more.
_LONGEST_INPUT = 200


def ticks(seconds: float) -> int:
    """*seconds* in ticks, within what all sides can count."""
    return bounded(round(seconds * TICKS))


def bounded(number: int) -> int:
    """*number* within what all sides can count."""
    return max(0, min(number, MOST))


class Sheet:
    """All that a page shows of a job; :meth:`take` adds an event."""

    def __init__(self) -> None:
        self.course = Course()
        self.columns = {name: array("q") for name in COLUMNS}
        #: The inputs of map attempts, "" of others.
        self.inputs: list[str] = []
        self.failures = Failures()
        #: (partition, key, records, bytes), the largest first.
        self.top_keys: list[tuple[int, ev.TopKey]] = []
        #: The loads of each worker: resident bytes, CPU seconds.
        self.loads: dict[str, Thinned] = {}
        #: The rows and parts that have changed since they were last asked for.
        self._dirty: dict[int, None] = {}
        self._changed: set[str] = set()
        self._rows: dict[str, list[int]] = {}
        self._row_of: dict[tuple[str, int], int] = {}
        #: The predictions, once they have been asked for after the end; then one Grid or None.
        self._grids: list[Grid | None] = []

    def __len__(self) -> int:
        return len(self.inputs)

    def take(self, event: ev.Event) -> None:
        """Add *event*; one that makes no sense changes nothing."""
        match event:
            case ev.AttemptBegan():
                if match := _TASK.fullmatch(event.task):
                    self.course.take(event)
                    self._begin(event, match[1] == "reduce", int(match[2]))
                return
            case ev.AttemptEnded():
                self.course.take(event)
                row = self._row_of.pop((event.task, event.number), None)
                if row is not None:
                    self._end(row, event)
                return
        self.course.take(event)
        match event:
            case ev.WorkerLoad():
                series = self.loads.setdefault(event.worker, Thinned(2, _MOST_LOADS))
                series.add(event.at, (float(event.memory), event.cpu))
                self._changed.add("loads")
            case ev.WorkerJoined() | ev.WorkerLost():
                self._changed.add("workers")
            case ev.JobBegan() | ev.JobEnded():
                self._changed.add("job")

    def _begin(self, event: ev.AttemptBegan, is_reduce: bool, index: int) -> None:
        row = len(self)
        lane = self.course.attempts[row].lane
        if lane + 1 == len(self.course.lanes):
            self._changed.add("workers")
        values = (is_reduce, index, bounded(event.number), lane, ticks(event.at), event.backup)
        for name in COLUMNS:
            self.columns[name].append(0)
        for name, value in zip(_AT_START, values, strict=True):
            self.columns[name][row] = value
        self.columns["took"][row] = -1
        self.columns["inputBytes"][row] = bounded(event.bytes)
        self.inputs.append(event.input[-_LONGEST_INPUT:])
        rows = self._rows.setdefault(event.task, [])
        for earlier in rows:
            self._restate(earlier)
        rows.append(row)
        self._row_of[event.task, event.number] = row
        self._dirty[row] = None

    def _end(self, row: int, event: ev.AttemptEnded) -> None:
        columns = self.columns
        columns["took"][row] = max(0, ticks(event.at) - columns["began"][row])
        for name, field in _AT_END.items():
            # The end of a failed attempt tells no input; the start has.
            columns[name][row] = bounded(getattr(event, field)) or columns[name][row]
        for name, field in _TIMES.items():
            columns[name][row] = bounded(round(getattr(event, field) * 1000))
        self._restate(row)
        if columns["state"][row] in _FAILED:
            columns["failure"][row] = self.failures.take(event) + 1
            self._changed.add("failures")
        if event.top_keys and columns["state"][row] == DONE:
            self._rank(columns["index"][row], event.top_keys)
        self._dirty[row] = None

    def _restate(self, row: int) -> None:
        attempt = self.course.attempts[row]
        if attempt.ended is None:
            state = RUNNING
        elif attempt.ended.result == SUCCEEDED:
            state = DONE if attempt.counts else REDONE
        else:
            state = STATES.get(attempt.ended.result, OTHER)
        if self.columns["state"][row] != state:
            self.columns["state"][row] = state
            self._dirty[row] = None

    def _rank(self, partition: int, keys: Iterable[ev.TopKey]) -> None:
        others = [one for one in self.top_keys if one[0] != partition]
        found = [*others, *((partition, key) for key in keys)]
        found.sort(key=lambda one: one[1].bytes, reverse=True)
        self.top_keys = found[:TOP_KEYS]
        self._changed.add("keys")

    def grid(self) -> Grid | None:
        """The predictions for other numbers, if the job has succeeded; made at the first call."""
        if self.course.end is None:
            return None
        if not self._grids:
            self._grids = [grid_of(self.course)]
        return self._grids[0]

    def take_changes(self) -> tuple[list[int], set[str]]:
        """The rows and the parts that have changed since the last call."""
        changes = list(self._dirty), self._changed
        self._dirty, self._changed = {}, set()
        return changes

    def rows(self, wanted: Iterable[int]) -> dict[str, list[Any]]:
        """Those rows, by columns, for JSON."""
        wanted = list(wanted)
        found: dict[str, list[Any]] = {"row": wanted}
        for name, column in self.columns.items():
            found[name] = [column[row] for row in wanted]
        found["input"] = [self.inputs[row] for row in wanted]
        return found
