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
from msgspec import structs

from hadoopless.job import AttemptId, MapOutput, TaskId, map_task
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CommitOutput,
    EndReason,
    Event,
    ReleaseOutputs,
    RunningAttempt,
    Scheduler,
    StartAttempt,
)
from hadoopless.scheduler.dispatch import Dispatcher
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.tasks import Attempt, Stage, Task
from hadoopless.scheduler.workers import Workers
from tests.simulation import driver
from tests.simulation.referee import ViolationError
from tests.simulation.run import Simulation, run_seed, story
from tests.simulation.scenario import Scenario, Trouble, draw
from tests.simulation.worker import Worker
from tests.simulation.world import World

SEEDS = 300
BATCH = 50


@pytest.mark.parametrize("start", range(0, SEEDS, BATCH))
def test_seeds(start: int) -> None:
    for seed in range(start, start + BATCH):
        run_seed(seed)


def test_an_order_to_cancel_overtakes_the_start_of_its_attempt() -> None:
    """The worker must not run it: it might keep what nobody would ask for or release."""
    worker = Worker(World(draw(0)), "w0", lambda: None)
    worker.boot()
    first, second = (AttemptId(map_task(0), number) for number in range(2))
    worker.told_to_cancel(first)
    for attempt in (first, second):
        assert worker.told_to_start(StartAttempt(attempt, "w0", ()))
    assert (worker.runs(first), worker.runs(second)) == (False, True)


def losing_calls() -> list[int]:
    """Seeds of clusters where calls lose their answers or their connections, or reach strangers."""
    scenarios = map(draw, range(SEEDS))
    return [one.seed for one in scenarios if one.broken or one.swallowed or one.usurped]


def test_lost_calls_happen() -> None:
    told = "\n".join(map(story, losing_calls()))
    assert told.count("the answer of") > 20
    assert told.count("the call of") > told.count("the answer of")


def test_a_call_whose_answer_is_lost_would_keep_its_job_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Workers are asked for the attempts that they run, for this reason."""
    monkeypatch.setattr(driver.Coordinator, "ask_for_attempts", lambda self: None)
    assert any("the job does not end" in story(seed) for seed in losing_calls())


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
    """The job does fail in the end, and for that reason."""
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


class Broken(Scheduler):
    """A scheduler that does not look at itself, so that the referee has to."""

    def check_invariants(self) -> None:
        """Find nothing."""

    def running(self, task: TaskId) -> RunningAttempt | None:
        """The oldest running attempt of *task*."""
        found = (one for one in self.snapshot().attempts if one.attempt.task == task)
        return next(found, None)

    def is_stale(self, event: Event) -> bool:
        """True if *event* is the success of an attempt that does not run (any more) there."""
        return isinstance(event, AttemptSucceeded) and not any(
            (one.attempt, one.worker) == (event.attempt, event.worker)
            for one in self.snapshot().attempts
        )


class WithoutStaleCheck(Broken):
    """Any report of a task counts for whichever attempt of it runs."""

    def handle(self, event: Event, *, now: float) -> list[Action]:
        if isinstance(event, AttemptSucceeded | AttemptFailed):
            running = self.running(event.attempt.task)
            if running is not None:
                event = structs.replace(event, attempt=running.attempt, worker=running.worker)
        return super().handle(event, now=now)


class CommittingLateReports(Broken):
    """A stale success of a reduce is committed as well."""

    def handle(self, event: Event, *, now: float) -> list[Action]:
        late: list[Action] = []
        if isinstance(event, AttemptSucceeded) and event.output is None and self.is_stale(event):
            late = [CommitOutput(event.attempt, event.worker)]
        actions = super().handle(event, now=now)
        return actions if self.ended else [*late, *actions]


class NeverReleasingStrays(Broken):
    """A stale map success is ignored, and its output stays in the worker's memory for ever."""

    def handle(self, event: Event, *, now: float) -> list[Action]:
        is_stale = self.is_stale(event)
        actions = super().handle(event, now=now)
        return [one for one in actions if not (is_stale and isinstance(one, ReleaseOutputs))]


