"""Threads that are used again."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from hadoopless.coordinator.push import threads

PATIENCE = 20.0


def test_work_that_follows_uses_the_same_thread():
    """The second work may come before the first thread waits again, but not each time."""
    seen: set[int] = set()
    for _ in range(200):
        assert threads.run(lambda: seen.add(threading.get_ident()), "test").wait(PATIENCE)
    assert len(seen) < 100


def test_works_at_the_same_time_have_threads_of_their_own():
    meeting = threading.Barrier(8)

    def meet() -> None:
        meeting.wait(PATIENCE)

    done = [threads.run(meet, "test") for _ in range(8)]
    assert all(one.wait(PATIENCE) for one in done)
    assert not meeting.broken


def test_an_error_ends_its_thread_and_is_told(monkeypatch: pytest.MonkeyPatch):
    told: SimpleQueue[type[BaseException]] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda args: told.put(args.exc_type))

    def fail() -> None:
        raise KeyError("of the test")

    assert threads.run(fail, "test").wait(PATIENCE)
    assert told.get(timeout=PATIENCE) is KeyError
    assert threads.run(lambda: None, "test").wait(PATIENCE)
