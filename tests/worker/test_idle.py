"""A worker that has become idle, which is told once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.wire.metrics.figures import PHASES
from hadoopless.worker.idle import Idleness, when_idle
from hadoopless.worker.tally import Tally


def test_it_is_told_once_after_some_work(tmp_path: Path) -> None:
    tally, store = Tally(), MapOutputStore(1 << 20, str(tmp_path))
    idleness = Idleness(tally, store)
    assert not idleness.has_begun(), "it has done nothing yet"
    with tally.attempt(PHASES[0]):
        assert not idleness.has_begun()
        assert not idleness.has_begun(), "a long task is work, too"
    assert not idleness.has_begun(), "it has ended since the last question"
    assert idleness.has_begun()
    assert not idleness.has_begun()
    with tally.attempt(PHASES[0]):
        pass
    assert not idleness.has_begun(), "there was one since the last question"
    assert idleness.has_begun()
    assert not idleness.has_begun()
    store.open("held", "job", 1)
    assert not idleness.has_begun()
    assert idleness.has_begun(), "the job goes on elsewhere"
    store.release_job("job")
    assert not idleness.has_begun(), "there is something to give back"
    assert idleness.has_begun()
    assert not idleness.has_begun()


def test_memory_is_given_back_again_after_a_time_without_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[Callable[[], None]] = []
    given = threading.Event()
    in_a_thread = asyncio.to_thread

    async def no_thread_at_first(work: Callable[[], None]) -> None:
        tries.append(work)
        if len(tries) == 1:
            raise RuntimeError("can't start new thread")
        await in_a_thread(work)

    async def until_given() -> None:
        chore = asyncio.create_task(when_idle(lambda: True, 0.0, given.set))
        assert await in_a_thread(given.wait, 30)
        chore.cancel()

    monkeypatch.setattr(asyncio, "to_thread", no_thread_at_first)
    asyncio.run(until_given())
    assert len(tries) >= 2
