"""A scheduler that is fed by hand: short names for events, invariants checked after each."""

from __future__ import annotations

from hadoopless.job import AttemptId, MapOutput, map_task, reduce_task
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    EndReason,
    Event,
    JobStarted,
    Policy,
    Scheduler,
    StartAttempt,
    Tick,
    WorkerJoined,
    WorkerLost,
)


def m(index: int, number: int = 0) -> AttemptId:
    return AttemptId(map_task(index), number)


def r(index: int, number: int = 0) -> AttemptId:
    return AttemptId(reduce_task(index), number)


def output(attempt: AttemptId, worker: str, sizes: tuple[int, ...] = ()) -> MapOutput:
    """The map output that *attempt* leaves on *worker*; its id tells both."""
    name = f"{attempt.task.index}.{attempt.number}@{worker}"
    return MapOutput(worker, name, partition_bytes=sizes)


def start(attempt: AttemptId, worker: str, outputs: tuple[MapOutput, ...] = ()) -> StartAttempt:
    return StartAttempt(attempt, worker, outputs)


def cancel(attempt: AttemptId, worker: str) -> CancelAttempt:
    return CancelAttempt(attempt, worker)


class Fed:
    """A scheduler with workers a, b, c, ...; each method is one event and returns its actions."""

    def __init__(
        self,
        maps: int,
        reduces: int,
        workers: str = "ab",
        *,
        slots: int = 1,
        policy: Policy | None = None,
        committed: frozenset[int] = frozenset(),
        first_attempt: int = 0,
        ahead: bool = False,
    ) -> None:
        self.now = 0.0
        self.workers = workers
        self.commits_maps = not reduces
        self.slots = slots
        self.ahead = ahead
        self.core = Scheduler(
            maps,
            reduces,
            list(workers),
            policy=policy,
            committed=committed,
            first_attempt=first_attempt,
            map_bytes=[100 + index for index in range(maps)],
        )

    def feed(self, event: Event) -> list[Action]:
        actions = self.core.handle(event, now=self.now)
        self.core.check_invariants()
        return actions

    def begin(self) -> list[Action]:
        """All planned workers join, then the job starts."""
        for worker in self.workers:
            assert self.join(worker) == []
        return self.feed(JobStarted())

    def join(self, worker: str) -> list[Action]:
        return self.feed(WorkerJoined(worker, self.slots, self.ahead))

    def lose(self, worker: str) -> list[Action]:
        return self.feed(WorkerLost(worker))

    def tick(self, seconds: float = 0.0) -> list[Action]:
        self.now += seconds
        return self.feed(Tick())

    def ok(
        self, attempt: AttemptId, worker: str, sizes: tuple[int, ...] = (), after: float = 0.0
    ) -> list[Action]:
        self.now += after
        commits = attempt.task.is_reduce or self.commits_maps
        out = None if commits else output(attempt, worker, sizes)
        return self.feed(AttemptSucceeded(attempt, worker, out))

    def fail(
        self,
        attempt: AttemptId,
        worker: str,
        reason: EndReason = EndReason.PROGRAM_FAILED,
        error: Exception | None = None,
        *,
        final: bool = False,
        lost: tuple[str, ...] = (),
    ) -> list[Action]:
        return self.feed(AttemptFailed(attempt, worker, reason, error, final, lost))
