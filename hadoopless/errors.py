"""Every error that a user may see, each with its exit code and its HTTP status.

The tree::

    MapReduceError                   1  500
    ├── UsageError                   2  400   a wrong option or request parameter
    ├── InputError                   3  404   a program, an input or a directory is not there
    │   └── InputChanged             3  409   an input is not the file for which the job was planned
    ├── ForbiddenError               3  403   a path outside the served root, a foreign caller
    ├── TaskError                    4  422   the bad end of an attempt, with its Failure
    │   ├── ProgramFailed            4  422   exit code or signal of the user's program
    │   ├── ProgramTimedOut          4  504   it ran longer than --taskTimeout
    │   ├── BadInputData             4  422   a compressed input that cannot be unpacked
    │   ├── RecordTooLarge           4  413   one record is larger than the memory budget
    │   └── WorkerTrouble            6  500   its worker could not run it
    ├── NoWorkersError               5  503   nobody (left) to run the job on
    ├── DiskError                    6  507   an output or a spill cannot be written
    ├── WorkerError                  6  500   a process of ours is in trouble by itself
    │   └── Unproven                 6  403   a call that was damaged, or has another token
    ├── StoreError                   6  503   HDFS is not reached, does not answer or is in trouble
    ├── PortInUse                    7  500   a worker's address is taken
    ├── UnknownMapOutput             4  404   a mapTaskID that this worker does not hold
    ├── UnknownSession               5  410   a call of a worker that is not registered (any more)
    ├── FetchError                   4  502   a map output could not be fetched whole
    └── Cancelled                  130  409   by Ctrl-C, or because another attempt was first

An error holds fields and makes its text from them. ``kind`` names it on the wire
(:mod:`hadoopless.wire.messages.failures`), ``final`` says that another attempt cannot help.
"""

from __future__ import annotations

import errno

from hadoopless.failure import Failure


class MapReduceError(Exception):
    """Base of all errors that are shown to a user; never raised itself."""

    exit_code = 1
    http_status = 500
    kind = "internal"
    #: True when trying again, here or elsewhere, must give the same error.
    final = False


class UsageError(MapReduceError):
    """A wrong option or request parameter."""

    exit_code = 2
    http_status = 400
    kind = "usage"
    final = True


class InputError(MapReduceError):
    """A program, an input file or a directory is not there or cannot be read."""

    exit_code = 3
    http_status = 404
    kind = "input"
    final = True


class InputChanged(InputError):
    """An input is not the file any more for which the job was planned."""

    http_status = 409
    kind = "input-changed"


class ForbiddenError(MapReduceError):
    """The caller may not do this: a path outside the served root, a cross-site request."""

    exit_code = 3
    http_status = 403
    kind = "forbidden"
    final = True


class TaskError(MapReduceError):
    """An attempt at a task ended badly, and not for any of the reasons below this class."""

    exit_code = 4
    http_status = 422
    kind = "task"

    def __init__(self, failure: Failure, task: str = "") -> None:
        super().__init__(failure, task)
        self.failure = failure
        #: A name for people: ``map 3 attempt 0``.
        self.task = task

    def __str__(self) -> str:
        return self.failure.told(self.task)


class ProgramFailed(TaskError):
    """The user's program ended with a non-zero exit code or by a signal, or could not start."""

    kind = "program"


class ProgramTimedOut(TaskError):
    """The user's program ran longer than the time limit of a task."""

    http_status = 504
    kind = "timeout"


class BadInputData(TaskError):
    """An input whose bytes are not what its suffix promises (a broken .gz)."""

    kind = "bad-input"
    final = True


class RecordTooLarge(TaskError):
    """One record does not fit the worker's memory budget."""

    http_status = 413
    kind = "record-too-large"
    final = True


class WorkerTrouble(TaskError):
    """The worker of an attempt was in trouble, for which no program is to blame."""

    exit_code = 6
    http_status = 500
    kind = "trouble"


class NoWorkersError(MapReduceError):
    """No worker answers, or the last one was lost."""

    exit_code = 5
    http_status = 503
    kind = "no-workers"


class DiskError(MapReduceError):
    """An output or a spill cannot be written (no space, no permission), or a spill not be read."""

    exit_code = 6
    http_status = 507
    kind = "disk"


class WorkerError(MapReduceError):
    """A process of ours is in trouble by itself, whatever it was to do: out of memory, say."""

    exit_code = 6
    kind = "worker"


class Unproven(WorkerError):
    """A call does not prove what its connection has begun with.

    It was damaged on its way: callers of ours do not call whoever has another token.
    """

    http_status = 403
    kind = "unproven"


class StoreError(MapReduceError):
    """HDFS cannot be reached from this machine, does not answer, or is in trouble."""

    exit_code = 6
    http_status = 503
    kind = "store"


class PortInUse(MapReduceError):
    """The address of a worker is taken by another process."""

    exit_code = 7
    kind = "port-in-use"


class UnknownMapOutput(MapReduceError):
    """This worker holds no map output under that mapTaskID (any more)."""

    exit_code = 4
    http_status = 404
    kind = "unknown-map-output"


class UnknownSession(MapReduceError):
    """A call of a worker that has not registered, or was taken for lost meanwhile."""

    exit_code = 5
    http_status = 410
    kind = "unknown-session"


class FetchError(MapReduceError):
    """Map outputs could not be fetched whole from a worker; their map tasks must run again."""

    exit_code = 4
    http_status = 502
    kind = "fetch"

    def __init__(self, what: str, worker: str = "", map_task_ids: tuple[str, ...] = ()) -> None:
        super().__init__(what, worker, map_task_ids)
        self.what = what
        self.worker = worker
        self.map_task_ids = map_task_ids

    def __str__(self) -> str:
        return (
            f"cannot fetch {len(self.map_task_ids)} map output(s) from {self.worker}: {self.what}"
        )


class Cancelled(MapReduceError):
    """The attempt or the job was cancelled: Ctrl-C, a vanished coordinator, a stopping worker."""

    exit_code = 130
    http_status = 409
    kind = "cancelled"


_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_USED_UP = (errno.ENOMEM, errno.ENOBUFS)


def own_trouble(error: BaseException) -> MapReduceError | None:
    """The trouble of this process or its machine that a foreign *error* tells of, if any."""
    if isinstance(error, MemoryError):
        return WorkerError("there is no memory left")
    if not isinstance(error, OSError):
        return None
    reason = error.strerror or str(error)
    if error.errno in _OF_THE_DISK:
        return DiskError(f"cannot write {error.filename}: {reason}" if error.filename else reason)
    if is_out_of_descriptors(error):
        return WorkerError(f"{reason}; a higher limit may help (ulimit -n)")
    return WorkerError(reason) if error.errno in _USED_UP else None


def trouble_at_border(error: BaseException) -> MapReduceError | None:
    """The trouble that an *error* which no code expected tells of, as :func:`own_trouble` finds it.

    EAGAIN is then that of fork() alone.
    """
    no_thread = isinstance(error, RuntimeError) and "start new thread" in str(error)
    no_process = isinstance(error, OSError) and error.errno == errno.EAGAIN
    if no_thread or no_process:
        return WorkerError(
            "no more processes and threads can be started; a higher limit may help (ulimit -u)"
        )
    return own_trouble(error)


def is_out_of_descriptors(error: BaseException) -> bool:
    """True if *error* says that this process, or the machine, can open nothing more."""
    return isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)
