"""The messages of ``POST /segments``, by which our own workers get runs as bytes.

The call is JSON; the answer is a header of JSON and then, for each run, its bytes and checksum.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hadoopless import errors
from hadoopless.job import Sum

#: Each run is followed by its CRC-32, big-endian.
CHECKSUM_BYTES = 4
#: The form of the runs, which both sides must know: 2, records with counts.
FORM = 2
_MOST_BYTES = 1 << 56


def body(partition: int, map_task_ids: Sequence[str]) -> bytes:
    """The body of ``POST /segments``."""
    message = {"form": FORM, "partition": partition, "mapTaskIDs": list(map_task_ids)}
    return json.dumps(message).encode()


def parse_body(text: bytes) -> tuple[int, list[str]]:
    """(partition, map task ids) of a call of ``/segments``; raises UsageError."""
    try:
        message = json.loads(text)
        form, partition, ids = message["form"], message["partition"], message["mapTaskIDs"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise errors.UsageError(
            "/segments wants a JSON object: form, partition, mapTaskIDs"
        ) from error
    if form != FORM:
        raise errors.UsageError(f"/segments sends runs in form {FORM}, not {form!r}")
    if (
        type(partition) is not int  # nor true, which is an int, too
        or partition < 0
        or not isinstance(ids, list)
        or not all(isinstance(name, str) for name in ids)
    ):
        raise errors.UsageError("/segments: partition is a whole number, mapTaskIDs a list of ids")
    return partition, ids


def header(segments: Sequence[Sequence[tuple[int, Sum]]]) -> bytes:
    """The header before the runs of ``/segments``: bytes and sum of each map task's runs."""
    numbers = [[(size, told.records, told.bytes) for size, told in runs] for runs in segments]
    text = json.dumps(numbers).encode()
    return len(text).to_bytes(4, "big") + text


def parse_header(text: bytes, wanted: int) -> list[list[tuple[int, Sum]]]:
    """The numbers in the JSON of :func:`header`, for *wanted* map tasks; ValueError."""
    try:
        segments = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the header of its answer is broken") from error
    if not isinstance(segments, list) or len(segments) != wanted:
        raise ValueError("its answer is for other map outputs")
    for runs in segments:
        if not isinstance(runs, list) or not all(_is_run(run) for run in runs):
            raise ValueError("the header of its answer is broken")
    return [[(size, Sum(records, told)) for size, records, told in runs] for runs in segments]


def _is_run(run: object) -> bool:
    """True for the numbers of a run: it is not empty, and a record takes two bytes or more.

    No more bytes are sent than its records have, as those that come several times are sent once.
    """
    return (
        isinstance(run, list)
        and len(run) == 3
        and all(type(number) is int for number in run)
        and 2 <= run[0] <= run[2] <= _MOST_BYTES
        and 0 < 2 * run[1] <= run[2]
    )
