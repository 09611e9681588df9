"""The message of ``POST /fetchAhead``: a worker is to fetch what it will reduce later.

The call is JSON. A worker that answers it has understood it, and has promised nothing.
"""

from __future__ import annotations

import json

from msgspec import Struct

from hadoopless.errors import UsageError
from hadoopless.job import Sum


class Source(Struct, frozen=True):
    """Map outputs that the worker at *url* holds, and what they hold of each partition wanted."""

    url: str
    map_task_ids: tuple[str, ...]
    sums: tuple[Sum, ...]


class Order(Struct, frozen=True):
    """The wish of a coordinator: *partitions* of what *sources* hold, and nothing of other ones."""

    job_id: str
    #: It grows with each order of the job; one that was overtaken is none any more.
    number: int
    partitions: tuple[int, ...] = ()
    sources: tuple[Source, ...] = ()


def body(order: Order) -> bytes:
    """The body of ``POST /fetchAhead``."""
    message = {
        "jobId": order.job_id,
        "number": order.number,
        "partitions": order.partitions,
        "sources": [
            [one.url, one.map_task_ids, [[told.records, told.bytes] for told in one.sums]]
            for one in order.sources
        ],
    }
    return json.dumps(message).encode()


def parse_body(text: bytes) -> Order:
    """The order in a call of ``/fetchAhead``; raises UsageError."""
    try:
        message = json.loads(text)
        job_id, number = message["jobId"], message["number"]
        partitions = _numbers(message["partitions"])
        sources = tuple(_source(row, len(partitions)) for row in message["sources"])
        if not isinstance(job_id, str) or not job_id or type(number) is not int:
            raise ValueError("no job")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            "/fetchAhead wants a JSON object: jobId, number, partitions, sources"
        ) from error
    return Order(job_id, number, partitions, sources)


def _source(row: object, partitions: int) -> Source:
    if not isinstance(row, list):
        raise ValueError("no list")
    url, ids, rows = row
    sums = tuple(Sum(records, size) for records, size in map(_numbers, rows))
    are_ids = isinstance(ids, list) and ids and all(isinstance(one, str) for one in ids)
    if not isinstance(url, str) or not are_ids:
        raise ValueError("no map outputs of a worker")
    if len(sums) != partitions:
        raise ValueError("not one sum for each partition")
    return Source(url, tuple(ids), sums)


def _numbers(row: object) -> tuple[int, ...]:
    if not isinstance(row, list) or not all(type(one) is int and one >= 0 for one in row):
        raise ValueError("no whole numbers")
    return tuple(row)
