"""A watch expires when nothing has changed for too long; the clock is the test's."""

from __future__ import annotations

import threading

import pytest

from hadoopless.data.program.idle import IdleWatch, Watcher


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float, watch: IdleWatch) -> None:
        """Let time pass, and *watch* look."""
        self.now += seconds
        watch.look()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_it_expires_once(clock: Clock) -> None:
    expired: list[int] = []
    watch = IdleWatch(8.0, lambda: (1, 2), lambda: expired.append(1), clock)
    assert watch.pause == 1.0
    for _ in range(8):
        clock.pass_by(1.0, watch)  # the first look finds signs that it has not seen
    assert expired == []
    for _ in range(20):
        clock.pass_by(1.0, watch)
    assert expired == [1]


def test_any_change_starts_anew(clock: Clock) -> None:
    expired: list[int] = []
    signs: list[int | None] = [0]
    watch = IdleWatch(8.0, lambda: signs[0], lambda: expired.append(1), clock)
    for sign in (1, 2, None, 3, 2, None):
        signs[0] = sign
        for _ in range(8):
            clock.pass_by(1.0, watch)
    assert expired == []
    for _ in range(50):
        clock.pass_by(1.0, watch)  # nobody's turn but ours
    assert expired == []


def test_a_pause_of_the_machine_is_nobodys_fault(clock: Clock) -> None:
    expired: list[int] = []
    watch = IdleWatch(8.0, lambda: 0, lambda: expired.append(1), clock)
    clock.pass_by(1.0, watch)
    clock.pass_by(1000.0, watch)
    assert expired == []


def test_looks_are_neither_rare_nor_frequent() -> None:
    assert IdleWatch(600.0, lambda: 0, lambda: None).pause == 10.0
    assert IdleWatch(0.001, lambda: 0, lambda: None).pause == 0.01


def test_one_thread_watches_all() -> None:
    before = threading.active_count()
    watcher = Watcher()
    slow = IdleWatch(1000.0, lambda: 0, lambda: None)
    watcher.add(slow)
    expired = [threading.Event() for _ in range(3)]
    quick = [IdleWatch(0.02, lambda: 0, event.set) for event in expired]
    for watch in quick:
        watcher.add(watch)
    assert all(event.wait(60) for event in expired)
    assert threading.active_count() == before + 1
    for watch in (slow, *quick):
        watcher.remove(watch)
        watcher.remove(watch)


def test_a_watch_that_was_removed_is_not_looked_at() -> None:
    watcher = Watcher()
    looks: list[str] = []
    removed = IdleWatch(0.02, lambda: looks.append("removed"), lambda: None)
    watcher.add(removed)
    watcher.remove(removed)
    looks.clear()
    another = threading.Event()
    watcher.add(IdleWatch(0.02, lambda: 0, another.set))
    assert another.wait(60)
    assert looks == []
