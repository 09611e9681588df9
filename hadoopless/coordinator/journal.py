"""Keeps on disk, beside the outputs, what a job has done, so that a new coordinator can go on.

The file holds JSON lines: first what the job is, then each finished map task with the place of its
output, each committed partition, and the highest attempt number used. It exists only while a job
runs; whoever finds one has found a job whose coordinator died. A torn last line is ignored. The
coordinator that writes it holds a lock on it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hadoopless.coordinator.submitted import sweep
from hadoopless.data.program.commands import Root, resolve
from hadoopless.errors import InputError, UsageError
from hadoopless.job import AttemptId, JobSpec, MapOutput, Split, TaskReport
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.wire import replies

_log = logging.getLogger(__name__)

_NAME = ".mapreduce-journal"
_VERSION = 2


@dataclass(frozen=True, slots=True)
class DoneMap:
    """A finished map task: its worker's name in the scheduler, its output and its figures."""

    worker: str
    output: MapOutput
    report: TaskReport


@dataclass(frozen=True, slots=True)
class Past:
    """The progress that an earlier coordinator of the same job has left.

    ``maps`` are the finished map tasks, ``reduces`` the figures of the committed partitions,
    ``boundaries`` those between the parts of a total order.
    """

    job_id: str
    first_attempt: int
    maps: Mapping[int, DoneMap]
    reduces: Mapping[int, TaskReport]
    boundaries: tuple[bytes, ...] = ()


def _path(spec: JobSpec) -> Path:
    return Path(spec.cwd, spec.output_dir, _NAME)


def fingerprint(spec: JobSpec) -> dict[str, Any]:
    """All that the outputs depend on: the command line, and the files that it names."""
    root = Root(spec.cwd)
    programs = {
        name: line
        for name, line in (
            ("mapper", spec.mapper),
            ("reducer", spec.reducer),
            ("combiner", spec.combiner),
            ("partitioner", spec.rules.partition.command),
        )
        if line
    }
    return {
        **programs,
        **{
            f"{name}'s file": _state_of(Path(resolve(line, root, name).argv[0]))
            for name, line in programs.items()
        },
        "number of reducers": spec.num_reducers,
        "skipping of bad records": spec.skip_bad_records,
        **_order_of(spec.rules),
        "directory": [spec.cwd, spec.output_dir],
        "inputs": [_input_of(split, spec.cwd) for split in spec.splits],
    }


def _input_of(split: Split, cwd: str) -> list[str | int | None]:
    """The stretches of files that *split* consists of, each with the state of its file."""
    return [
        part
        for piece in split.pieces
        for part in (
            *(piece.path, piece.start, piece.length),
            *_state_of(Path(cwd, piece.path)),
        )
    ]


def _order_of(rules: Rules) -> dict[str, Any]:
    """The rules that change the output, where any are given."""
    if rules == PLAIN_RULES:
        return {}
    return {
        "partitioning": rules.partition.kind.value,
        "sorting of values": rules.sort_values,
    }


def _state_of(path: Path) -> list[int]:
    try:
        state = path.stat()
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns]


def read_past(spec: JobSpec) -> Past | None:
    """Read the journal in *spec*'s directory; None when there is none.

    Raises UsageError when it is of another job, of another release, or of one that still runs;
    InputError when it cannot be opened.
    """
    path = _path(spec)
    try:
        with open(path, "rb") as file:
            if not _lock(file.fileno()):
                raise UsageError(f"another coordinator runs this job now, and writes {path}")
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    first, *entries = [entry for entry in map(_parse, lines) if entry is not None] or [{}]
    job_id, job = first.get("jobId"), first.get("job")
    if first.get("version") != _VERSION or not isinstance(job_id, str) or not isinstance(job, dict):
        raise UsageError(
            f"{path} cannot be understood, or is of another release; run the job without --resume"
        )
    _compare(job, json.loads(json.dumps(fingerprint(spec))))
    try:
        boundaries = tuple(key.encode("latin-1") for key in first.get("boundaries", ()))
        return replace(_past(spec, job_id, entries), boundaries=boundaries)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(f"{path} is damaged; run the job without --resume") from error


