"""Runs the scenario of one seed from start to end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from hadoopless.scheduler import JobFailed
from tests.simulation.driver import Coordinator
from tests.simulation.referee import Referee, ViolationError
from tests.simulation.scenario import TOO_LONG, Scenario, draw
from tests.simulation.worker import Worker
from tests.simulation.world import World

#: Virtual seconds after the end of the job in which late messages come; more than LONGEST_DELAY,
#: and a few messages that are sent again.
DRAIN = 60.0


@dataclass(frozen=True)
class Result:
    """The outcome of a simulation, and the virtual second of its end."""

    seed: int
    outcome: str
    seconds: float


class Simulation:
    """A world with its workers and, most of the time, a coordinator."""

    def __init__(self, scenario: Scenario, *, tell: bool = False) -> None:
        self.world = world = World(scenario, tell=tell)
        self.referee = Referee(world)
        self.coordinator: Coordinator | None = None
        self._lives = 0
        self.workers = {n: Worker(world, n, lambda: self.coordinator) for n in scenario.workers}
        for name, worker in self.workers.items():
            worker.peers = self.workers
            world.after(scenario.late.get(name, world.dice.uniform(0, 1)), worker.boot)
        for crash in scenario.crashes:
            world.after(crash.at, partial(self.workers[crash.worker].crash, crash.down))
        for pause in scenario.pauses:
            world.after(pause.at, partial(self.workers[pause.worker].pause, pause.seconds))
        self._boot()

    def run(self) -> Result:
        """Run until the job has ended and all is quiet; raises ViolationError."""
        try:
            self.world.run(TOO_LONG, self._has_ended)
            ended_at = self.world.now
            self.world.run(ended_at + DRAIN, lambda: False)
            self.referee.judge_end()
            self._check_leaks()
        except AssertionError as exc:
            raise ViolationError(f"seed {self.world.scenario.seed}: {exc}") from exc
        outcome = self.referee.outcome
        name = type(outcome.error).__name__ if isinstance(outcome, JobFailed) else "success"
        return Result(self.world.scenario.seed, name, ended_at)

    def _boot(self) -> None:
        self.coordinator = Coordinator(
            self.world, self.referee, self.workers, life=self._lives, die=self._die
        )
        self._lives += 1

    def _die(self) -> None:
        self.coordinator = None
        self.world.after(self.world.scenario.coordinator_down, self._boot)

    def _has_ended(self) -> bool:
        return self.coordinator is not None and self.coordinator.ended

    def _check_leaks(self) -> None:
        """Workers that the coordinator still knows hold nothing any more."""
        for name, life in (self.coordinator.lives if self.coordinator else {}).items():
            worker = self.workers[name]
            if worker.up and worker.life == life and worker.held:
                raise ViolationError(f"{name} still holds {list(worker.held)}")


def run_seed(seed: int) -> Result:
    """Run one seed; a violation comes with the story of the whole simulation."""
    try:
        return Simulation(draw(seed)).run()
    except ViolationError as exc:
        raise ViolationError(f"{exc}\n{story(seed)}") from exc


def story(seed: int) -> str:
    """Everything that happens under *seed*, a line each."""
    scenario = draw(seed)
    simulation = Simulation(scenario, tell=True)
    try:
        result = str(simulation.run())
    except ViolationError as exc:
        result = f"VIOLATION {exc}"
    lines = simulation.world.story or []
    return "\n".join([str(scenario), *lines, result])
