"""Finds out, when a reduce task has met nonsense, which other worker has sent it.

Nothing here is fast: all runs that came from elsewhere are looked through, record by record. What
makes a task look is cheap, and so it does not notice everything (:mod:`hadoopless.data.merge`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator

from msgspec import Struct

from hadoopless.data.record.frame_kernels import HEADER, NULL
from hadoopless.data.record.frames import HEADER_FIELDS
from hadoopless.data.runs.runs import FileRun, Run, Unreadable, pieces
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.same_machine import OthersFile
from hadoopless.errors import FetchError
from hadoopless.job import Sum

_CHANGED = "its file is not as it was written"
#: The digits of a count of records.
_DIGITS = re.compile(rb"[\x80-\xff]{,6}[\x40-\x7f]")


class _Nonsense(Exception):
    """A run is not what its sender says."""


class Expected(Struct, frozen=True):
    """The form that the runs of a job have."""

    framed: bool
    #: The records are in the order of their keys.
    in_order: bool
    #: Bytes that no record exceeds.
    longest: int


def accuse(gathered: Gathered, expected: Expected, check: Callable[[], None]) -> None:
    """Raise FetchError if another worker has sent what is no run; *check* stops the search."""
    _accuse_files(gathered, check)
    for url, map_task_id, run in gathered.received:
        if _fault_on_disk(run, check) is not None:
            continue  # of our own disk: files of others are in order, or were told above
        try:
            sent = Sum.of(_counted(_checked(run, check), expected))
            if sent != run.sum:
                raise _Nonsense(f"it tells of {run.sum} and sends {sent}")
        except _Nonsense as error:
            raise FetchError(f"it sends nonsense: {error}", url, (map_task_id,)) from error
        except (EOFError, Unreadable):
            continue  # the disk has failed since the line above, and the next attempt will tell


def _accuse_files(gathered: Gathered, check: Callable[[], None]) -> None:
    """Raise FetchError if files of another worker, read in place, are not as they were written.

    All map outputs in them are named: their disk may be broken, and does not get better.
    """
    faults = [
        (url, map_task_id, fault)
        for url, map_task_id, run in gathered.received
        if isinstance(run, FileRun)
        and isinstance(run.file, OthersFile)
        and (fault := _fault_on_disk(run, check)) is not None
    ]
    if faults:
        url, _, fault = faults[0]
        ids = dict.fromkeys(map_task_id for other, map_task_id, _ in faults if other == url)
        raise FetchError(fault, url, tuple(ids))


def _fault_on_disk(run: Run, check: Callable[[], None]) -> str | None:
    """The reason why the bytes in a file are not those that were written; None if they are."""
    if not isinstance(run, FileRun):
        return None
    checksum = length = 0
    try:
        for piece in _checked(run, check):
            checksum = zlib.crc32(piece, checksum)
            length += len(piece)
    except Unreadable as error:
        return str(error)
    except EOFError:
        pass
    return None if (length, checksum) == (run.length, run.checksum) else _CHANGED


def _checked(run: Run, check: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces(run):
        check()
        yield bytes(piece)


def _counted(data: Iterator[bytes], expected: Expected) -> Iterator[Sum]:
    """The records of *data*, some at a time; raises _Nonsense."""
    return _frames(data, expected) if expected.framed else _lines(data, expected)


def _lines(data: Iterator[bytes], expected: Expected) -> Iterator[Sum]:
    rest = before = b""
    counted = False
    for piece in data:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if not line and not counted:
                counted = True  # a count begins, and its record stands behind it
                continue
            times = 1
            if counted:
                times, line = _count_of(line)
                counted = False
            yield Sum(times, times * (len(line) + 1))
            key, tab, _ = line.partition(b"\t")
            if not tab:
                raise _Nonsense("a line without a TAB")
            if expected.in_order and key < before:
                raise _Nonsense("its keys are not in order")
            before = key
        if len(rest) > expected.longest:
            raise _Nonsense(f"a line of more than {expected.longest:,} bytes")
    if rest or counted:
        raise _Nonsense("the last line does not end")


def _count_of(line: bytes) -> tuple[int, bytes]:
    """The count at the beginning of *line* (:mod:`repeat_kernels`), and the record behind it."""
    digits = _DIGITS.match(line)
    if digits is None:
        raise _Nonsense("a count of records that is none")
    *high, last = digits[0]
    times = 0
    for digit in high:
        times = times << 7 | digit & 0x7F
    times = times << 6 | last & 0x3F
    if times < 2:
        raise _Nonsense(f"a count of {times} record(s)")
    return times, line[digits.end() :]


def _frames(data: Iterator[bytes], expected: Expected) -> Iterator[Sum]:
    rest = b""
    for piece in data:
        rest += piece
        at = count = 0
        while len(rest) - at >= HEADER:
            sort_length, key_length, value_length = HEADER_FIELDS.unpack_from(rest, at)
            size = HEADER + sort_length + key_length
            size += 0 if value_length == NULL else value_length
            if size > expected.longest:
                raise _Nonsense(f"a record of {size:,} bytes")
            if size > len(rest) - at:
                break
            at += size
            count += 1
        rest = rest[at:]
        yield Sum(count, at)
    if rest:
        raise _Nonsense("the last record does not end")
