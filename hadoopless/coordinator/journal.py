"""Keeps on disk, beside the outputs, what a job has done, so that a new coordinator can go on.

The file holds JSON lines: first what the job is, then each finished map task with the place of its
output, each committed output file, and the highest attempt number used. It exists only while a job
runs; whoever finds one has found a job whose coordinator died. A torn last line is ignored. The
coordinator that writes it holds a lock on it (:mod:`hadoopless.coordinator.journal_file`).
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.coordinator.journal_file import NAME, Busy, JournalFile
from hadoopless.coordinator.submitted import remove_submitted
from hadoopless.data.program.commands import Root, resolve
from hadoopless.errors import DiskError, InputError, UsageError
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import AttemptId, JobSpec, MapOutput, Split, TaskReport
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.wire.messages import replies

_log = logging.getLogger(__name__)

_VERSION = 2
#: A host's name is no longer [gethostname].
_LONGEST_HOST = 255


class DoneMap(Struct, frozen=True):
    """A finished map task: its worker's name in the scheduler, its output and its figures."""

    worker: str
    output: MapOutput
    report: TaskReport


class Past(Struct, frozen=True):
    """The progress that an earlier coordinator of the same job has left.

    ``maps`` are the finished map tasks whose outputs are held, ``committed`` the figures of the
    tasks whose output files are there, ``boundaries`` those between the parts of a total order.
    """

    job_id: str
    first_attempt: int
    maps: Mapping[int, DoneMap]
    committed: Mapping[int, TaskReport]
    boundaries: tuple[bytes, ...] = ()


def fingerprint(spec: JobSpec) -> dict[str, Any]:
    """All that the outputs depend on: the command line, and the files that it names."""
    root = Root(spec.cwd, search_path=dict(spec.rules.environment).get("PATH"))
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
            *_state_of_input(piece, cwd),
        )
    ]


def _state_of_input(piece: Split, cwd: str) -> list[int]:
    if is_hdfs(piece.path) and piece.state is not None:
        return [piece.state.size, piece.state.mtime_ns]
    return _state_of(Path(cwd, piece.path))


def _order_of(rules: Rules) -> dict[str, Any]:
    """The rules that change the output, where any are given."""
    if rules == PLAIN_RULES:
        return {}
    variables = {"environment": _digest(rules.environment)} if rules.environment else {}
    return {
        "partitioning": rules.partition.kind.value,
        "sorting of values": rules.sort_values,
        **variables,
    }


def _digest(variables: Sequence[tuple[str, str]]) -> str:
    """The *variables* as a digest: their values may be secrets, and others may read the file."""
    import hashlib  # only here: it takes time to load, and few jobs have variables

    return hashlib.sha256(json.dumps(variables).encode()).hexdigest()


def _state_of(path: Path) -> list[int]:
    try:
        state = path.stat()
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns]


def _past_of(spec: JobSpec, file: JournalFile) -> Past | None:
    """The progress that *file* tells of; None when it is empty.

    Raises UsageError when it is of another job or of another release.
    """
    lines = file.read().splitlines()
    if not lines:
        return None
    first, *entries = [entry for entry in map(_parse, lines) if entry is not None] or [{}]
    job_id, job = first.get("jobId"), first.get("job")
    if first.get("version") != _VERSION or not isinstance(job_id, str) or not isinstance(job, dict):
        raise UsageError(
            f"{file.path} cannot be understood, or is of another release; run the job without"
            " --resume"
        )
    _compare(job, json.loads(json.dumps(fingerprint(spec))))
    try:
        boundaries = tuple(key.encode("latin-1") for key in first.get("boundaries", ()))
        return replace(_past(spec, job_id, entries), boundaries=boundaries)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UsageError(f"{file.path} is damaged; run the job without --resume") from error


