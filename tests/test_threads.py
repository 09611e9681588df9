"""Threads that are used again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

import pytest

from hadoopless import threads

PATIENCE = 20.0


def done(work: Callable[[], None]) -> threading.Event:
    """An event that is set when a thread has done *work*."""
    event = threading.Event()

    def run() -> None:
        work()
        event.set()

    threads.run(run, "test")
    return event


def _wait(event: threading.Event) -> None:
    event.wait(PATIENCE)


def occupied(go: threading.Event) -> list[threading.Event]:
    """Keep all threads busy until *go* is set; returns the events of their ends."""
    return [done(lambda: _wait(go)) for _ in range(threading.active_count() + 1)]


def test_work_that_follows_uses_the_same_thread():
    """The second work may come before the first thread waits again, but not each time."""
    seen: set[int] = set()
    for _ in range(200):
        assert done(lambda: seen.add(threading.get_ident())).wait(PATIENCE)
    assert len(seen) < 100


def test_works_at_the_same_time_have_threads_of_their_own():
    meeting = threading.Barrier(8)

    def meet() -> None:
        meeting.wait(PATIENCE)

    events = [done(meet) for _ in range(8)]
    assert all(event.wait(PATIENCE) for event in events)
    assert not meeting.broken


def test_an_error_ends_its_thread_and_is_told(monkeypatch: pytest.MonkeyPatch):
    told: SimpleQueue[type[BaseException]] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda args: told.put(args.exc_type))

    def fail() -> None:
        raise KeyError("of the test")

    threads.run(fail, "test")
    assert told.get(timeout=PATIENCE) is KeyError
    assert done(lambda: None).wait(PATIENCE)


def test_a_work_for_which_no_thread_can_be_started_is_never_done(monkeypatch: pytest.MonkeyPatch):
    """It would be done by the next idle thread, with descriptors that are somebody else's by then.

    That thread would be taken for idle meanwhile, and a later work would wait for this one.
    """

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    done_late = threading.Event()
    go = threading.Event()
    busy = occupied(go)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            threads.run(done_late.set, "test")
    go.set()
    assert all(event.wait(PATIENCE) for event in busy)
    assert all(done(lambda: None).wait(PATIENCE) for _ in range(20))
    assert not done_late.is_set()


def test_a_work_is_waited_for_by_all_who_ask():
    go = threading.Event()
    work = threads.Work(lambda: _wait(go), "test")
    assert not work.join(0)
    go.set()
    assert work.join(PATIENCE)
    assert work.join()


def test_a_work_that_fails_has_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(threading, "excepthook", lambda args: None)

    def fail() -> None:
        raise KeyError("of the test")

    assert threads.Work(fail, "test").join(PATIENCE)


def test_a_fork_has_none_of_the_threads():
    """Its works would wait for ever for those that the parent had idle."""
    assert done(lambda: None).wait(PATIENCE)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if done(lambda: None).wait(PATIENCE) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
