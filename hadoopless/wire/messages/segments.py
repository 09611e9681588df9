"""The messages of ``POST /segments``, by which our own workers get runs as bytes.

The call is JSON; the answer is a header of JSON and then, for each run, its bytes and checksum.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from msgspec import Struct

from hadoopless import errors
from hadoopless.job import Sum

#: Each run is followed by its CRC-32, big-endian.
CHECKSUM_BYTES = 4
#: The form of the runs, which both sides must know: 2, records with counts.
FORM = 2
_MOST_BYTES = 1 << 56
#: The numbers of a run in the header: of one that is sent, and of one that lies in a file.
_SENT, _IN_PLACE = 3, 7


class Place(Struct, frozen=True):
    """The place of a run in a file that a worker has open."""

    #: The process id of the worker.
    process: int
    descriptor: int
    offset: int
    #: The CRC-32 of the run.
    checksum: int


class Told(Struct, frozen=True):
    """A run as the header tells of it; one that has a *place* is not sent."""

    #: The bytes that are sent, or lie in the file.
    length: int
    sum: Sum
    place: Place | None = None


def body(partition: int, map_task_ids: Sequence[str], machine: str | None = None) -> bytes:
    """The body of ``POST /segments``; runs in files need not be sent to who is on *machine*."""
    message = {"form": FORM, "partition": partition, "mapTaskIDs": list(map_task_ids)}
    if machine is not None:
        message["machine"] = machine
    return json.dumps(message).encode()


def parse_body(text: bytes) -> tuple[int, list[str], str | None]:
    """(partition, map task ids, machine) of a call of ``/segments``; raises UsageError."""
    try:
        message = json.loads(text)
        form, partition, ids = message["form"], message["partition"], message["mapTaskIDs"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise errors.UsageError(
            "/segments wants a JSON object: form, partition, mapTaskIDs"
        ) from error
    if form != FORM:
        raise errors.UsageError(f"/segments sends runs in form {FORM}, not {form!r}")
    machine = message.get("machine")
    if (
        type(partition) is not int  # nor true, which is an int, too
        or partition < 0
        or not isinstance(ids, list)
        or not all(isinstance(name, str) for name in ids)
        or not isinstance(machine, str | None)
    ):
        raise errors.UsageError(
            "/segments: partition is a whole number, mapTaskIDs a list of ids, machine a text"
        )
    return partition, ids, machine


def header(segments: Sequence[Sequence[Told]]) -> bytes:
    """The header before the runs of ``/segments``: the runs of each map task."""
    numbers = [[_numbers(run) for run in runs] for runs in segments]
    text = json.dumps(numbers).encode()
    return len(text).to_bytes(4, "big") + text


def _numbers(run: Told) -> list[int]:
    numbers = [run.length, run.sum.records, run.sum.bytes]
    if run.place is not None:
        place = run.place
        numbers += [place.process, place.descriptor, place.offset, place.checksum]
    return numbers


def parse_header(text: bytes, wanted: int, *, in_place: bool = False) -> list[list[Told]]:
    """The runs in the JSON of :func:`header`, for *wanted* map tasks; ValueError.

    Only a caller that has named its machine takes runs *in_place*.
    """
    try:
        segments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the header of its answer is broken") from error
    if not isinstance(segments, list) or len(segments) != wanted:
        raise ValueError("its answer is for other map outputs")
    for runs in segments:
        if not isinstance(runs, list) or not all(_is_run(run, in_place) for run in runs):
            raise ValueError("the header of its answer is broken")
    return [[_told(*run) for run in runs] for runs in segments]


def _is_run(run: object, in_place: bool) -> bool:
    """True for the numbers of a run: it is not empty, and a record takes two bytes or more.

    No more bytes are sent than its records have, as those that come several times are sent once.
    """
    return (
        isinstance(run, list)
        and (len(run) == _SENT or (in_place and _is_in_place(run)))
        and all(type(number) is int for number in run)
        and 2 <= run[0] <= run[2] <= _MOST_BYTES
        and 0 < 2 * run[1] <= run[2]
    )


def _is_in_place(run: list[object]) -> bool:
    """True if there are the numbers of a place, too."""
    return len(run) == _IN_PLACE and all(
        isinstance(number, int) and 0 <= number <= _MOST_BYTES for number in run[_SENT:]
    )


def _told(length: int, records: int, told: int, *place: int) -> Told:
    return Told(length, Sum(records, told), Place(*place) if place else None)
