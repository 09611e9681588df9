"""A read-only view of a job at one moment, for screens and logs."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.job import AttemptId


class PhaseCounts(Struct, frozen=True):
    """The tasks of a phase by state; a task that has failed counts as waiting."""

    total: int
    waiting: int
    running: int
    done: int


class RunningAttempt(Struct, frozen=True):
    """An attempt that runs; ``since`` is the time that ``handle`` was given at its start."""

    attempt: AttemptId
    worker: str
    since: float
    backup: bool


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
