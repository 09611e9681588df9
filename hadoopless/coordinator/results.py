"""The files that a job has left: those of its result, and those of earlier runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from hadoopless.coordinator import ledger
from hadoopless.coordinator.ledger import Ledger
from hadoopless.coordinator.planning.plan import (
    output_files,
    skipped_file,
    stale_outputs,
)
from hadoopless.errors import MapReduceError
from hadoopless.hadoop_counters import CounterGroups, add
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import JobResult, JobSpec, TaskReport
from hadoopless.scheduler import Snapshot
from hadoopless.sizes import show_size
from hadoopless.ui.summary import few

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Past
    from hadoopless.hdfs.files import Entry


class Told(Protocol):
    """The figures of a job that has ended, which our scheduler tells, or another engine."""

    def reports(self) -> tuple[tuple[TaskReport, ...], tuple[TaskReport, ...]]:
        """The figures of maps and of reduces."""

    def snapshot(self) -> Snapshot:
        """The last state of the job."""


def outputs_there(spec: JobSpec) -> dict[str, tuple[int, int]]:
    """The outputs of *spec* that are there, with what changes when another file takes the name.

    Times of the clock are not compared: it may be set while a job runs.
    """
    if is_hdfs(spec.output_dir):
        there = _outputs_in_hdfs(spec)
        return {n: (there[n].size, there[n].changed) for n in output_files(spec) if n in there}
    found = ((name, _identity(os.path.join(spec.cwd, name))) for name in output_files(spec))
    return {name: identity for name, identity in found if identity is not None}


def old_outputs(
    spec: JobSpec, before: Mapping[str, tuple[int, int]], past: Past | None = None
) -> list[str]:
    """The outputs of *spec* under their final names that were there *before*.

    Those that the interrupted run *past* of the same job has committed are not among them. None are
    where they cannot be listed: the error that has ended the job is told, and not another one.
    """
    done = past.committed if past else {}
    try:
        there = outputs_there(spec)
    except MapReduceError:
        return []
    return [
        name
        for index, name in enumerate(output_files(spec))
        if index not in done and name in before and before[name] == there.get(name)
    ]


def _outputs_in_hdfs(spec: JobSpec) -> dict[str, Entry]:
    from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

    return hdfs_outputs.outputs_of(spec)


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def closed_ledger(spec: JobSpec, scheduler: Told, past: Past | None = None) -> Ledger:
    """The ledger of a job that has come to its end; raises WorkerError when sums do not agree."""
    maps, reduces = _reports(scheduler, past)
    names = output_files(spec)
    sizes: Mapping[str, int | None]
    if is_hdfs(spec.output_dir):
        sizes = {name: entry.size for name, entry in _outputs_in_hdfs(spec).items()}
    else:
        sizes = {name: _size(os.path.join(spec.cwd, name)) for name in names}
    return ledger.closed(spec, maps, reduces, names, sizes)


def _reports(
    scheduler: Told, past: Past | None
) -> tuple[tuple[TaskReport, ...], tuple[TaskReport, ...]]:
    """The figures of maps and of reduces, those that an earlier coordinator has left, too."""
    maps, reduces = scheduler.reports()
    if past is None:
        return maps, reduces
    writers = reduces or maps
    writers = tuple(past.committed.get(index, report) for index, report in enumerate(writers))
    return (maps, writers) if reduces else (writers, ())


def _size(path: str) -> int | None:
    """The size of the file at *path*; None: there is none, or it cannot be opened.

    Another machine may have written it: what a network file system tells of a file is new only when
    that is opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except PermissionError:
        return os.stat(path).st_size
    except OSError:
        return None
    try:
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


def result_of(
    spec: JobSpec, scheduler: Told, seconds: float, past: Past | None = None
) -> JobResult:
    """The end of a job after *seconds*, with what its user should know.

    Raises WorkerError when its sums do not agree.
    """
    sums = closed_ledger(spec, scheduler, past)
    maps, reduces = _reports(scheduler, past)
    snapshot = scheduler.snapshot()
    warnings = list(_of_no_output(maps))
    skipped = [
        skipped_file(spec, index) or ""
        for index, report in enumerate(maps)
        if report.skipped_records
    ]
    if skipped:
        count = sum(report.skipped_records for report in maps)
        warnings.append(f"{count} bad record(s) left out, kept in {few(skipped)}")
    stale = stale_outputs(spec, spec.num_outputs)
    if stale:
        warnings.append(f"left by an earlier run with more outputs: {few(stale)}")
    return JobResult(
        outputs=output_files(spec),
        maps=maps,
        reduces=reduces,
        seconds=seconds,
        retries=snapshot.retries,
        workers=len(snapshot.workers),
        lost_workers=snapshot.lost_workers,
        backups_won=snapshot.backups_won,
        sums=tuple(sums.lines()),
        counters=tuple(_counters((*maps, *reduces))),
        warnings=tuple(warnings),
    )


def _of_no_output(maps: Sequence[TaskReport]) -> Iterator[str]:
    """A warning where all mappers together have written nothing."""
    if not all(report.told for report in maps) or any(report.output_bytes for report in maps):
        return
    read = sum(report.input_bytes for report in maps)
    if read:
        yield f"the mappers have written nothing, though their inputs hold {show_size(read)}"
    else:
        yield "all inputs are empty"


def _counters(reports: Iterable[TaskReport]) -> Iterator[tuple[str, str, int]]:
    """The sums of what programs have reported, by the names of groups and counters."""
    groups: CounterGroups = {}
    for report in reports:
        add(groups, report.counters)
    for group, counters in sorted(groups.items()):
        yield from ((group, name, amount) for name, amount in sorted(counters.items()))
