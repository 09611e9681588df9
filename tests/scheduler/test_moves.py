"""The table of legal moves names the causes of each: those that happen, and no others."""

from __future__ import annotations

import pytest

from hadoopless.scheduler import Event, Policy, Scheduler, actions, events
from hadoopless.scheduler.actions import Action
from hadoopless.scheduler.states import MAP_MOVES, REDUCE_MOVES, Move, TaskState
from hadoopless.scheduler.tasks import Task
from tests.scheduler.harness import Fed
from tests.simulation.run import run_seed

TABLES = {False: MAP_MOVES, True: REDUCE_MOVES}
SEEDS = 120


class Watch:
    """All moves that tasks make, each with the names of what may have caused it."""

    def __init__(self) -> None:
        #: True for a reduce, the move, and the names of the event and actions that were with it.
        self.seen: list[tuple[bool, Move, set[str]]] = []
        self._made: list[tuple[bool, Move]] = []

    def start(self, monkeypatch: pytest.MonkeyPatch) -> None:
        handle, move = Scheduler.handle, Task.move

        def watched_move(task: Task, new: TaskState) -> None:
            old = task.state
            move(task, new)
            self._made.append((task.id.is_reduce, (old, new)))

        def watched_handle(core: Scheduler, event: Event, *, now: float) -> list[Action]:
            self._flush({"committed"})
            returned = handle(core, event, now=now)
            self._flush({type(one).__name__ for one in (event, *returned)})
            return returned

        monkeypatch.setattr(Task, "move", watched_move)
        monkeypatch.setattr(Scheduler, "handle", watched_handle)

    def _flush(self, causes: set[str]) -> None:
        self.seen += [(is_reduce, move, causes) for is_reduce, move in self._made]
        self._made.clear()


def lose_the_only_worker_of(is_reduce: bool) -> None:
    """A task fails for good, because its worker was lost once too often."""
    fed = Fed(0 if is_reduce else 1, 1, "ab", policy=Policy(max_losses=1))
    fed.begin()
    fed.lose("a")


def resume_without_reduces() -> None:
    """A map is done before the job begins: an earlier coordinator has committed its output."""
    Fed(2, 0, "a", committed=frozenset({1})).begin()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, Move, set[str]]]:
    watch = Watch()
    with monkeypatch.context() as patches:
        watch.start(patches)
        for seed in range(SEEDS):
            run_seed(seed)
        lose_the_only_worker_of(is_reduce=False)
        lose_the_only_worker_of(is_reduce=True)
        resume_without_reduces()
    return watch.seen


def test_the_table_is_what_happens(seen: list[tuple[bool, Move, set[str]]]) -> None:
    happened = set()
    for is_reduce, move, present in seen:
        causes = present & set(TABLES[is_reduce][move])
        assert causes, f"{move} of a {'reduce' if is_reduce else 'map'} with {present}"
        happened |= {(is_reduce, move, cause) for cause in causes}
    named = {
        (is_reduce, move, cause)
        for is_reduce, table in TABLES.items()
        for move, causes in table.items()
        for cause in causes
    }
    assert happened == named


def test_causes_are_events_and_actions() -> None:
    names = {cause for table in TABLES.values() for causes in table.values() for cause in causes}
    for name in names - {"committed"}:
        assert hasattr(events, name) or hasattr(actions, name), name
