"""A read-only view of a job at one moment, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from hadoopless.job import AttemptId


@dataclass(frozen=True, slots=True)
class PhaseCounts:
    """How many tasks of a phase are in which state; one that failed the job counts as waiting."""

    total: int
    waiting: int
    running: int
    done: int


@dataclass(frozen=True, slots=True)
class RunningAttempt:
    """An attempt that runs, and since when (the time that ``handle`` was given)."""

    attempt: AttemptId
    worker: str
    since: float
    backup: bool


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A joined worker: its slots, how many are taken, and until when it is put aside, if it is."""

    name: str
    slots: int
    running: int
    aside_until: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a job stands. Made in time linear in workers and running attempts, not in tasks."""

    now: float
    started: bool
    ended: bool
    maps: PhaseCounts
    reduces: PhaseCounts
    #: The oldest first, maps before reduces.
    attempts: tuple[RunningAttempt, ...]
    #: In the order of joining.
    workers: tuple[WorkerState, ...]
    #: Tasks that had to run again: a failed attempt, a lost worker, a lost map output.
    retries: int
    lost_workers: int
    backups_started: int
    backups_won: int
