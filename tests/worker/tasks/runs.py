"""Runs of single tasks within this process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.record.layout import layout_of
from hadoopless.data.runs.runs import Run
from hadoopless.job import MapOutput, Split, Sum, TaskReport
from hadoopless.rules import FieldRange, KeyFields, Rules
from hadoopless.wire.messages.fetch_ahead import Order, Source
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest, TaskContext
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.map_task import run_map_task
from hadoopless.worker.tasks.reduce_task import run_reduce_task
from tests.data.shuffle.peers import Server
from tests.processes import until

FRAMED = Rules(order=KeyFields((FieldRange(numeric=True),)))


def map_request(
    services: Services,
    mapper: str,
    rules: Rules = FRAMED,
    combiner: str | None = None,
    reducers: int = 3,
) -> MapRequest:
    """The request for a map task over 5000 lines."""
    root = Path(services.settings.root)
    (root / "input").write_bytes(b"".join(b"%d\tx\n" % number for number in range(5000)))
    (root / "out").mkdir(exist_ok=True)
    context = TaskContext("job", "map-0-0", str(root), rules=rules)
    split = Split(str(root / "input"))
    return MapRequest(mapper, split, reducers, combiner, context, index=0, job_path="out")


def run_map(
    services: Services,
    mapper: str,
    rules: Rules = FRAMED,
    cancellation: Cancellation | None = None,
    combiner: str | None = None,
    reducers: int = 3,
) -> tuple[MapOutput | None, TaskReport]:
    request = map_request(services, mapper, rules, combiner, reducers)
    root = Root(services.settings.root)
    return run_map_task(request, root, services, cancellation or Cancellation())


def run_reduce(
    services: Services,
    reducer: str,
    ids: tuple[str, ...],
    rules: Rules,
    cancellation: Cancellation | None = None,
    expected: Sum | None = None,
    worker: str = "",
) -> TaskReport:
    """The report of a reduce task that fetches from *worker*, or has all that it needs itself."""
    root = services.settings.root
    context = TaskContext("job", "reduce-0-0", root, rules=rules)
    workers = (worker or services.url,) * len(ids)
    request = ReduceRequest(reducer, 0, ids, "out", workers, context, expected)
    return run_reduce_task(request, Root(root), services, cancellation or Cancellation())


def merge_ahead(
    services: Services, peer: Server, outputs: Mapping[str, Sequence[Run]], rules: Rules
) -> None:
    """Let the worker fetch and merge what the task of :func:`run_reduce` will want."""
    together = Sum.of(run.sum for runs in outputs.values() for run in runs)
    source = Source(peer.url, tuple(outputs), (together,))
    order = Order("job", 1, (0,), (source,), (tuple(outputs),), layout_of(rules).framed)
    services.fetched_ahead.obey(order)


def fetch_ahead(services: Services, peer: Server, map_task_id: str, together: Sum) -> None:
    """Let the worker fetch what the task of :func:`run_reduce` will want; wait until it asks."""
    source = Source(peer.url, (map_task_id,), (together,))
    services.fetched_ahead.obey(Order("job", 1, (0,), (source,)))
    until(lambda: peer.asked, lambda: "nobody asks the peer")
