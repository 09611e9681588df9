"""One seed, one scenario: the cluster, the job, and all that will go wrong, drawn beforehand."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from random import Random

from hadoopless.job import TaskId, map_task, reduce_task
from hadoopless.scheduler import Policy

#: By then all trouble is over, and whoever is to come back is on the way.
TROUBLE_ENDS = 90.0
#: Virtual seconds after which a job that has not ended never will.
TOO_LONG = 4000.0


@dataclass(frozen=True)
class Crash:
    """*worker* dies at *at* with all its memory; it is back after *down* seconds, None: never."""

    worker: str
    at: float
    down: float | None


@dataclass(frozen=True)
class Pause:
    """*worker* stands still from *at* for *seconds*, and then goes on as if nothing had been."""

    worker: str
    at: float
    seconds: float


@dataclass(frozen=True)
class Cut:
    """*one* and *other* cannot reach each other from *at* for *seconds*."""

    one: str
    other: str
    at: float
    seconds: float


@dataclass(frozen=True)
class Trouble:
    """The disk of *worker* is full from *at* for *seconds*: no attempt can end well there."""

    worker: str
    at: float
    seconds: float


@dataclass(frozen=True)
class Scenario:
    """All that the dice decide before the start; the rest they decide while it runs."""

    seed: int
    pull: bool
    maps: int
    reduces: int
    speeds: dict[str, float]
    slots: int
    policy: Policy
    task_seconds: float
    #: For each message: the mean delay, the chance to be lost and sent again, or to come twice.
    delay: float
    loss: float
    doubled: float
    #: The chance of a program to fail, anywhere; tasks that always fail; workers where all fails.
    flaky: float = 0.0
    doomed: frozenset[TaskId] = frozenset()
    bad_worker: str | None = None
    #: The chance that a fetch finds an output spoilt, though its worker is well.
    rot: float = 0.0
    late: dict[str, float] = field(default_factory=dict)
    crashes: tuple[Crash, ...] = ()
    pauses: tuple[Pause, ...] = ()
    cuts: tuple[Cut, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    #: The chance of an attempt to end by the trouble of its worker, anywhere.
    hiccups: float = 0.0
    #: Numbers of actions after which the coordinator dies, and for how long it is gone.
    coordinator_dies: tuple[int, ...] = ()
    coordinator_down: float = 3.0
    cancelled_at: float | None = None
    #: Push: the chance of a call to lose its connection, and that of one whose connection and
    #: worker live on to lose its answer.
    broken: float = 0.0
    swallowed: float = 0.0
    #: Push: workers take an attempt more than they have slots.
    ahead: bool = False
    #: Push: workers whose port a stranger takes while they are down.
    usurped: frozenset[str] = frozenset()

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the planned workers, in order."""
        return tuple(self.speeds)

    @property
    def calm(self) -> bool:
        """True if only programs can fail, so that no worker is ever taken for lost."""
        faults = self.crashes or self.pauses or self.cuts or self.coordinator_dies or self.late
        lost = self.loss or self.broken or self.swallowed
        return not (faults or lost or self.rot or self.troubles or self.hiccups)


