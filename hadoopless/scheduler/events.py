"""The events of a job, as the drivers tell them to the scheduler: facts, in the past tense.

A worker is named by whatever string its driver knows it by (a URL, an id); the scheduler only
compares names. Times are not in here: they come with each call of ``handle``.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from hadoopless.job import AttemptId, MapOutput, TaskReport

#: The report of a worker that tells no figures.
NO_REPORT = TaskReport()


class EndReason(Enum):
    """The reason why an attempt ended; only failures of the program use up attempts of a task."""

    SUCCEEDED = "succeeded"
    PROGRAM_FAILED = "program failed"
    TIMED_OUT = "timed out"
    WORKER_TROUBLE = "its worker was in trouble"
    OUTPUT_LOST = "could not fetch map outputs"
    WORKER_LOST = "worker lost"
    CANCELLED = "cancelled"

    @property
    def blames_program(self) -> bool:
        """True if the user's program ended the attempt, and not what surrounds it."""
        return self is EndReason.PROGRAM_FAILED or self is EndReason.TIMED_OUT


class JobStarted(Struct, frozen=True):
    """The workers that could be found have joined: the first plan is made, work is given out."""


class WorkerJoined(Struct, frozen=True):
    """A worker is there (again) and runs up to *slots* attempts at a time.

    It may be given one more *ahead*, which begins when one of those runs no program any more.
    """

    worker: str
    slots: int = 1
    ahead: bool = False


class WorkerLost(Struct, frozen=True):
    """A worker does not answer any more: its attempts and the map outputs it held are gone."""

    worker: str


class AttemptSucceeded(Struct, frozen=True):
    """An attempt ended well; *output* is what a map attempt left on *worker*, None for a reduce."""

    attempt: AttemptId
    worker: str
    output: MapOutput | None = None
    report: TaskReport = NO_REPORT


class AttemptFailed(Struct, frozen=True):
    """An attempt ended badly.

    ``error`` is what the user sees if the job fails for it; ``final`` says that another attempt
    cannot help; ``lost_map_outputs`` are the mapTaskIDs that a reduce could not fetch.
    """

    attempt: AttemptId
    worker: str
    reason: EndReason
    error: Exception | None = None
    final: bool = False
    lost_map_outputs: tuple[str, ...] = ()


class MapOutputRestored(Struct, frozen=True):
    """A resumed job found the output of map *index*, still whole, on the joined *worker*.

    *report* is what the attempt told. Told before :class:`JobStarted`; afterwards the output is of
    no use and is released.
    """

    index: int
    worker: str
    output: MapOutput
    report: TaskReport = NO_REPORT


class JobCancelled(Struct, frozen=True):
    """The job shall end now: by the user (*error* None), or for an error outside of any attempt."""

    error: Exception | None = None


class Tick(Struct, frozen=True):
    """Time has passed; needed about once a second for all that waits for a moment."""


Event = (
    JobStarted
    | WorkerJoined
    | WorkerLost
    | AttemptSucceeded
    | AttemptFailed
    | MapOutputRestored
    | JobCancelled
    | Tick
)
