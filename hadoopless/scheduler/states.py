"""The states of a task and the moves between them, in one table."""

from __future__ import annotations

from enum import Enum


class TaskState(Enum):
    """The state of a task; the states of all tasks are the state of the job."""

    #: The task is in a queue, and no attempt runs.
    WAITING = "waiting"
    #: At least one attempt runs.
    RUNNING = "running"
    #: The output of a map is held by a worker, that of a reduce is committed. So is that of a
    #: map in a job without reduces.
    DONE = "done"
    #: The task has used up its attempts; the job failed with it, unless it may do without.
    FAILED = "failed"

    # The identity will do: Enum's own hash is Python code, and half of the cost of a look-up.
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
    (TaskState.WAITING, TaskState.DONE): ("MapOutputRestored", "committed"),
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
#: tasks DONE that ``Scheduler`` is given as ``committed``: reduces, or maps where there are none.
REDUCE_MOVES: dict[Move, tuple[str, ...]] = {
    (TaskState.WAITING, TaskState.RUNNING): ("StartAttempt",),
    (TaskState.WAITING, TaskState.DONE): ("committed",),
    (TaskState.RUNNING, TaskState.DONE): ("AttemptSucceeded",),
    (TaskState.RUNNING, TaskState.WAITING): ("AttemptFailed", "WorkerLost", "JobFailed"),
    (TaskState.RUNNING, TaskState.FAILED): ("AttemptFailed", "WorkerLost"),
}


class IllegalMoveError(RuntimeError):
    """The scheduler contradicts itself; the text holds the story of the task."""

    def __init__(self, old: TaskState, new: TaskState, story: str) -> None:
        super().__init__(f"no move from {old.value} to {new.value}\n{story}")
