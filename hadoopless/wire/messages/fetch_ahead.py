"""The order to fetch what a worker will reduce later; it is JSON.

It is the body of ``POST /fetchAhead``, and one of the orders of a worker that has joined. A worker
that has understood it has promised nothing.
"""

from __future__ import annotations

import json
from typing import Any, TypeGuard

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
    #: Ids of outputs of consecutive map tasks; the worker may merge those that it has.
    neighbours: tuple[tuple[str, ...], ...] = ()
    #: True when the records of the job are frames.
    framed: bool = False


def message(order: Order) -> dict[str, Any]:
    """The JSON of *order*."""
    return {
        "jobId": order.job_id,
        "number": order.number,
        "partitions": list(order.partitions),
        "sources": [
            [one.url, list(one.map_task_ids), [[told.records, told.bytes] for told in one.sums]]
            for one in order.sources
        ],
        "neighbours": [list(ids) for ids in order.neighbours],
        "framed": order.framed,
    }


def parse(told: object) -> Order:
    """The order behind its JSON; ValueError when it makes no sense."""
    if not isinstance(told, dict):
        raise ValueError("no JSON object")
    job_id, number, rows = told.get("jobId"), told.get("number"), told.get("sources")
    if not isinstance(job_id, str) or not job_id or type(number) is not int:
        raise ValueError("no job")
    if not isinstance(rows, list):
        raise ValueError("no list of sources")
    partitions = _numbers(told.get("partitions"))
    if len(set(partitions)) < len(partitions):
        raise ValueError("a partition twice")
    sources = tuple(_source(row, len(partitions)) for row in rows)
    lists = told.get("neighbours", [])
    if not isinstance(lists, list) or not all(_are_ids(one) for one in lists):
        raise ValueError("no lists of neighbours")
    neighbours = tuple(map(tuple, lists))
    return Order(job_id, number, partitions, sources, neighbours, told.get("framed") is True)


def body(order: Order) -> bytes:
    """The body of ``POST /fetchAhead``."""
    return json.dumps(message(order)).encode()


def parse_body(text: bytes) -> Order:
    """The order in a call of ``/fetchAhead``; raises UsageError."""
    try:
        return parse(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "/fetchAhead wants a JSON object: jobId, number, partitions (each once), sources,"
            " and perhaps neighbours, framed"
        ) from error


def _source(row: object, partitions: int) -> Source:
    if not isinstance(row, list) or len(row) != 3:
        raise ValueError("no map outputs of a worker")
    url, ids, rows = row
    if not isinstance(url, str) or not _are_ids(ids):
        raise ValueError("no map outputs of a worker")
    if not isinstance(rows, list) or len(rows) != partitions:
        raise ValueError("not one sum for each partition")
    return Source(url, tuple(ids), tuple(map(_sum, rows)))


def _are_ids(told: object) -> TypeGuard[list[str]]:
    return isinstance(told, list) and bool(told) and all(isinstance(one, str) for one in told)


def _sum(row: object) -> Sum:
    numbers = _numbers(row)
    if len(numbers) != 2:
        raise ValueError("no sum of records and bytes")
    return Sum(*numbers)


def _numbers(row: object) -> tuple[int, ...]:
    if not isinstance(row, list) or not all(type(one) is int and one >= 0 for one in row):
        raise ValueError("no whole numbers")
    return tuple(row)
