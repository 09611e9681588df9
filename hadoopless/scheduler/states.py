"""The states of a task and the moves between them, in one table."""

from __future__ import annotations

from enum import Enum


class TaskState(Enum):
    """Where a task stands; the states of all tasks are the state of the job."""

    #: In a queue, no attempt running.
    WAITING = "waiting"
    #: At least one attempt running.
    RUNNING = "running"
    #: A map: its output is held by a worker. A reduce: its output is committed. So is that of a
    #: map in a job without reduces.
    DONE = "done"
    #: It has used up its attempts; the job failed with it, unless it may do without.
    FAILED = "failed"

    # By identity: Enum's own hash is Python code, and half of the cost of looking up a move.
    __hash__ = object.__hash__

    @property
    def over(self) -> bool:
        """True if nothing is left to do for the task."""
        return self is TaskState.DONE or self is TaskState.FAILED


Move = tuple[TaskState, TaskState]

#: All legal moves of a map task. Each has its causes: the events that make it, or the actions that
#: go with it, by name. A map comes back from DONE when its output is lost; the end of the job takes
#: back what still runs.
MAP_MOVES: dict[Move, tuple[str, ...]] = {
    (TaskState.WAITING, TaskState.RUNNING): ("StartAttempt",),
    (TaskState.WAITING, TaskState.DONE): ("MapOutputRestored",),
    (TaskState.RUNNING, TaskState.DONE): ("AttemptSucceeded",),
    (TaskState.RUNNING, TaskState.WAITING): (
        "AttemptFailed",
        "WorkerLost",
        "JobSucceeded",
        "JobFailed",
    ),
    (TaskState.RUNNING, TaskState.FAILED): ("AttemptFailed", "WorkerLost"),
    (TaskState.DONE, TaskState.WAITING): ("AttemptFailed", "WorkerLost"),
}
#: All legal moves of a reduce task. What it has committed stays. A resumed job begins with the
#: reduces DONE that ``Scheduler`` is given as ``done_reduces``.
REDUCE_MOVES: dict[Move, tuple[str, ...]] = {
    (TaskState.WAITING, TaskState.RUNNING): ("StartAttempt",),
    (TaskState.WAITING, TaskState.DONE): ("done_reduces",),
    (TaskState.RUNNING, TaskState.DONE): ("AttemptSucceeded",),
    (TaskState.RUNNING, TaskState.WAITING): ("AttemptFailed", "WorkerLost", "JobFailed"),
    (TaskState.RUNNING, TaskState.FAILED): ("AttemptFailed", "WorkerLost"),
}


class IllegalMoveError(RuntimeError):
    """The scheduler contradicts itself; the text holds the story of the task."""

    def __init__(self, old: TaskState, new: TaskState, story: str) -> None:
        super().__init__(f"no move from {old.value} to {new.value}\n{story}")
