"""Clusters in virtual time, and a few ways to break the scheduler that they must notice.

More seeds: ``python -m tests.simulation --seeds 100000``; one: ``--seed 7 --story``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

import pytest

from hadoopless.job import AttemptId
from hadoopless.scheduler import (
    AttemptSucceeded,
    CommitOutput,
    EndReason,
    ReleaseOutputs,
    Scheduler,
)
from hadoopless.scheduler.dispatch import Dispatcher
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.tasks import Attempt
from hadoopless.scheduler.workers import Workers
from tests.simulation.referee import ViolationError
from tests.simulation.run import Simulation, run_seed, story
from tests.simulation.scenario import Scenario, Trouble, draw

SEEDS = 300
BATCH = 50


@pytest.mark.parametrize("start", range(0, SEEDS, BATCH))
def test_seeds(start: int) -> None:
    for seed in range(start, start + BATCH):
        run_seed(seed)


def test_a_calm_cluster_always_succeeds() -> None:
    calm = [seed for seed in range(SEEDS) if draw(seed).calm]
    harmless = [
        seed
        for seed in calm
        if not (draw(seed).flaky or draw(seed).doomed or draw(seed).bad_worker)
        and draw(seed).cancelled_at is None
    ]
    assert len(harmless) > 20
    assert {run_seed(seed).outcome for seed in harmless} == {"success"}


def with_one_full_disk() -> list[Scenario]:
    """Calm clusters in which one worker can do nothing, and another one may do its work."""
    calm = [draw(seed) for seed in range(SEEDS) if draw(seed).calm]
    harmless = [
        scenario
        for scenario in calm
        if not (scenario.flaky or scenario.doomed or scenario.bad_worker)
        and scenario.cancelled_at is None
        and not scenario.policy.strict_round_robin
        and len(scenario.workers) > 1
    ]
    assert len(harmless) > 10
    return [
        replace(scenario, troubles=(Trouble(worker, 0.0, inf),))
        for scenario in harmless
        for worker in scenario.workers
    ]


def test_a_full_disk_is_the_worker_s_own_trouble() -> None:
    """The job succeeds on the other workers, and soon."""
    for scenario in with_one_full_disk():
        result = Simulation(scenario).run()
        assert result.outcome == "success", scenario
        # In virtual seconds; the other workers have twice the work at most.
        without = Simulation(replace(scenario, troubles=())).run()
        assert result.seconds < 2 * without.seconds + 20, scenario


def test_a_partition_that_stayed_with_a_troubled_worker_would_fail_the_job(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cluster of :func:`test_a_full_disk_is_the_worker_s_own_trouble` notices that."""
    monkeypatch.setattr(Workers, "able", lambda self: self.joined.keys())
    monkeypatch.setattr(Scheduler, "check_invariants", lambda self: None)
    home = next(
        scenario
        for scenario in with_one_full_disk()
        if scenario.policy.sticky_reduces and scenario.troubles[0].worker == scenario.workers[0]
    )
    assert Simulation(home).run().outcome != "success"


