"""The numbers and choices of the scheduler, each with its reason."""

from __future__ import annotations

from msgspec import Struct


class Policy(Struct, frozen=True):
    """The policy of one job. Times are seconds."""

    #: Program failures of one task that fail the job (Hadoop: mapreduce.map.maxattempts = 4).
    max_attempts: int = 4
    #: The same of a reduce task, where it differs.
    max_reduce_attempts: int | None = None
    #: The number of tasks in a hundred that may use up their attempts without the job failing
    #: (Hadoop: mapreduce.map.failures.maxpercent and mapreduce.reduce.failures.maxpercent).
    map_failures_percent: int = 0
    reduce_failures_percent: int = 0
    #: Attempts of one task that may end without its program's fault (worker lost, map outputs that
    #: cannot be fetched). Generous: it only keeps a job from going round for ever, when a task
    #: kills its workers or two machines cannot reach each other.
    max_losses: int = 20
    #: Attempts of one task that the trouble of their workers may end (a full disk, no memory) once
    #: every usable worker has had trouble with the task. They cost the program no attempt.
    max_troubles: int = 4
    #: A job with work left waits so long for a worker; in strict mode, for the one that it needs.
    worker_grace: float = 30.0
    #: Map i runs only on worker i mod W: for workers whose /reduce infers that place.
    strict_round_robin: bool = False
    #: Partition r runs on worker r, on another one only while that is lost (docs/pull.md).
    sticky_reduces: bool = False
    #: True if stragglers get a backup attempt.
    speculate: bool = True
    #: The same of reduce tasks, where it differs (Hadoop: mapreduce.reduce.speculative).
    speculate_reduces: bool | None = None
    #: True if idle workers fetch ahead while the last maps run. Their driver must know the action.
    fetch_ahead: bool = False
    #: Program failures in a row, of different tasks, that put a worker aside while others succeed
    #: (Hadoop: mapreduce.job.maxtaskfailures.per.tracker = 3).
    quarantine_after: int = 3
    #: Attempts in a row that its own trouble ends and that put a worker aside, whatever others do.
    quarantine_after_troubles: int = 2
    #: A worker is put aside for so long the first time, and twice as long each further time.
    quarantine_seconds: float = 30.0

    def attempts_of(self, *, is_reduce: bool) -> int:
        """The number of times that a task may be tried."""
        if is_reduce and self.max_reduce_attempts is not None:
            return self.max_reduce_attempts
        return self.max_attempts

    def may_speculate(self, *, is_reduce: bool) -> bool:
        """True if stragglers of a phase get a backup attempt."""
        if is_reduce and self.speculate_reduces is not None:
            return self.speculate_reduces
        return self.speculate

    def may_fail(self, failed: int, tasks: int, *, is_reduce: bool) -> bool:
        """True if a job goes on in which *failed* of *tasks* have failed (TaskImpl, JobImpl)."""
        percent = self.reduce_failures_percent if is_reduce else self.map_failures_percent
        return failed * 100 <= percent * tasks