def _past(spec: JobSpec, job_id: str, entries: Iterable[Mapping[str, Any]]) -> Past:
    maps: dict[int, DoneMap] = {}
    committed: dict[int, TaskReport] = {}
    last_attempt = -1
    for entry in entries:
        if "map" in entry:
            output, report = replies.parse_map_reply(entry["reply"], str(entry["url"]))
            maps[int(entry["map"])] = DoneMap(str(entry["worker"]), output, report)
        elif "output" in entry:
            committed[int(entry["output"])] = replies.parse_report(entry["reply"])
        else:
            last_attempt = max(last_attempt, int(entry["attempt"]))
    there = {
        index: report
        for index, report in committed.items()
        if index in range(spec.num_outputs)
        and Path(spec.cwd, spec.output_dir, f"{index}.out").is_file()
    }
    return Past(job_id, last_attempt + 1, maps, there)


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
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
    """The journal of a job. Each entry is in the file before what it tells has effects.

    The job that holds it is the only one that writes to the output directory. A job whose journal
    cannot be written runs all the same, and cannot be resumed.
    """

    def __init__(self, spec: JobSpec, *, resumes: bool = False) -> None:
        """Take the output directory of *spec*; what another job has left there stays for now.

        Raises DiskError when a job is writing there, UsageError when *spec* was to resume it.
        """
        self._directory = Path(spec.cwd, spec.output_dir)
        self._started = time.time()
        #: The highest attempt number that this coordinator has written.
        self._highest = -1
        self._begun = False
        #: The reason why nothing more is written; empty: there is none.
        self._trouble = ""
        self._file: JournalFile | None = None
        if is_hdfs(spec.output_dir):
            if resumes:
                raise UsageError(
                    f"--resume needs a journal, which a job with outputs in HDFS has not:"
                    f" {spec.output_dir}"
                )
            return
        try:
            self._file = JournalFile(self._directory)
        except Busy as busy:
            owner = _owner(str(busy))
            if resumes:
                raise UsageError(
                    f"another coordinator{owner} runs this job now, and writes to {self._directory}"
                ) from busy
            raise DiskError(
                f"another job{owner} is writing to {self._directory}; name another directory, or"
                " wait for its end"
            ) from busy
        except OSError as error:
            self._give_up(error)

    def past(self, spec: JobSpec) -> Past | None:
        """Return the progress that an earlier coordinator of *spec* has left, or None.

        Raises UsageError when that was another job, or one of another release; InputError when the
        journal cannot be opened.
        """
        if self._file is not None:
            return _past_of(spec, self._file)
        if os.path.lexists(self._directory / NAME):
            raise InputError(f"cannot read {self._directory / NAME}: {self._trouble}")
        return None

    def begin(self, spec: JobSpec) -> None:
        """Begin anew, in place of what is there."""
        self._begun = True
        if self._file is None:
            return
        head = {
            "version": _VERSION,
            "pid": os.getpid(),
            "host": os.uname().nodename,
            "started": round(self._started),
            "jobId": spec.job_id,
            "job": fingerprint(spec),
        }
        boundaries = spec.rules.partition.boundaries
        if boundaries:
            head["boundaries"] = [key.decode("latin-1") for key in boundaries]
        try:
            _sweep_after(self._file)
            self._file.clear()
        except OSError as error:
            self._give_up(error)
        self._write(head)

    def go_on(self) -> None:
        """Go on with what :meth:`past` has told."""
        self._begun = True
        self._append(b"\n")  # the last line may be torn

    def _append(self, data: bytes) -> None:
        if self._file is None or self._trouble:
            return
        try:
            self._file.append(data)
        except OSError as error:
            self._give_up(error)

    def _write(self, entry: dict[str, Any]) -> None:
        self._append(json.dumps(entry).encode() + b"\n")

    def _give_up(self, error: OSError) -> None:
        """Empty the journal: a later coordinator would not find all in it that has happened."""
        self._trouble = error.strerror or str(error)
        _log.warning("the job cannot be resumed: %s: %s", self._directory / NAME, self._trouble)
        if self._file is not None:  # its lock still keeps other jobs away
            with suppress(OSError):  # the warning says already that the disk is broken
                self._file.clear()

    def started(self, attempt: AttemptId) -> None:
        """*attempt* is about to start."""
        if attempt.number > self._highest:
            self._highest = attempt.number
            self._write({"attempt": attempt.number})

    def map_done(self, index: int, worker: str, output: MapOutput, report: TaskReport) -> None:
        """Map task *index* has left *output* on *worker*."""
        reply = replies.map_reply(output, _figures(report))
        self._write({"map": index, "worker": worker, "url": output.worker, "reply": reply})

    def committed(self, index: int, report: TaskReport) -> None:
        """The output file of number *index* is committed."""
        self._write({"output": index, "reply": replies.reduce_reply(_figures(report))})

    def end(self) -> None:
        """The job has ended, well or badly: nothing is left to resume.

        A job that has not begun leaves what it has found.
        """
        if self._file is not None and self._begun:
            self._file.remove()
            self._file = None
        self.close()

    def close(self) -> None:
        """Write no more, and leave the file to whoever resumes the job."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _figures(report: TaskReport) -> TaskReport:
    """*report* without the parts that a resumed job does not need."""
    return replace(report, stderr_tail="", sample=(), profile="", top_keys=())


def _owner(head: str) -> str:
    """The job whose journal begins with *head*, for people; empty when it does not tell."""
    entry = _parse(head.encode()) or {}
    try:
        started = time.strftime("%H:%M:%S", time.localtime(int(entry["started"])))
        host = str(entry["host"])[:_LONGEST_HOST]
        return f" (process {int(entry['pid'])} on {host}, started at {started})"
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return ""


def _sweep_after(file: JournalFile) -> None:
    """Remove what was submitted to the coordinator that has left the journal *file*."""
    entry = _parse(file.read().partition(b"\n")[0])
    job_id = str((entry or {}).get("jobId"))
    if job_id.isalnum():
        remove_submitted(file.path.parent, job_id)
