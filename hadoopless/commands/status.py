"""``hadoopless status``: the workers that a job would find, and the state of each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from hadoopless import __version__
from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.entry import startup, typed
from hadoopless.entry.arguments import Parser, add_shared
from hadoopless.entry.settings import naming_sources, parse_all
from hadoopless.entry.telling import failed, tell
from hadoopless.errors import MapReduceError, NoWorkersError
from hadoopless.sizes import show_duration, show_size
from hadoopless.visible import visible
from hadoopless.wire import addresses, tls, tokens
from hadoopless.wire.inventory import chosen_inventory
from hadoopless.wire.limits import PROBE_TIMEOUT
from hadoopless.wire.messages.replies import WorkerState
from hadoopless.wire.unreachable import Unreachable

_EXAMPLE = """\
example:
  hadoopless status --json | jq '.workers[] | select(.state != "ready") | .url'
exit codes:
  0    all workers can be used
  1    some cannot
  2    a wrong option
  5    none can
"""
SCHEMA = 1
_SOME, _NONE = 1, NoWorkersError.exit_code
#: The states of workers that a job uses: ours, and one that is named and knows the plain calls.
_USABLE = ("ready", "plain")
_HEAD = ("worker", "state", "tasks", "outputs", "memory", "up", "version", "process")
#: The most questions at a time.
_MOST_AT_ONCE = 32


class Seen(Struct, frozen=True):
    """One worker as it was seen; *reason* says why it is not ready."""

    url: str
    #: One of ready, plain, silent, stranger, trouble.
    state: str
    reason: str = ""
    process: int = 0
    told: WorkerState = WorkerState()
    #: Bytes of memory and CPU seconds of its process.
    process_memory: int = 0
    cpu: float = 0.0


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless status",
        description="Tell which workers answer, and what they do.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--workers", metavar="URL,URL", help="these, not the inventory's")
    add_shared(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str], inventory: Mapping[str, Any]) -> int:
    """Print the state of all workers; returns the exit code of the process."""
    try:
        startup.let_interrupts_raise()
        options = parse_all(new_parser(), words, "status")
        with naming_sources(options):
            tokens.take()
            tls.begin(vars(options))
            urls = addresses.wanted_urls(options.workers, chosen_inventory(options, inventory))
        with ThreadPoolExecutor(min(len(urls), _MOST_AT_ONCE)) as threads:
            workers = list(threads.map(seen, urls))
    except MapReduceError as error:
        return failed("hadoopless status", "status", SCHEMA, error, as_json="--json" in words)
    except KeyboardInterrupt:
        print("hadoopless status: cancelled", file=sys.stderr)
        return startup.INTERRUPTED
    tell(json.dumps(as_object(workers)) if options.json else shown(workers))
    return exit_code(workers)


def seen(url: str) -> Seen:
    """Ask the worker at *url* who it is, and what it does."""
    client = WorkerClient(url)
    try:
        client.meet(PROBE_TIMEOUT, plain=True, any_pool=False)
        if not client.ours:
            return Seen(url, "plain", "it knows only the plain calls for us")
        health = client.state(PROBE_TIMEOUT)
        told = health.state or WorkerState()
        return Seen(url, "ready", "", health.pid, told, health.resident, health.cpu)
    except Unreachable as error:
        return Seen(url, "silent", str(error))
    except Stranger as error:
        return Seen(url, "stranger", f"it {error.why}")
    except MapReduceError as error:
        return Seen(url, "trouble", str(error))
    finally:
        client.close()


def exit_code(workers: Sequence[Seen]) -> int:
    """The exit code that tells whether all, some or none of *workers* can be used."""
    usable = sum(worker.state in _USABLE for worker in workers)
    if not usable:
        return _NONE
    return 0 if usable == len(workers) else _SOME


def as_object(workers: Sequence[Seen]) -> dict[str, Any]:
    """The state of *workers* for programs: docs/json.md describes the object."""
    code = exit_code(workers)
    return {
        "object": "status",
        "schema": SCHEMA,
        "status": {0: "all", _SOME: "some", _NONE: "none"}[code],
        "exitCode": code,
        "version": __version__,
        "workers": [
            {
                "url": worker.url,
                "state": worker.state,
                "reason": worker.reason,
                "process": worker.process,
                "version": worker.told.version,
                "uptimeSeconds": worker.told.uptime,
                "tasks": worker.told.running,
                "slots": worker.told.slots,
                "mapOutputs": worker.told.outputs,
                "processMemoryBytes": worker.process_memory,
                "cpuSeconds": worker.cpu,
                "memoryBytes": worker.told.memory,
                "memoryUsedBytes": worker.told.memory_used,
            }
            for worker in workers
        ],
    }


def shown(workers: Sequence[Seen]) -> str:
    """The state of *workers* for people: a line for each, and their sum."""
    head = _HEAD if any(worker.state == "ready" for worker in workers) else _HEAD[:2]
    rows = [head, *map(_row, workers)]
    # A reason, in the last cell of its row, may be as long as it is.
    cells = [row if len(row) == len(_HEAD) else row[:2] for row in rows]
    columns = zip_longest(*cells, fillvalue="")
    widths = [max(map(len, column)) for column in columns]
    widths += [0] * (len(_HEAD) - len(widths))
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return visible("\n".join((*lines, _sum(workers))))


def _row(worker: Seen) -> tuple[str, ...]:
    told = worker.told
    if worker.state != "ready":
        return (worker.url, worker.state, worker.reason)
    return (
        worker.url,
        worker.state,
        f"{told.running} of {told.slots}",
        str(told.outputs),
        f"{show_size(told.memory_used)} of {show_size(told.memory)}",
        show_duration(told.uptime),
        told.version,
        str(worker.process),
    )


def _sum(workers: Sequence[Seen]) -> str:
    usable = [worker for worker in workers if worker.state in _USABLE]
    if not usable:
        return (
            f"no worker can be used; start some: {typed.line('workers.py')}; without any, a job"
            " starts workers of its own"
        )
    text = f"{len(usable)} of {len(workers)} workers can be used"
    others = {worker.told.version for worker in usable} - {__version__, ""}
    return f"{text}; restart those that are not of version {__version__}" if others else text
