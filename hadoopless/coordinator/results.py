"""The files that a job has left: those of its result, and those of earlier runs."""

from __future__ import annotations

import os

from hadoopless.coordinator.plan import (
    output_files,
    skipped_file,
    stale_outputs,
)
from hadoopless.job import JobResult, JobSpec
from hadoopless.scheduler import Scheduler
from hadoopless.ui.summary import few


def old_outputs(spec: JobSpec, started: float) -> list[str]:
    """The outputs of *spec* under their final names that are older than the time *started*."""
    return [name for name in output_files(spec) if _older(os.path.join(spec.cwd, name), started)]


def _older(path: str, moment: float) -> bool:
    try:
        return os.stat(path).st_mtime < moment
    except FileNotFoundError:
        return False


def result_of(spec: JobSpec, scheduler: Scheduler, seconds: float) -> JobResult:
    """The end of a job that has succeeded after *seconds*, with what its user should know."""
    maps, reduces = scheduler.reports()
    snapshot = scheduler.snapshot()
    warnings = []
    skipped = [
        skipped_file(spec, index) or ""
        for index, report in enumerate(maps)
        if report.skipped_records
    ]
    if skipped:
        count = sum(report.skipped_records for report in maps)
        warnings.append(f"{count} bad record(s) left out, kept in {few(skipped)}")
    stale = stale_outputs(spec, spec.num_reducers)
    if stale:
        warnings.append(f"left by an earlier run with more reducers: {few(stale)}")
    return JobResult(
        outputs=output_files(spec),
        maps=maps,
        reduces=reduces,
        seconds=seconds,
        retries=snapshot.retries,
        workers=len(snapshot.workers),
        lost_workers=snapshot.lost_workers,
        backups_won=snapshot.backups_won,
        warnings=tuple(warnings),
    )
