"""Reads the reports of programs on stderr: counters and a status [PipeMapRed.MRErrorThread].

A line that begins with the prefix is a report; all else, and a report that makes no sense, is the
program's own stderr and is handed on as it is. LF, CR and CRLF end a line, as in LineReader. A
status is taken and shown nowhere.
"""

from __future__ import annotations

import re
import threading

from hadoopless.hadoop_counters import OLD_GROUPS, exists, is_limited
from hadoopless.rules import CounterLimits

#: Advice to a user for whom Hadoop's limits are too low.
MORE_COUNTERS = (
    "report fewer, or raise mapreduce.job.counters.max and mapreduce.job.counters.groups.max"
)

_LIMITS = CounterLimits()
_COUNTER = "counter:"
_STATUS = "status:"
#: A longer report is taken for the program's own stderr.
LONGEST_LINE = 1 << 16
#: The characters that Java's String.trim removes.
_BLANKS = "".join(map(chr, range(0x21)))
_LINE_END = re.compile(rb"[\r\n]")
_NUMBER = re.compile(r"[+-]?\d+")

Counters = dict[tuple[str, str], int]


class Reporter:
    """The reports of one program. Thread-safe: counters may be asked for while it runs."""

    def __init__(
        self,
        prefix: str = "reporter:",
        *,
        longest_line: int = LONGEST_LINE,
        limits: CounterLimits = _LIMITS,
        made: tuple[int, int] = (0, 0),
        strict: bool = True,
    ) -> None:
        """*made*: counters, and groups, that count for the *limits* besides those reported.

        Without *strict*, a report that Hadoop refuses is the program's own stderr.
        """
        self._strict = strict
        self.prefix = prefix.encode("utf-8", "surrogateescape")
        self.longest_line = longest_line
        #: The reason why the first report that Hadoop refuses fails the program, if there is one.
        self.refusal = ""
        self._limits = limits
        self._lock = threading.Lock()
        self._counters: Counters = {}
        self._groups: set[str] = set()
        #: The numbers of counters and of groups that count for the limits.
        self._made, self._groups_made = made

    @property
    def counters(self) -> Counters:
        """The sum of each counter (group, name) so far, a Java long."""
        with self._lock:
            return dict(self._counters)

    def stream(self) -> ReporterStream:
        """A reader for the program's stderr."""
        return ReporterStream(self)

    def take(self, line: bytes, times: int = 1) -> bool:
        """Take a report, a *line* that begins with the prefix and that came so many *times*.

        False when it makes no sense.
        """
        told = line[len(self.prefix) :].decode("utf-8", "replace")
        if told.startswith(_COUNTER):
            return self._count(told.removeprefix(_COUNTER).strip(_BLANKS), times)
        return told.startswith(_STATUS)

    def _count(self, told: str, times: int) -> bool:
        # Java's split leaves out the empty columns at the end.
        columns = told.rstrip(",").split(",")
        amount = _java_long(columns[2]) if len(columns) == 3 else None
        if amount is None:
            return False
        key = (
            _limited(columns[0], self._limits.group_name),
            _limited(columns[1], self._limits.counter_name),
        )
        with self._lock:
            if key not in self._counters and (refusal := self._refused(*key)):
                if not self._strict:
                    return False
                self.refusal = self.refusal or refusal
            if not self.refusal:
                self._counters[key] = _wrapped(self._counters.get(key, 0) + times * amount)
        return True

    def _refused(self, group: str, name: str) -> str:
        """The reason why Hadoop refuses this new counter; empty if it takes it."""
        today = OLD_GROUPS.get(group, group)
        if not exists(today, name):
            return (
                f"reported the counter {name!r} of {group}, a group of Hadoop's own that has no"
                " such counter; Hadoop fails the task, too"
            )
        if is_limited(today):
            self._made += 1
            self._groups_made += today not in self._groups
            self._groups.add(today)
        if words := self._limits.excess(self._made, self._groups_made):
            return f"reported more counters than Hadoop allows ({words}); {MORE_COUNTERS}"
        return ""


class ReporterStream:
    """Takes the reports out of one program's stderr, which comes in pieces."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._prefix = reporter.prefix
        #: The beginning of a line that is a report, or may yet be one.
        self._held = b""
        self._at_line_start = True
        #: A CR has ended a report: an LF that follows belongs to it.
        self._skip_line_feed = False

    def feed(self, data: bytes) -> bytes:
        """Take the next piece; returns the program's own part of it."""
        if self._skip_line_feed and data:
            data = data.removeprefix(b"\n")
            self._skip_line_feed = False
        data = self._held + data
        self._held = b""
        own = []
        place = 0
        while place < len(data):
            if not self._at_line_start:
                start = place
                place = self._next_line(data, start)
                own.append(data[start:place])
            elif data.startswith(self._prefix, place):
                end = _LINE_END.search(data, place)
                if end is None and len(data) - place <= self._reporter.longest_line:
                    self._held = data[place:]
                    break
                times, behind = (1, 0) if end is None else self._equal_lines(data, place, end.end())
                if end is None or not self._reporter.take(data[place : end.start()], times):
                    self._at_line_start = False  # so that people see it, too
                else:
                    place = behind if times > 1 else self._behind(data, end.start())
            elif self._prefix.startswith(data[place:]):
                self._held = data[place:]
                break
            else:
                self._at_line_start = False
        return b"".join(own)

    def end(self) -> bytes:
        """Take the end of stderr; returns the program's own part of a last line without an end."""
        held, self._held = self._held, b""
        if held.startswith(self._prefix) and self._reporter.take(held):
            return b""
        return held

    def _next_line(self, data: bytes, place: int) -> int:
        """The place after *place* where the next line begins that may be a report, or the end."""
        found = data.find(self._prefix, place + 1)
        while found >= 0 and data[found - 1] not in b"\r\n":
            found = data.find(self._prefix, found + 1)
        if found < 0:
            # The prefix may have begun with the last line of this piece.
            last = max(data.rfind(b"\n", place), data.rfind(b"\r", place)) + 1
            found = last if last > place and self._prefix.startswith(data[last:]) else len(data)
        self._at_line_start = found < len(data) or data[-1] in b"\r\n"
        return found

    @staticmethod
    def _equal_lines(data: bytes, place: int, end: int) -> tuple[int, int]:
        """The number of equal lines from *place* on, the first up to *end*, and their end.

        Programs may report the same for each of their records.
        """
        line = data[place:end]
        times = 1
        if line.endswith(b"\n"):
            while data.startswith(line, end):
                end += len(line)
                times += 1
        return times, end

    def _behind(self, data: bytes, end: int) -> int:
        """The place where the next line begins, when one ends at *end*."""
        if data[end : end + 1] == b"\n":
            return end + 1
        if len(data) == end + 1:
            self._skip_line_feed = True
            return end + 1
        return end + 2 if data[end + 1 : end + 2] == b"\n" else end + 1


def _java_long(text: str) -> int | None:
    """The number that Java's Long.parseLong reads in *text*."""
    if _NUMBER.fullmatch(text) is None or len(text) > 100:
        return None
    number = int(text)
    return number if -(1 << 63) <= number < 1 << 63 else None


def _wrapped(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _limited(name: str, longest: int) -> str:
    # Hadoop leaves one character less than its limit [Limits.filterName].
    return name[: max(longest - 1, 0)] if len(name) > longest else name
