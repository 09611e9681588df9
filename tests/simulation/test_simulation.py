"""Whole clusters in virtual time, and a few ways to break the scheduler that they must notice.

More seeds: ``python -m tests.simulation --seeds 100000``; one: ``--seed 7 --story``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from hadoopless.job import AttemptId
from hadoopless.scheduler import AttemptSucceeded, CommitOutput, ReleaseOutputs, Scheduler
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.tasks import Attempt
from tests.simulation.referee import ViolationError
from tests.simulation.run import run_seed, story
from tests.simulation.scenario import draw

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