class ReleasingBeforeTheEnd(Broken):
    """The outputs of all maps are released as soon as the first reduce is done."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._outputs_told: list[MapOutput] = []

    def handle(self, event: Event, *, now: float) -> list[Action]:
        releases: list[Action] = []
        if isinstance(event, AttemptSucceeded) and not self.is_stale(event):
            if event.output is not None:
                self._outputs_told.append(event.output)
            else:
                told = self._outputs_told
                releases = [ReleaseOutputs(one.worker, (one.map_task_id,)) for one in told]
        return [*releases, *super().handle(event, now=now)]


def forgetting_lost_outputs(patch: pytest.MonkeyPatch) -> None:
    """The outputs that a lost worker held stay current."""
    patch.setattr(OutputTable, "held_by", lambda self, holder: [])


def forgetting_failed_fetches(patch: pytest.MonkeyPatch) -> None:
    """A reduce that could not fetch is run again, its maps are not."""
    patch.setattr(OutputTable, "current", lambda self, names: [])


def releasing_what_is_in_use(patch: pytest.MonkeyPatch) -> None:
    """A repeated report of the current output of a map has it released."""
    patch.setattr(OutputTable, "is_current", lambda self, index, output: False)


def blaming_programs(patch: pytest.MonkeyPatch) -> None:
    """A lost worker counts as a failure of the program."""
    end = Stage.end

    def blame(self: Stage, attempt: Attempt, reason: EndReason, now: float) -> Task:
        task = end(self, attempt, reason, now)
        task.failures += reason is EndReason.WORKER_LOST
        return task

    patch.setattr(Stage, "end", blame)


def blaming_programs_for_full_disks(patch: pytest.MonkeyPatch) -> None:
    """The trouble of a worker counts as a failure of the program that it ran."""
    blames = property(lambda self: self not in (EndReason.WORKER_LOST, EndReason.OUTPUT_LOST))
    patch.setattr(EndReason, "blames_program", blames)


def giving_up_with_the_first_troubled_worker(patch: pytest.MonkeyPatch) -> None:
    """A task whose worker is in trouble is tried on no other one."""
    patch.setattr(Dispatcher, "candidates", lambda self, task: set())


def never_giving_up(patch: pytest.MonkeyPatch) -> None:
    """A task is tried for as long as there are workers, whatever trouble they have."""
    end = Stage.end

    def forget(self: Stage, attempt: Attempt, reason: EndReason, now: float) -> Task:
        task = end(self, attempt, reason, now)
        if reason is EndReason.WORKER_TROUBLE:
            task.losses = task.troubles = 0
        return task

    patch.setattr(Stage, "end", forget)


def first_violation(seeds: range) -> int | None:
    for seed in seeds:
        try:
            run_seed(seed)
        except ViolationError:
            return seed
    return None


@pytest.mark.parametrize(
    "broken",
    [WithoutStaleCheck, CommittingLateReports, NeverReleasingStrays, ReleasingBeforeTheEnd],
)
def test_a_scheduler_with_a_broken_door_is_caught(
    broken: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "Scheduler", broken)
    assert first_violation(range(SEEDS)) is not None


@pytest.mark.parametrize(
    "break_it",
    [
        forgetting_lost_outputs,
        forgetting_failed_fetches,
        releasing_what_is_in_use,
        blaming_programs,
        blaming_programs_for_full_disks,
        giving_up_with_the_first_troubled_worker,
        never_giving_up,
    ],
)
def test_a_scheduler_with_a_broken_part_is_caught(
    break_it: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    break_it(monkeypatch)
    monkeypatch.setattr(driver, "Scheduler", Broken)
    assert first_violation(range(SEEDS)) is not None


def test_a_scheduler_that_is_only_not_looked_at_is_not_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(driver, "Scheduler", Broken)
    assert first_violation(range(BATCH)) is None
