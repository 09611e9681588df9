"""A read-only view of a job at one moment, for screens and logs."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.job import AttemptId


class Worked(Struct, frozen=True):
    """Successful attempts: their number, the bytes of their tasks, and their seconds together."""

    tasks: int = 0
    bytes: int = 0
    seconds: float = 0.0


class PhaseCounts(Struct, frozen=True):
    """The tasks of a phase by state; a task that has failed counts as waiting."""

    total: int
    waiting: int
    running: int
    done: int
    #: The bytes of all tasks, and of those that are done: of the splits of maps, of the partitions
    #: of reduces. They are 0 where workers do not tell them, and for reduces until all maps are
    #: done. While maps run again, those of the reduces stay as they were.
    bytes: int = 0
    bytes_done: int = 0
    worked: Worked = Worked()


class RunningAttempt(Struct, frozen=True):
    """An attempt that runs; ``since`` is the time that ``handle`` was given at its start."""

    attempt: AttemptId
    worker: str
    since: float
    backup: bool
    #: The bytes of its task, as far as they are known.
    bytes: int = 0


class WorkerState(Struct, frozen=True):
    """A joined worker, its slots, and the time until which it is put aside, if it is."""

    name: str
    slots: int
    running: int
    aside_until: float | None


class Snapshot(Struct, frozen=True):
    """The progress of a job; making one takes the same time for any number of tasks."""

    now: float
    started: bool
    ended: bool
    maps: PhaseCounts
    reduces: PhaseCounts
    #: The attempts that run, maps before reduces, the oldest first.
    attempts: tuple[RunningAttempt, ...]
    #: The workers in the order of joining.
    workers: tuple[WorkerState, ...]
    #: The times that a task had to run again for a failed attempt, a lost worker or output.
    retries: int
    lost_workers: int
    backups_started: int
    backups_won: int
    #: Seconds that the job waits yet for a worker without which it cannot go on, if there is one.
    grace_left: float | None = None
