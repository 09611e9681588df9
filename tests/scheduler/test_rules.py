"""The rules of the package itself: legal moves, stories, snapshots, purity, the queues alone."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hadoopless.scheduler
from hadoopless.job import map_task, reduce_task
from hadoopless.scheduler import (
    EndReason,
    IllegalMoveError,
    PhaseCounts,
    RunningAttempt,
    Snapshot,
    TaskState,
    Worked,
    WorkerState,
)
from hadoopless.scheduler.queues import Stealing, TaskQueues
from hadoopless.scheduler.tasks import STORY_LIMIT, Task
from tests.scheduler.harness import Fed, m, r

PACKAGE = Path(hadoopless.scheduler.__file__).parent


def test_a_committed_partition_stays_committed() -> None:
    task = Task(reduce_task(3), 0)
    task.move(TaskState.RUNNING)
    task.note(1.5, 0, "started", "a")
    task.move(TaskState.DONE)
    with pytest.raises(IllegalMoveError) as caught:
        task.move(TaskState.WAITING)
    assert str(caught.value) == (
        "no move from done to waiting\nreduce 3 is done\n  1.500 attempt 0: started on a"
    )
    assert task.state is TaskState.DONE


def test_a_map_output_can_be_lost() -> None:
    task = Task(map_task(0), 0)
    for state in (TaskState.RUNNING, TaskState.DONE, TaskState.WAITING, TaskState.RUNNING):
        task.move(state)
    task.move(TaskState.FAILED)
    with pytest.raises(IllegalMoveError):
        task.move(TaskState.WAITING)


def test_a_story_is_told_in_order() -> None:
    job = Fed(maps=2, reduces=1)
    job.begin()
    job.now = 2.0
    job.fail(m(0), "a")
    job.ok(m(1), "b", after=1.25)
    assert job.core.story(map_task(0)) == (
        "map 0 is running\n"
        "  0.000 attempt 0: started on a\n"
        "  2.000 attempt 0: program failed on a\n"
        "  3.250 attempt 1: started on b"
    )


def test_a_story_is_bounded() -> None:
    job = Fed(maps=1, reduces=1, workers="a")
    job.begin()
    for number in range(15):
        job.fail(m(0, number), "a", EndReason.CANCELLED)
    lines = job.core.story(map_task(0)).splitlines()
    assert len(lines) == STORY_LIMIT + 2
    assert lines[1] == "  (7 earlier lines left out)"
    assert lines[2] == "  0.000 attempt 3: cancelled on a"
    assert lines[-1] == "  0.000 attempt 15: started on a"


def test_a_snapshot_of_everything() -> None:
    job = Fed(maps=3, reduces=2, workers="abc", slots=2)
    job.begin()
    job.ok(m(0), "a", after=1.0)
    job.fail(m(1), "b")
    job.lose("c")
    assert job.core.snapshot() == Snapshot(
        now=1.0,
        started=True,
        ended=False,
        maps=PhaseCounts(3, 0, 2, 1, bytes=303, bytes_done=100, worked=Worked(1, 100, 1.0)),
        reduces=PhaseCounts(total=2, waiting=2, running=0, done=0),
        attempts=(
            RunningAttempt(m(1, 1), "a", 1.0, backup=False, bytes=101),
            RunningAttempt(m(2, 1), "b", 1.0, backup=False, bytes=102),
        ),
        workers=(WorkerState("a", 2, 1, None), WorkerState("b", 2, 1, None)),
        retries=2,
        lost_workers=1,
        backups_started=0,
        backups_won=0,
    )


def test_slots_are_positive() -> None:
    job = Fed(maps=1, reduces=1, slots=0)
    with pytest.raises(ValueError, match=r"^a joins with 0 slots"):
        job.join("a")


def test_unknown_tasks_have_no_story() -> None:
    with pytest.raises(IndexError):
        Fed(maps=1, reduces=1).core.story(r(7).task)


def test_the_package_is_pure() -> None:
    allowed = {f"hadoopless.{room}" for room in ("job", "errors", "failure", "scheduler")}
    allowed |= {"__future__", "collections", "enum", "heapq", "msgspec", "operator", "typing"}
    found = set()
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
            elif isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            assert not isinstance(node, ast.Await | ast.AsyncFunctionDef)
    roots = {name if name.startswith("hadoopless.") else name.split(".")[0] for name in found}
    roots = {"hadoopless.scheduler" if n.startswith("hadoopless.scheduler") else n for n in roots}
    assert roots <= allowed


WORKERS = ["a", "b", "c"]


@given(
    st.sets(st.integers(0, 20)),
    st.sampled_from(Stealing),
    st.booleans(),
    st.none() | st.lists(st.integers(0, 5), min_size=21, max_size=21),
    st.data(),
)
def test_queues_lose_nothing_and_give_nothing_twice(
    indices: set[int],
    stealing: Stealing,
    pinned: bool,
    sizes: list[int] | None,
    data: st.DataObject,
) -> None:
    queues = TaskQueues(indices, WORKERS, stealing=stealing, pinned=pinned, sizes=sizes)
    inside, outside = Counter(indices), Counter[int]()
    names = st.sampled_from([*WORKERS, "z"])
    for _ in range(data.draw(st.integers(0, 40))):
        step = data.draw(st.sampled_from(["take", "steal", "put back"]))
        index: int | None
        if step == "put back":
            if outside:
                index = data.draw(st.sampled_from(sorted(outside)))
                avoid = frozenset(data.draw(st.sets(names)))
                queues.put_back(index, avoid)
                outside -= Counter([index])
                inside += Counter([index])
            continue
        usable = data.draw(st.sets(names, min_size=1))
        worker = data.draw(st.sampled_from(sorted(usable)))
        idle = data.draw(st.sets(names))
        index = queues.take(worker, usable, idle) if step == "take" else queues.steal(usable)
        if index is not None:
            assert index in inside
            if step == "steal":
                assert stealing is not Stealing.NEVER
                assert stealing is Stealing.FROM_ALL or queues.home(index) not in usable
            elif pinned:
                assert queues.home(index) == worker
            inside -= Counter([index])
            outside += Counter([index])
        assert sorted(queues.all()) == sorted(inside)
        assert queues.waiting == len(inside)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_thieves_take_reduces_in_the_order_of_size(sizes: list[int]) -> None:
    indices = range(len(sizes))
    queues = TaskQueues(indices, WORKERS, stealing=Stealing.FROM_ALL, pinned=False, sizes=sizes)
    taken = [queues.steal(set()) for _ in sizes]
    assert taken == sorted(range(len(sizes)), key=lambda index: (-sizes[index], index))
