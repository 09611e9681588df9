"""The pure scheduler: one state machine for one job, fed with events, answering with actions."""

from mapreduce.scheduler.actions import (
    Action,
    CancelAttempt,
    CommitOutput,
    JobFailed,
    JobSucceeded,
    ReleaseOutputs,
    StartAttempt,
)
from mapreduce.scheduler.events import (
    AttemptFailed,
    AttemptSucceeded,
    EndReason,
    Event,
    JobCancelled,
    JobStarted,
    MapOutputRestored,
    Tick,
    WorkerJoined,
    WorkerLost,
)
from mapreduce.scheduler.machine import Scheduler
from mapreduce.scheduler.policy import Policy
from mapreduce.scheduler.snapshot import PhaseCounts, RunningAttempt, Snapshot, WorkerState
from mapreduce.scheduler.states import IllegalMoveError, TaskState

__all__ = [
    "Action",
    "AttemptFailed",
    "AttemptSucceeded",
    "CancelAttempt",
    "CommitOutput",
    "EndReason",
    "Event",
    "IllegalMoveError",
    "JobCancelled",
    "JobFailed",
    "JobStarted",
    "JobSucceeded",
    "MapOutputRestored",
    "PhaseCounts",
    "Policy",
    "ReleaseOutputs",
    "RunningAttempt",
    "Scheduler",
    "Snapshot",
    "StartAttempt",
    "TaskState",
    "Tick",
    "WorkerJoined",
    "WorkerLost",
    "WorkerState",
]