def test_a_disk_that_is_full_for_all_fails_the_job() -> None:
    """At last, and for that reason."""
    calm = [draw(seed) for seed in range(SEEDS) if draw(seed).calm]
    scenarios = [s for s in calm if not s.doomed and s.cancelled_at is None]
    for scenario in scenarios[:40]:
        full = replace(
            scenario,
            flaky=0.0,
            bad_worker=None,
            troubles=tuple(Trouble(worker, 0.0, inf) for worker in scenario.workers),
        )
        assert Simulation(full).run().outcome == "DiskFull", full


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    """Nothing in the scheduler hangs on the order of a set or on an unseeded random number."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", "21", "--story"]
    stories = {
        subprocess.run(
            command,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert stories == {story(21) + "\n"}


# Broken on purpose ------------------------------------------------------------------------------


def without_stale_check(patch: pytest.MonkeyPatch) -> None:
    """Any report of a task counts for whichever attempt of it runs."""

    def running(self: Scheduler, attempt: AttemptId, worker: str) -> Attempt | None:
        return next(iter(self._task(attempt.task).running), None)

    patch.setattr(Scheduler, "_running", running)


def committing_late_reports(patch: pytest.MonkeyPatch) -> None:
    """A stale success of a reduce is committed as well."""
    on_succeeded = Scheduler._on_succeeded

    def commit_too(self: Scheduler, event: AttemptSucceeded) -> None:
        stale = self._running(event.attempt, event.worker) is None
        on_succeeded(self, event)
        if stale and event.output is None and not self.ended:
            self._out.append(CommitOutput(event.attempt, event.worker))

    patch.setattr(Scheduler, "_on_succeeded", commit_too)


def forgetting_lost_outputs(patch: pytest.MonkeyPatch) -> None:
    """The outputs that a lost worker held stay current."""
    patch.setattr(OutputTable, "held_by", lambda self, holder: [])


def forgetting_failed_fetches(patch: pytest.MonkeyPatch) -> None:
    """A reduce that could not fetch is run again, its maps are not."""
    patch.setattr(OutputTable, "current", lambda self, names: [])


def releasing_what_is_in_use(patch: pytest.MonkeyPatch) -> None:
    """A repeated report of the current output of a map has it released."""
    patch.setattr(OutputTable, "is_current", lambda self, index, output: False)


def never_releasing_strays(patch: pytest.MonkeyPatch) -> None:
    """A stale map success is ignored, and its output stays in the worker's memory for ever."""
    patch.setattr(Scheduler, "_release_stale", lambda self, index, worker, output: None)


def blaming_programs(patch: pytest.MonkeyPatch) -> None:
    """A lost worker counts as a failure of the program."""
    attempt_failed = Scheduler._attempt_failed

    def blame(self: Scheduler, attempt: Attempt, *args: Any, **kwargs: Any) -> None:
        self._task(attempt.id.task).failures += 1
        attempt_failed(self, attempt, *args, **kwargs)

    patch.setattr(Scheduler, "_attempt_failed", blame)


def blaming_programs_for_full_disks(patch: pytest.MonkeyPatch) -> None:
    """The trouble of a worker counts as a failure of the program that it ran."""
    blames = property(lambda self: self not in (EndReason.WORKER_LOST, EndReason.OUTPUT_LOST))
    patch.setattr(EndReason, "blames_program", blames)


def giving_up_with_the_first_troubled_worker(patch: pytest.MonkeyPatch) -> None:
    """A task whose worker is in trouble is tried on no other one."""
    patch.setattr(Dispatcher, "candidates", lambda self, task: set())


def never_giving_up(patch: pytest.MonkeyPatch) -> None:
    """A task is tried for as long as there are workers, whatever trouble they have."""
    attempt_failed = Scheduler._attempt_failed

    def go_on(
        self: Scheduler, attempt: Attempt, reason: EndReason, *args: Any, **kwargs: Any
    ) -> None:
        task = self._task(attempt.id.task)
        if reason is EndReason.WORKER_TROUBLE:
            task.losses = task.troubles = 0
        attempt_failed(self, attempt, reason, *args, **kwargs)

    patch.setattr(Scheduler, "_attempt_failed", go_on)


def releasing_before_the_end(patch: pytest.MonkeyPatch) -> None:
    """The outputs of a map are released as soon as the first reduce is done."""
    on_succeeded = Scheduler._on_succeeded

    def release_too(self: Scheduler, event: AttemptSucceeded) -> None:
        on_succeeded(self, event)
        if event.attempt.task.is_reduce:
            held = [out for out in self._outputs._outputs if out is not None]
            self._out.extend(ReleaseOutputs(o.worker, (o.map_task_id,)) for o in held)

    patch.setattr(Scheduler, "_on_succeeded", release_too)


MUTANTS = [
    without_stale_check,
    committing_late_reports,
    forgetting_lost_outputs,
    forgetting_failed_fetches,
    releasing_what_is_in_use,
    never_releasing_strays,
    blaming_programs,
    blaming_programs_for_full_disks,
    giving_up_with_the_first_troubled_worker,
    never_giving_up,
    releasing_before_the_end,
]


def first_violation(seeds: range) -> int | None:
    for seed in seeds:
        try:
            run_seed(seed)
        except ViolationError:
            return seed
    return None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_broken_scheduler_is_caught(
    mutant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant(monkeypatch)
    monkeypatch.setattr(Scheduler, "check_invariants", lambda self: None)
    assert first_violation(range(SEEDS)) is not None
