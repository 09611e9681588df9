"""The bytes of a job's tasks, as a snapshot tells them while maps and reduces come and go."""

from __future__ import annotations

from hadoopless.scheduler import PhaseCounts, Scheduler, Worked
from tests.scheduler.harness import Fed, m, r


def reduces(job: Fed) -> tuple[int, int]:
    """The bytes of all reduces, and of those that are done."""
    phase = job.core.snapshot().reduces
    return phase.bytes, phase.bytes_done


def test_the_bytes_of_maps_are_those_of_their_splits() -> None:
    job = Fed(maps=3, reduces=1)  # of 100, 101 and 102 bytes
    job.begin()
    job.ok(m(1), "b", after=2.0)
    job.ok(m(0), "a", after=0.5)
    assert job.core.snapshot().maps == PhaseCounts(
        total=3, waiting=0, running=1, done=2, bytes=303, bytes_done=201, worked=Worked(2, 201, 4.5)
    )


def test_the_bytes_of_reduces_are_known_when_all_maps_are_done() -> None:
    job = Fed(maps=2, reduces=2)
    job.begin()
    job.ok(m(0), "a", (10, 1))
    assert reduces(job) == (0, 0)
    job.ok(m(1), "b", (20, 2))
    assert reduces(job) == (33, 0)
    assert {one.attempt: one.bytes for one in job.core.snapshot().attempts} == {r(0): 30, r(1): 3}
    job.ok(r(0), "a", after=4.0)
    assert reduces(job) == (33, 30)
    assert job.core.snapshot().reduces.worked == Worked(1, 30, 4.0)


def test_those_of_reduces_stay_while_maps_run_again() -> None:
    job = Fed(maps=2, reduces=3, slots=2)
    job.begin()
    job.ok(m(0), "a", (10, 1, 5))
    job.ok(m(1), "b", (20, 2, 6))
    job.ok(r(0), "a")
    job.lose("b")
    assert job.core.snapshot().maps.bytes_done == 100
    assert reduces(job) == (44, 30)
    job.ok(m(1, 1), "a", (20, 2, 6))
    assert reduces(job) == (44, 30)
    maps = job.core.snapshot().maps
    assert (maps.bytes_done, maps.worked.tasks, maps.worked.bytes) == (201, 3, 302)


def test_tasks_that_an_earlier_coordinator_has_finished() -> None:
    job = Fed(maps=1, reduces=2, committed=frozenset({1}))
    job.begin()
    job.ok(m(0), "a", (7, 8))
    assert reduces(job) == (15, 8)
    alone = Scheduler(3, 0, ["a"], committed=frozenset({1}), map_bytes=[1, 2, 4])
    assert alone.snapshot().maps.bytes_done == 2


def test_workers_that_tell_no_sizes() -> None:
    job = Fed(maps=1, reduces=1)
    job.begin()
    job.ok(m(0), "a")
    job.ok(r(0), "a")
    assert reduces(job) == (0, 0)
