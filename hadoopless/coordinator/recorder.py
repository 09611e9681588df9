"""Writes what happens in a job to its event log (:mod:`hadoopless.history.events`)."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from msgspec import Struct
from msgspec.structs import replace

from hadoopless import __version__
from hadoopless.coordinator.processors import busy_seconds
from hadoopless.entry import typed
from hadoopless.entry.secrets import without_secret
from hadoopless.errors import Cancelled, MapReduceError, TaskError, trouble_at_border
from hadoopless.history import events as line
from hadoopless.history.profile import Profile, profile_path
from hadoopless.history.store import LogFile, new_log
from hadoopless.job import AttemptId, JobResult, JobSpec, KeySum, TaskReport
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    EndReason,
    Event,
    MapOutputRestored,
    SlotTaken,
    StartAttempt,
    WorkerJoined,
    WorkerLost,
)
from hadoopless.scheduler.events import NO_REPORT

_log = logging.getLogger(__name__)

#: Names of files that a line holds.
_SHOWN_NAMES = 20
#: Characters of the stderr of one attempt, and of all successful ones of a job together.
STDERR_OF_ATTEMPT = 8 << 10
STDERR_OF_JOB = 32 << 20
#: Seconds.
_LOAD_INTERVAL = 2.0

#: Tells of each worker its name, the resident bytes of its process, and its CPU seconds.
Loads = Callable[[], Iterable[tuple[str, int, float]]]


def no_loads() -> Iterable[tuple[str, int, float]]:
    """The loads of workers that do not tell them."""
    return ()


class Surroundings(Struct, frozen=True):
    """The facts that a log tells of a job beside its JobSpec."""

    #: push or pull.
    mode: str
    #: The choices of the user, by the names of the options.
    settings: Mapping[str, str] = {}
    resumed: bool = False


@contextmanager
def recording(spec: JobSpec, around: Surroundings, started: float) -> Iterator[Recorder]:
    """A recorder of the job *spec*, which began at *started* by the monotonic clock.

    An error that comes out of the block is the end of the job.
    """
    began = time.time() - (time.monotonic() - started)
    recorder = Recorder(spec, started, new_log(spec.job_id, began))
    recorder.begin(around, began)
    try:
        yield recorder
    except BaseException as error:
        recorder.end(error)
        raise


class Recorder:
    """Tells the log of one job what happens; without a log it does nothing."""

    def __init__(self, spec: JobSpec, started: float, log: LogFile | None) -> None:
        self._spec = spec
        self._started = started
        self._log = log
        self._workers: set[str] = set()
        self._running: dict[AttemptId, tuple[str, int]] = {}
        self._taken: dict[str, set[int]] = {}
        #: The workers of the attempts that were given ahead and have no slot yet.
        self._ahead: dict[AttemptId, str] = {}
        self._stderr_left = STDERR_OF_JOB
        #: The sampled stacks of the job's programs.
        self.profile = Profile()
        #: Tells the load of each worker, where that is known.
        self.loads: Loads = no_loads
        #: True if the job has started its workers.
        self.own_workers = False
        self._next_load = 0.0
        #: CPU seconds of the machine before the first attempt; None until then.
        self._busy_before: float | None = None

    @property
    def path(self) -> str:
        """The path of the log; "" where none is kept."""
        return "" if self._log is None else str(self._log.path)

    def begin(self, around: Surroundings, began: float) -> None:
        """Write the first line: the job has begun at *began* (seconds since 1970)."""
        if self._log is not None:
            self._write([_first_line(self._spec, around, began)])

    def _write(self, lines: Sequence[line.Event]) -> None:
        if self._log is not None and lines:
            self._log.append(b"".join(map(line.encode, lines)))

    def took(self, event: Event, actions: Iterable[Action], now: float) -> None:
        """The scheduler has answered *event* with *actions*, at *now* by the monotonic clock."""
        if self._log is None:
            return
        at = round(now - self._started, 6)
        lines: list[line.Event] = []
        if at >= self._next_load:
            self._next_load = at + _LOAD_INTERVAL
            lines += [line.WorkerLoad(at, *load) for load in self.loads()]
        match event:
            case AttemptSucceeded(attempt, worker, _, report):
                self._end(lines, at, attempt, worker, EndReason.SUCCEEDED, report)
            case AttemptFailed(attempt, worker, reason, error):
                self._end(lines, at, attempt, worker, reason, error=error)
            case WorkerJoined(worker, slots) if worker not in self._workers:
                self._workers.add(worker)
                lines.append(line.WorkerJoined(at, worker, slots, self.own_workers))
            case WorkerLost(worker) if worker in self._workers:
                self._workers.discard(worker)
                lines.append(line.WorkerLost(at, worker))
                self._ahead = {a: where for a, where in self._ahead.items() if where != worker}
                for attempt in [a for a, (where, _) in self._running.items() if where == worker]:
                    self._end(lines, at, attempt, worker, EndReason.WORKER_LOST)
            case MapOutputRestored(index, worker, _, report):
                sizes = report.input_bytes, report.output_bytes
                lines.append(line.OutputRestored(at, f"map-{index}", worker, *sizes))
        for action in actions:
            match action:
                case StartAttempt(attempt, worker, _, True):
                    self._ahead[attempt] = worker
                case StartAttempt(attempt, worker) | SlotTaken(attempt, worker):
                    lines.append(self._start(at, attempt, worker))
                case CancelAttempt(attempt, worker) if attempt in self._ahead:
                    del self._ahead[attempt]
                case CancelAttempt(attempt, worker):
                    self._end(lines, at, attempt, worker, EndReason.CANCELLED)
        self._write(lines)

    def _start(self, at: float, attempt: AttemptId, worker: str) -> line.AttemptBegan:
        """*attempt* has a slot of *worker* from *at* on."""
        if self._busy_before is None:
            self._busy_before = busy_seconds()
        self._ahead.pop(attempt, None)
        taken = self._taken.setdefault(worker, set())
        slot = next(slot for slot in range(len(taken) + 1) if slot not in taken)
        taken.add(slot)
        backup = any(other.task == attempt.task for other in self._running)
        self._running[attempt] = worker, slot
        task = attempt.task
        split = None if task.is_reduce else self._spec.splits[task.index]
        return line.AttemptBegan(
            at,
            _name(attempt),
            attempt.number,
            worker,
            slot,
            backup,
            "" if split is None else str(split)[: line.LONGEST_TEXT],
            0 if split is None else split.size,
        )

    def _end(
        self,
        lines: list[line.Event],
        at: float,
        attempt: AttemptId,
        worker: str,
        reason: EndReason,
        report: TaskReport = NO_REPORT,
        error: Exception | None = None,
    ) -> None:
        """Add the end of *attempt* to *lines*, unless that is told already."""
        if self._ahead.get(attempt) == worker:  # the end of the one before it is not told yet
            lines.append(self._start(at, attempt, worker))
        if self._running.get(attempt, ("",))[0] != worker:
            return
        _, slot = self._running.pop(attempt)
        self._taken[worker].discard(slot)
        failure = _failed(error)
        stderr = report.stderr_tail
        if isinstance(error, TaskError):
            stderr = error.failure.stderr or ""
        stderr = stderr[-STDERR_OF_ATTEMPT:]
        left_out = error is None and len(stderr) > self._stderr_left
        if error is None and not left_out:
            self._stderr_left -= len(stderr)
        lines.append(
            line.AttemptEnded(
                at,
                _name(attempt),
                attempt.number,
                worker,
                reason.value,
                seconds=_time(report.seconds),
                input_bytes=report.input_bytes,
                input_records=report.input_records,
                output_bytes=report.output_bytes,
                output_records=report.output_records,
                program_cpu=_time(report.program_cpu),
                own_cpu=_time(report.own_cpu),
                program_seconds=_time(report.program_seconds),
                fetch_seconds=_time(report.fetch_seconds),
                fetched_bytes=report.fetched_bytes,
                spilled_bytes=report.spilled_bytes,
                program_memory=report.program_memory,
                skipped_records=report.skipped_records,
                groups=report.groups,
                top_keys=tuple(map(_top_key, report.top_keys)),
                stderr="" if left_out else stderr,
                stderr_left_out=left_out,
                failure=failure,
            )
        )

    def without_profile(self, event: AttemptSucceeded) -> AttemptSucceeded:
        """*event* without the stacks in its report, which are kept here."""
        report = event.report
        if not report.profile and not report.profile_note:
            return event
        self.profile.add(report.profile, report.profile_note)
        return replace(event, report=replace(report, profile="", profile_note=""))

    def _write_profile(self) -> None:
        if self._log is None or not self.profile.samples:
            return
        path = profile_path(self._log.path)
        try:
            self.profile.write(path)
        except OSError as error:
            _log.warning("the profile is lost: %s: %s", path, error.strerror)

    def end(self, end: JobResult | BaseException) -> None:
        """The job has ended so; the log is complete."""
        if self._log is not None:
            at = round(time.monotonic() - self._started, 6)
            before = self._busy_before
            busy = 0.0 if before is None else max(0.0, busy_seconds() - before)
            self._write([_last_line(at, end, _time(busy))])
            self._write_profile()
            self._log.close()


def _first_line(spec: JobSpec, around: Surroundings, began: float) -> line.JobBegan:
    paths = list(dict.fromkeys(piece.path for split in spec.splits for piece in split.pieces))
    return line.JobBegan(
        0.0,
        spec.job_id,
        began,
        line.SCHEMA,
        __version__,
        tuple(_command()),
        spec.cwd,
        os.getpid(),
        os.uname().nodename,
        os.cpu_count() or 0,
        around.mode,
        spec.mapper,
        spec.reducer if spec.num_reducers else "",
        spec.combiner or "",
        spec.rules.partition.command,
        tuple(paths[:_SHOWN_NAMES]),
        len(paths),
        sum(split.size for split in spec.splits),
        spec.output_dir,
        len(spec.splits),
        spec.num_reducers,
        dict(around.settings),
        around.resumed,
    )


def _command() -> list[str]:
    """The words of the command line of this process; the values of variables may be secrets."""
    program = typed.program(os.path.basename(sys.argv[0] or "python")).split()
    words = sys.argv[1:]
    if words[:1] == program[-1:]:  # hadoopless run: the program is in both
        words = words[1:]
    words = [*program, *words]
    shown = []
    variable_follows = False
    for word in words:
        option, sign, value = word.partition("=")
        name, assigns, _ = (word if variable_follows else value).partition("=")
        if variable_follows and assigns:
            word = f"{name}=…"
        elif option == "--env" and sign and assigns:
            word = f"--env={name}=…"
        variable_follows = word in ("--env", "-cmdenv")
        shown.append(without_secret(word)[: line.LONGEST_TEXT])
    return shown


def _time(seconds: float) -> float:
    return round(seconds, 6) or line.NO_TIME


def _last_line(at: float, end: JobResult | BaseException, busy: float) -> line.JobEnded:
    if not isinstance(end, JobResult):
        status = "cancelled" if isinstance(end, (Cancelled, KeyboardInterrupt)) else "failed"
        return line.JobEnded(at, status, machine_cpu=busy, failure=_failed(end))
    return line.JobEnded(
        at,
        "succeeded",
        end.outputs[:_SHOWN_NAMES],
        len(end.outputs),
        sum(report.output_bytes for report in (end.reduces or end.maps)),
        end.counters,
        end.warnings,
        end.retries,
        end.backups_won,
        end.lost_workers,
        busy,
    )


def _failed(error: BaseException | None) -> line.Failed | None:
    if error is None:
        return None
    if isinstance(error, KeyboardInterrupt):
        error = Cancelled("the job was cancelled")
    elif not isinstance(error, MapReduceError):
        error = trouble_at_border(error) or MapReduceError(f"{type(error).__name__}: {error}")
    message = str(error)[: line.LONGEST_TEXT]
    if not isinstance(error, TaskError):
        return line.Failed(error.kind, message)
    failure = error.failure
    return line.Failed(
        error.kind,
        message,
        failure.role.value if failure.role else "",
        failure.command,
        failure.exit,
        failure.input,
        failure.replay,
    )


def _top_key(key: KeySum) -> line.TopKey:
    shown = key.key.decode("utf-8", "backslashreplace")
    return line.TopKey(shown, key.records, key.bytes)


def _name(attempt: AttemptId) -> str:
    return f"{attempt.task.phase.value}-{attempt.task.index}"
