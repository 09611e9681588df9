"""What a job has done, on disk beside its outputs, so that a new coordinator can go on with it.

The file holds JSON lines: first what the job is, then each finished map task with the place of its
output, each committed partition, and the highest attempt number used. It exists only while a job
runs; whoever finds one has found a job whose coordinator died. A torn last line is ignored.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mapreduce.data.commands import Place, resolve
from mapreduce.errors import UsageError
from mapreduce.job import AttemptId, JobSpec, MapOutput

_log = logging.getLogger(__name__)

_NAME = ".mapreduce-journal"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Past:
    """What an earlier coordinator of the same job has left.

    ``maps``: for each finished map task the worker's name in the scheduler and its output.
    """

    job_id: str
    first_attempt: int
    maps: Mapping[int, tuple[str, MapOutput]]
    reduces: frozenset[int]


def _path(spec: JobSpec) -> Path:
    return Path(spec.cwd, spec.output_dir, _NAME)


def fingerprint(spec: JobSpec) -> dict[str, Any]:
    """All that the outputs depend on: the command line, and the files that it names."""
    place = Place(spec.cwd)
    programs = {
        name: line
        for name, line in (
            ("mapper", spec.mapper),
            ("reducer", spec.reducer),
            ("combiner", spec.combiner),
        )
        if line is not None
    }
    return {
        **programs,
        **{
            f"{name}'s file": _state_of(Path(resolve(line, place, name).argv[0]))
            for name, line in programs.items()
        },
        "number of reducers": spec.num_reducers,
        "directory": [spec.cwd, spec.output_dir],
        "inputs": [
            [split.path, split.start, split.length, *_state_of(Path(spec.cwd, split.path))]
            for split in spec.splits
        ],
    }


def _state_of(path: Path) -> list[int]:
    try:
        state = path.stat()
    except OSError:
        return []
    return [state.st_size, state.st_mtime_ns]


def read_past(spec: JobSpec) -> Past | None:
    """What the journal of *spec*'s directory tells, or None when there is none.

    Raises UsageError when it is of another job.
    """
    try:
        lines = _path(spec).read_text().splitlines()
    except FileNotFoundError:
        return None
    entries = [entry for entry in map(_parse, lines) if entry is not None]
    if not entries or entries[0].get("version") != _VERSION:
        raise UsageError(f"{_path(spec)} cannot be read; run the job without --resume")
    _compare(entries[0]["job"], json.loads(json.dumps(fingerprint(spec))))
    maps: dict[int, tuple[str, MapOutput]] = {}
    reduces = set()
    last_attempt = -1
    for entry in entries[1:]:
        if "map" in entry:
            output = MapOutput(
                entry["url"], entry["id"], entry["records"], tuple(entry["partitionBytes"])
            )
            maps[entry["map"]] = (entry["worker"], output)
        elif "reduce" in entry:
            reduces.add(entry["reduce"])
        else:
            last_attempt = max(last_attempt, entry.get("attempt", -1))
    there = frozenset(
        index for index in reduces if Path(spec.cwd, spec.output_dir, f"{index}.out").is_file()
    )
    return Past(entries[0]["jobId"], last_attempt + 1, maps, there)


def _parse(line: str) -> dict[str, Any] | None:
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
    """The journal of a running job. Each entry is in the file before what it tells has effects."""

    def __init__(self, spec: JobSpec, past: Past | None) -> None:
        """Begin a journal in place of any other one, or go on with that of *past*."""
        self._path = _path(spec)
        self._highest = past.first_attempt - 1 if past else -1
        self._file: IO[str] | None = None
        try:
            if past is not None:
                self._file = open(self._path, "a")  # noqa: SIM115  # until the job ends
                self._file.write("\n")  # the last line may be torn
            else:
                beside = self._path.with_name(f"{_NAME}.{spec.job_id}")
                self._file = open(beside, "w")  # noqa: SIM115
                os.replace(beside, self._path)
        except OSError as error:
            _log.warning("the job could not be resumed: %s: %s", self._path, error.strerror)
            return
        if past is None:
            self._write(
                {"version": _VERSION, "jobId": spec.job_id, "job": fingerprint(spec)},
            )

    def _write(self, entry: dict[str, Any]) -> None:
        if self._file is None:
            return
        try:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
        except OSError as error:
            _log.warning("the job can no longer be resumed: %s", error.strerror)
            self._file = None

    def started(self, attempt: AttemptId) -> None:
        """*attempt* is about to start."""
        if attempt.number > self._highest:
            self._highest = attempt.number
            self._write({"attempt": attempt.number})

    def map_done(self, index: int, worker: str, output: MapOutput) -> None:
        """Map task *index* has left *output* on *worker*."""
        self._write(
            {
                "map": index,
                "worker": worker,
                "url": output.worker,
                "id": output.map_task_id,
                "records": output.records,
                "partitionBytes": list(output.partition_bytes),
            }
        )

    def reduce_done(self, index: int) -> None:
        """Partition *index* is committed."""
        self._write({"reduce": index})

    def close(self) -> None:
        """The job has ended, well or badly: nothing is left to resume."""
        if self._file is None:
            return
        try:
            ours = os.fstat(self._file.fileno())
            found = self._path.stat()
            # Another coordinator may have begun the same job meanwhile.
            if (ours.st_dev, ours.st_ino) == (found.st_dev, found.st_ino):
                self._path.unlink()
        except FileNotFoundError:
            pass
        self._file.close()
        self._file = None
