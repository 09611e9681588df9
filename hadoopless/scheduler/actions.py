"""The scheduler's commands to its driver, to be carried out in the order given."""

from __future__ import annotations

from dataclasses import dataclass

from hadoopless.job import AttemptId, MapOutput


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """Run *attempt* on *worker*; a reduce gets all map outputs in the order of their tasks."""

    attempt: AttemptId
    worker: str
    map_outputs: tuple[MapOutput, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelAttempt:
    """Stop *attempt* on *worker*. Its slot counts as free from now on; a late report is ignored."""

    attempt: AttemptId
    worker: str


@dataclass(frozen=True, slots=True)
class CommitOutput:
    """Give the output file of this reduce attempt its final name; once for each partition.

    A driver whose workers commit by themselves before they report success has nothing to do.
    """

    attempt: AttemptId
    worker: str


@dataclass(frozen=True, slots=True)
class ReleaseOutputs:
    """Let *worker* forget these map outputs; ones it does not hold (any more) are no error."""

    worker: str
    map_task_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobSucceeded:
    """All partitions are committed; the last action but for late releases."""


@dataclass(frozen=True, slots=True)
class JobFailed:
    """The job is over without success; the last action but for late releases."""

    error: Exception


Action = StartAttempt | CancelAttempt | CommitOutput | ReleaseOutputs | JobSucceeded | JobFailed
