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
        """Whether nothing is left to do for the task."""
        return self is TaskState.DONE or self is TaskState.FAILED


#: All legal moves. A map output can be lost, so a map may come back from DONE; what a reduce
#: has committed stays. WAITING to DONE is how a resumed job starts.
MAP_MOVES = frozenset(
    {
        (TaskState.WAITING, TaskState.RUNNING),
        (TaskState.WAITING, TaskState.DONE),
        (TaskState.RUNNING, TaskState.WAITING),
        (TaskState.RUNNING, TaskState.DONE),
        (TaskState.RUNNING, TaskState.FAILED),
        (TaskState.DONE, TaskState.WAITING),
    }
)
REDUCE_MOVES = MAP_MOVES - {(TaskState.DONE, TaskState.WAITING)}


class IllegalMoveError(RuntimeError):
    """The scheduler contradicts itself; the text holds the story of the task."""

    def __init__(self, old: TaskState, new: TaskState, story: str) -> None:
        super().__init__(f"no move from {old.value} to {new.value}\n{story}")
