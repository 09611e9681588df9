"""Orders to cancel that come before what they are about: each is obeyed once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.errors import Cancelled
from hadoopless.wire.messages.tasks import TaskContext
from hadoopless.worker.handlers import TaskRunner
from hadoopless.worker.revoked import Revoked
from hadoopless.worker.session import Running


def test_an_order_counts_once() -> None:
    orders = Revoked()
    orders.add("map-1-2")
    assert [orders.take("map-1-2"), orders.take("map-1-2"), orders.take("map-1-3")] == [
        True,
        False,
        False,
    ]


def test_the_oldest_orders_are_forgotten() -> None:
    orders = Revoked(3)
    for name in ("a", "b", "a", "c", "d", "x" * 1000):
        orders.add(name)
    assert len(orders) == 3
    assert [name for name in "abcd" if orders.take(name)] == ["a", "c", "d"]


def test_a_joined_worker_does_not_run_what_was_cancelled_before() -> None:
    running = Running()
    running.cancel(["map-1-2"])
    with (
        running.attempt("map-1-2") as cancellation,
        pytest.raises(Cancelled, match="before it began"),
    ):
        cancellation.check()
    with running.attempt("map-1-2") as again:
        again.check()
        running.cancel(["map-1-2"])
        with pytest.raises(Cancelled, match="by its coordinator"):
            again.check()
    with running.attempt("map-1-2") as obeyed:
        obeyed.check()


def test_a_called_worker_does_not_run_what_was_cancelled_before() -> None:
    """Other attempts, and attempts of the same name in other jobs, do run."""
    runner = TaskRunner()

    def run(job: str, attempt: str) -> str:
        def work(cancellation: Cancellation, _: Callable[[], None]) -> str:
            cancellation.check()
            return "runs"

        return asyncio.run(runner.run(TaskContext(job, attempt, None), Cancellation(), work))

    assert runner.cancel("one", "map-1-2") == 0
    assert run("other", "map-1-2") == run("one", "map-1-3") == "runs"
    with pytest.raises(Cancelled, match="before it began"):
        run("one", "map-1-2")
    assert run("one", "map-1-2") == "runs"
