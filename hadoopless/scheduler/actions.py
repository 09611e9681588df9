"""The scheduler's commands to its driver, to be carried out in the order given."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.job import AttemptId, MapOutput


class StartAttempt(Struct, frozen=True):
    """Run *attempt* on *worker*; a reduce gets all map outputs in the order of their tasks.

    One that is given ``ahead`` begins there when another one runs no program any more.
    """

    attempt: AttemptId
    worker: str
    map_outputs: tuple[MapOutput, ...] = ()
    ahead: bool = False


class SlotTaken(Struct, frozen=True):
    """*attempt*, which was given ahead, has a slot of *worker* from now on.

    There is nothing to do: the worker knows by itself when the attempt may begin.
    """

    attempt: AttemptId
    worker: str


class CancelAttempt(Struct, frozen=True):
    """Stop *attempt* on *worker*. Its slot counts as free from now on; a late report is ignored."""

    attempt: AttemptId
    worker: str


class CommitOutput(Struct, frozen=True):
    """Give the output file of this reduce attempt its final name; once for each partition.

    A driver whose workers commit by themselves before they report success has nothing to do.
    """

    attempt: AttemptId
    worker: str


class ReleaseOutputs(Struct, frozen=True):
    """Let *worker* forget these map outputs; ones it does not hold (any more) are no error."""

    worker: str
    map_task_ids: tuple[str, ...]


class FetchAhead(Struct, frozen=True):
    """Let *worker* fetch *partitions* of *map_outputs*, which others hold, before it reduces them.

    It keeps nothing that it has fetched of other partitions of the job. The outputs of each of the
    stretches in *neighbours*, its own and others, may be merged: they are of consecutive maps. The
    *number* grows with each of these actions, so that one which was overtaken is known as old.
    Nothing depends on it.
    """

    worker: str
    number: int
    partitions: tuple[int, ...] = ()
    map_outputs: tuple[MapOutput, ...] = ()
    #: The ids of the outputs in each stretch.
    neighbours: tuple[tuple[str, ...], ...] = ()


class JobSucceeded(Struct, frozen=True):
    """All partitions are committed; the last action but for late releases."""


class JobFailed(Struct, frozen=True):
    """The job is over without success; the last action but for late releases."""

    error: Exception


Action = (
    StartAttempt
    | SlotTaken
    | CancelAttempt
    | CommitOutput
    | ReleaseOutputs
    | FetchAhead
    | JobSucceeded
    | JobFailed
)