def _past(spec: JobSpec, job_id: str, entries: Iterable[Mapping[str, Any]]) -> Past:
    maps: dict[int, DoneMap] = {}
    reduces: dict[int, TaskReport] = {}
    last_attempt = -1
    for entry in entries:
        if "map" in entry:
            output, report = replies.parse_map_reply(entry["reply"], str(entry["url"]))
            maps[int(entry["map"])] = DoneMap(str(entry["worker"]), output, report)
        elif "reduce" in entry:
            reduces[int(entry["reduce"])] = replies.parse_report(entry["reply"])
        else:
            last_attempt = max(last_attempt, int(entry["attempt"]))
    there = {
        index: report
        for index, report in reduces.items()
        if index in range(spec.num_reducers)
        and Path(spec.cwd, spec.output_dir, f"{index}.out").is_file()
    }
    return Past(job_id, last_attempt + 1, maps, there)


def _lock(descriptor: int) -> bool:
    """Lock the journal for as long as it is open; False when another process has done so."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems know no locks: then nobody is known to hold one.
        return error.errno != errno.EWOULDBLOCK
    return True


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None


def _compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if changed:
        raise UsageError(
            f"this is not the job that was interrupted; changed: {', '.join(changed)}. Give the"
            " same command to resume it, or leave out --resume to start anew"
        )


class Journal:
    """The journal of a running job. Each entry is in the file before what it tells has effects.

    A job whose journal cannot be written runs all the same, and cannot be resumed.
    """

    def __init__(self, spec: JobSpec, past: Past | None) -> None:
        """Begin a journal in place of any other one, or go on with that of *past*."""
        self._path = _path(spec)
        #: The highest attempt number that this coordinator has written.
        self._highest = -1
        self._file: int | None = None
        try:
            if past is not None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
                _lock(self._file)
                self._append(b"\n")  # the last line may be torn
            else:
                self._begin(spec)
        except OSError as error:
            self._give_up(error)

    def _begin(self, spec: JobSpec) -> None:
        _sweep_after(self._path)
        beside = self._path.with_name(f"{_NAME}.{spec.job_id}")
        self._file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        _lock(self._file)
        os.replace(beside, self._path)
        head = {"version": _VERSION, "jobId": spec.job_id, "job": fingerprint(spec)}
        boundaries = spec.rules.partition.boundaries
        if boundaries:
            head["boundaries"] = [key.decode("latin-1") for key in boundaries]
        self._write(head)

    def _append(self, data: bytes) -> None:
        if self._file is not None and os.write(self._file, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _write(self, entry: dict[str, Any]) -> None:
        try:
            self._append(json.dumps(entry).encode() + b"\n")
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        # It would tell a later coordinator less than what has happened.
        _log.warning("the job cannot be resumed: %s: %s", self._path, error.strerror)
        self.end()

    def started(self, attempt: AttemptId) -> None:
        """*attempt* is about to start."""
        if attempt.number > self._highest:
            self._highest = attempt.number
            self._write({"attempt": attempt.number})

    def map_done(self, index: int, worker: str, output: MapOutput, report: TaskReport) -> None:
        """Map task *index* has left *output* on *worker*."""
        reply = replies.map_reply(output, _figures(report))
        self._write({"map": index, "worker": worker, "url": output.worker, "reply": reply})

    def reduce_done(self, index: int, report: TaskReport) -> None:
        """Partition *index* is committed."""
        self._write({"reduce": index, "reply": replies.reduce_reply(_figures(report))})

    def end(self) -> None:
        """The job has ended, well or badly: nothing is left to resume."""
        if self._file is None:
            return
        try:
            # Another coordinator may have begun the same job meanwhile.
            if os.path.samestat(os.fstat(self._file), self._path.stat()):
                self._path.unlink()
        except OSError:
            pass  # gone, with the directory perhaps
        self.close()

    def close(self) -> None:
        """Write no more, and leave the file to whoever resumes the job."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _figures(report: TaskReport) -> TaskReport:
    """*report* without what nobody needs to go on with its job."""
    return replace(report, stderr_tail="", sample=())


def _sweep_after(path: Path) -> None:
    """Remove what was submitted to the coordinator that has left the journal *path*."""
    try:
        with open(path, "rb") as file:
            entry = _parse(file.readline()) if _lock(file.fileno()) else None
    except OSError:
        return  # there is none, as a rule
    job_id = str((entry or {}).get("jobId"))
    if job_id.isalnum():
        sweep(path.parent, job_id)
