"""The pure scheduler: one state machine for one job, fed with events, answering with actions."""

from hadoopless.scheduler.actions import (
    Action,
    CancelAttempt,
    CommitOutput,
    FetchAhead,
    JobFailed,
    JobSucceeded,
    ReleaseOutputs,
    SlotTaken,
    StartAttempt,
)
from hadoopless.scheduler.events import (
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
from hadoopless.scheduler.machine import Scheduler
from hadoopless.scheduler.policy import Policy
from hadoopless.scheduler.snapshot import (
    PhaseCounts,
    RunningAttempt,
    Snapshot,
    Worked,
    WorkerState,
)
from hadoopless.scheduler.states import IllegalMoveError, TaskState

__all__ = [
    "Action",
    "AttemptFailed",
    "AttemptSucceeded",
    "CancelAttempt",
    "CommitOutput",
    "EndReason",
    "Event",
    "FetchAhead",
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
    "SlotTaken",
    "Snapshot",
    "StartAttempt",
    "TaskState",
    "Tick",
    "Worked",
    "WorkerJoined",
    "WorkerLost",
    "WorkerState",
]
