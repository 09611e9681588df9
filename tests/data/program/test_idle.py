"""When nothing changes for too long; the clock is the test's."""

from __future__ import annotations

import threading

import pytest

from hadoopless.data.program import idle
from hadoopless.data.program.idle import IdleWatch


class Clock:
    """Time that passes when a test says so; nobody else watches."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def add(self, watch: IdleWatch) -> None:
        self.watch: IdleWatch | None = watch

    def remove(self, watch: IdleWatch) -> None:
        assert watch is self.watch
        self.watch = None

    def pass_by(self, seconds: float) -> None:
        assert self.watch is not None
        self.now += seconds
        self.watch.look()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(idle, "time", clock)
    monkeypatch.setattr(idle, "_watcher", clock)
    return clock


def test_it_expires_once(clock: Clock) -> None:
    expired: list[int] = []
    watch = IdleWatch(8.0, lambda: (1, 2), lambda: expired.append(1))
    assert watch.pause == 1.0
    for _ in range(8):
        clock.pass_by(1.0)  # the first look finds signs that it has not seen
    assert expired == []
    for _ in range(20):
        clock.pass_by(1.0)
    assert expired == [1]
    watch.stop()
    assert clock.watch is None


def test_any_change_starts_anew(clock: Clock) -> None:
    expired: list[int] = []
    signs: list[int | None] = [0]
    IdleWatch(8.0, lambda: signs[0], lambda: expired.append(1))
    for sign in (1, 2, None, 3, 2, None):
        signs[0] = sign
        for _ in range(8):
            clock.pass_by(1.0)
    assert expired == []
    for _ in range(50):
        clock.pass_by(1.0)  # nobody's turn but ours
    assert expired == []


def test_a_pause_of_the_machine_is_nobodys_fault(clock: Clock) -> None:
    expired: list[int] = []
    IdleWatch(8.0, lambda: 0, lambda: expired.append(1))
    clock.pass_by(1.0)
    clock.pass_by(1000.0)
    assert expired == []


def test_looks_are_neither_rare_nor_frequent(clock: Clock) -> None:
    assert IdleWatch(600.0, lambda: 0, lambda: None).pause == 10.0
    assert IdleWatch(0.001, lambda: 0, lambda: None).pause == 0.01


def test_one_thread_watches_all() -> None:
    slow = IdleWatch(1000.0, lambda: 0, lambda: None)
    expired = [threading.Event() for _ in range(3)]
    quick = [IdleWatch(0.02, lambda: 0, event.set) for event in expired]
    assert all(event.wait(60) for event in expired)
    assert sum(thread.name == "idle-watch" for thread in threading.enumerate()) == 1
    for watch in (slow, *quick):
        watch.stop()
