"""A planned streaming job, from its submission to its end: workers, log, counters, _SUCCESS."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hadoopless.coordinator import loop
from hadoopless.coordinator.push.embedded import EmbeddedPool
from hadoopless.coordinator.running import (
    find_workers,
    policy_of,
    push_job,
    push_sampling,
)
from hadoopless.coordinator.total_order import needs_sample, with_boundaries
from hadoopless.errors import Cancelled, MapReduceError, TaskError, UsageError
from hadoopless.hadoop_counters import JOB_GROUP, SHUFFLE_ERRORS, SHUFFLE_GROUP, TASK_GROUP
from hadoopless.job import AttemptId, JobSpec
from hadoopless.scheduler import AttemptFailed, Event, Scheduler
from hadoopless.streaming.client import counters
from hadoopless.streaming.client.again import Surroundings, explain
from hadoopless.streaming.client.console import JOB, Console
from hadoopless.streaming.client.counters import CounterGroups
from hadoopless.streaming.client.task_logs import TaskLogs, remove_beside
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.wire.limits import WORKER_TIMEOUT


@dataclass(frozen=True, slots=True)
class StreamingJob:
    """A job that can run; *output* is where its files go, *output_name* what users call that."""

    spec: JobSpec
    #: An id such as ``job_1699000000000_0001``.
    job: str
    output: Path
    output_name: str
    log_directory: Path
    #: Which workers to use (:func:`find_workers`); None: those of the inventory or an own pool.
    workers: str | None = None
    speculate_maps: bool = True
    speculate_reduces: bool = True
    mark_success: bool = True
    #: Groups of counters that are all zero, whatever was counted.
    uncounted: frozenset[str] = frozenset()
    #: Bytes of the names of all splits (Input split bytes).
    split_bytes: int = 0
    input_uris: Mapping[str, str] = field(default_factory=dict)
    around: Surroundings = field(default_factory=Surroundings)


def run(
    job: StreamingJob, log: Log, inventory: Mapping[str, Any], ahead: EmbeddedPool | None = None
) -> int:
    """Run *job*, on the pool *ahead* if that was begun; returns the exit code of the client."""
    spec = job.spec
    application = job.job.replace("job_", "application_", 1)
    log.info("impl.YarnClientImpl", f"Submitted application {application}")
    log.info(JOB, f"Running job: {job.job}")
    logs = TaskLogs(job.log_directory, job.job, job.input_uris)

    def keep_failure(name: str, attempt: AttemptId, error: MapReduceError) -> None:
        if isinstance(error, TaskError):
            task = attempt.task
            logs.keep(name, attempt, error, None if task.is_reduce else spec.splits[task.index])

    shipped = [name for name, _ in spec.rules.links]
    console = Console(log, job.job, keep_failure, spec.cwd, shipped)
    error, scheduler = _run_to_end(job, log, inventory, ahead, console)
    if error is None:
        console.finish(has_reduces=spec.num_reducers > 0)
        remove_beside(job.output)
        if job.mark_success:
            (job.output / "_SUCCESS").touch()
        log.info(JOB, f"Job {job.job} completed successfully")
    else:
        state = "KILLED" if isinstance(error, Cancelled) else "FAILED"
        log.info(JOB, f"Job {job.job} failed with state {state} due to: {console.reason(error)}")
    if scheduler is not None:
        log.info(JOB, counters.shown(_all_counters(job, scheduler, console)))
    if error is not None:
        log.error(STREAM_JOB, "Job not successful!")
        log.plain(["Streaming Command Failed!"])
        return 130 if isinstance(error, Cancelled) else 1
    log.info(STREAM_JOB, f"Output directory: {job.output_name}")
    return 0


def _run_to_end(
    job: StreamingJob,
    log: Log,
    inventory: Mapping[str, Any],
    ahead: EmbeddedPool | None,
    console: Console,
) -> tuple[Exception | None, Scheduler | None]:
    """Why *job* failed, if it did, and who knows what its tasks did, if any worker was found."""
    scheduler = None
    try:
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, job.output / "_temporary", ignore_errors=True)
            clients = find_workers(
                job.workers,
                inventory,
                stack,
                say=lambda line: log.info(JOB, line),
                quiet=True,
                ahead=ahead,
            )
            plain = [client.url for client in clients if not client.ours]
            if plain:
                raise UsageError(f"{plain[0]} is no worker of ours and cannot run streaming jobs")
            if needs_sample(job.spec):
                log.info("partition.InputSampler", "Sampling the keys of the mappers")
            spec = with_boundaries(job.spec, lambda sampling: push_sampling(sampling, clients))
            policy = replace(
                policy_of(spec, speculate=job.speculate_maps, worker_timeout=WORKER_TIMEOUT),
                speculate_reduces=job.speculate_reduces,
            )
            running = push_job(spec, clients, policy, stack)
            scheduler = running.scheduler

            def hear(event: Event) -> None:
                if isinstance(event, AttemptFailed) and isinstance(event.error, MapReduceError):
                    explain(event.error, event.attempt, spec, job.around)
                console.hear(event)

            with loop.cancelled_by_signals(running.events, hangup=True):
                error = loop.run(
                    running.scheduler,
                    running.driver,
                    running.events,
                    console.show,
                    hear=hear,
                )
    except MapReduceError as broken:
        error = broken
    return error, scheduler


def _all_counters(job: StreamingJob, scheduler: Scheduler, console: Console) -> CounterGroups:
    """What the tasks that went well have counted, and what only the client knows."""
    maps, reduces = ([r for r in reports if r.seconds] for reports in scheduler.reports())
    total: CounterGroups = {}
    for report in (*maps, *reduces):
        counters.add(total, report.counters)
    for group in job.uncounted & total.keys():
        total[group] = dict.fromkeys(total[group], 0)
    task = total.setdefault(TASK_GROUP, {})
    if maps:
        task["SPLIT_RAW_BYTES"] = job.split_bytes
        task["CPU_MILLISECONDS"] = sum(int(1000 * r.program_cpu) for r in (*maps, *reduces))
    if reduces:
        task["REDUCE_SHUFFLE_BYTES"] = task.get("MAP_OUTPUT_MATERIALIZED_BYTES", 0)
        task["FAILED_SHUFFLE"] = 0
        counters.add(total, ((SHUFFLE_GROUP, name, 0) for name in SHUFFLE_ERRORS))
    per_job = {
        "NUM_FAILED_MAPS": console.failed_maps,
        "NUM_FAILED_REDUCES": console.failed_reduces,
        "TOTAL_LAUNCHED_MAPS": len(maps) + console.failed_maps,
        "TOTAL_LAUNCHED_REDUCES": len(reduces) + console.failed_reduces,
        "MILLIS_MAPS": sum(int(1000 * report.seconds) for report in maps),
        "MILLIS_REDUCES": sum(int(1000 * report.seconds) for report in reduces),
    }
    counters.add(total, ((JOB_GROUP, name, n) for name, n in per_job.items() if n))
    return total


def new_job_id() -> str:
    """The id of a job that begins now (JobID.toString)."""
    return f"job_{int(time.time() * 1000)}_{os.getpid() % 10_000:04d}"