def draw(seed: int) -> Scenario:
    """The scenario of *seed*: a mild one as often as a wild one."""
    dice = Random(seed)
    # Apart, so that an old seed has the same other faults as before there were troubles.
    more_dice = Random(~seed)
    call_dice = Random(seed ^ 0xCA11)
    ahead_dice = Random(seed ^ 0xA4EAD)
    workers = [f"w{number}" for number in range(dice.choice([1, 2, 3, 3, 4, 5]))]
    pull = dice.random() < 0.5
    strict = not pull and dice.random() < 0.25
    maps, reduces = dice.randint(0, 12), dice.randint(1, 5)
    wild = dice.random() < 0.7
    if dice.random() < 0.3:
        speeds = {worker: dice.choice([1.0, 1.0, 8.0]) for worker in workers}
    else:
        speeds = dict.fromkeys(workers, 1.0)
    tasks = [map_task(i) for i in range(maps)] + [reduce_task(r) for r in range(reduces)]
    return Scenario(
        seed=seed,
        pull=pull,
        maps=maps,
        reduces=reduces,
        speeds=speeds,
        slots=1 if pull else dice.randint(1, 3),
        policy=Policy(
            worker_grace=20.0,
            strict_round_robin=strict,
            sticky_reduces=pull and dice.random() < 0.5,
            speculate=dice.random() < 0.8,
            max_troubles=more_dice.choice([4, 1]),
            fetch_ahead=not pull and not strict,
        ),
        task_seconds=dice.choice([0.1, 1.0, 5.0]),
        delay=dice.choice([0.001, 0.02, 0.3]),
        loss=dice.choice([0.0, 0.05, 0.3]) if wild else 0.0,
        doubled=dice.choice([0.0, 0.2]),
        flaky=dice.choice([0.0, 0.0, 0.1]),
        doomed=frozenset(dice.sample(tasks, 1)) if dice.random() < 0.1 else frozenset(),
        bad_worker=dice.choice(workers) if dice.random() < 0.15 else None,
        rot=dice.choice([0.0, 0.02]) if wild else 0.0,
        late={w: dice.uniform(0, 30) for w in workers if wild and dice.random() < 0.1},
        crashes=_crashes(dice, workers) if wild else (),
        pauses=tuple(
            Pause(dice.choice(workers), dice.uniform(0, 60), dice.choice([1.0, 8.0, 30.0]))
            for _ in range(dice.choice([0, 0, 1, 3]) if wild else 0)
        ),
        cuts=tuple(
            Cut(dice.choice(workers), dice.choice(workers), dice.uniform(0, 60), 25.0)
            for _ in range(dice.choice([0, 0, 1, 2]) if wild else 0)
        ),
        coordinator_dies=_deaths(dice, maps + reduces) if wild else (),
        coordinator_down=dice.choice([0.5, 3.0, 15.0]),
        cancelled_at=dice.uniform(1, 30) if dice.random() < 0.05 else None,
        troubles=_troubles(more_dice, workers) if more_dice.random() < 0.25 else (),
        hiccups=0.1 if more_dice.random() < 0.1 else 0.0,
        broken=call_dice.choice([0.0, 0.0, 0.05]) if wild and not pull else 0.0,
        swallowed=call_dice.choice([0.0, 0.0, 0.1]) if wild and not pull else 0.0,
        usurped=frozenset(w for w in workers if not pull and call_dice.random() < 0.2),
        ahead=not pull and ahead_dice.random() < 0.6,
    )


def _troubles(dice: Random, workers: list[str]) -> tuple[Trouble, ...]:
    if dice.random() < 0.3:  # the disk that all share
        at, seconds = dice.uniform(0, 20), dice.choice([5.0, 60.0, inf])
        return tuple(Trouble(worker, at, seconds) for worker in workers)
    return tuple(
        Trouble(dice.choice(workers), dice.uniform(0, 20), dice.choice([5.0, 60.0, inf]))
        for _ in range(dice.choice([1, 1, 2]))
    )


def _crashes(dice: Random, workers: list[str]) -> tuple[Crash, ...]:
    if dice.random() < 0.07:  # the power goes
        return tuple(Crash(worker, dice.uniform(2, 20), None) for worker in workers)
    span = dice.choice([5.0, 20.0, 60.0])
    # Half a second is back before anyone has missed it; fifteen is lost and back in time.
    return tuple(
        Crash(dice.choice(workers), dice.uniform(0.5, span), dice.choice([0.5, 3.0, 15.0, None]))
        for _ in range(dice.choice([0, 1, 2, 4]))
    )


def _deaths(dice: Random, tasks: int) -> tuple[int, ...]:
    if dice.random() < 0.7:
        return ()
    return tuple(dice.sample(range(1, 4 * tasks + 4), dice.choice([1, 1, 3])))
