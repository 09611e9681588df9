"""Runs a planned streaming job to its end, and tells of it as Hadoop's client does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from msgspec.structs import replace

from hadoopless.coordinator import loop
from hadoopless.coordinator.metrics import JobMetrics
from hadoopless.coordinator.planning.total_order import needs_sample, with_boundaries
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.coordinator.push.embedded import EmbeddedPool
from hadoopless.coordinator.push.finding import find_workers
from hadoopless.coordinator.push.job import push_job, push_sampling
from hadoopless.coordinator.recorder import Surroundings, recording
from hadoopless.coordinator.results import Told, result_of
from hadoopless.coordinator.running import policy_of, waiting_of
from hadoopless.data.program.reporter import MORE_COUNTERS
from hadoopless.errors import Cancelled, MapReduceError
from hadoopless.failure import Failure
from hadoopless.hadoop_counters import CounterGroups
from hadoopless.job import AttemptId
from hadoopless.scheduler import Event, Scheduler, Snapshot
from hadoopless.sizes import parse_number
from hadoopless.streaming.client import output
from hadoopless.streaming.client.again import explained
from hadoopless.streaming.client.counters import shown
from hadoopless.streaming.client.job import StreamingJob
from hadoopless.streaming.client.monitor import JOB, Monitor
from hadoopless.streaming.client.task_logs import TaskLogs, remove_old
from hadoopless.streaming.client.totals import excess, job_counters
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.wire.limits import WORKER_TIMEOUT

#: The port of loopback at which a job tells its metrics, as by --metricsPort of coordinator.py.
METRICS_PORT = "MAPREDUCE_METRICS_PORT"

_LIMIT_EXCEEDED = "org.apache.hadoop.mapreduce.counters.LimitExceededException"

#: Runs a job to its end; gives the error that ended it, and its figures as far as there are any.
ToEnd = Callable[[Monitor], tuple[Exception | None, Told | None]]


def run(
    job: StreamingJob, log: Log, inventory: Mapping[str, Any], ahead: EmbeddedPool | None = None
) -> int:
    """Run *job*, on the pool *ahead* if that was begun; returns the exit code of the client."""
    return run_by(job, log, lambda monitor: _run_to_end(job, log, inventory, ahead, monitor))


def run_by(job: StreamingJob, log: Log, to_end: ToEnd) -> int:
    """Let *to_end* run *job*, and tell of it; returns the exit code of the client."""
    spec = job.spec
    application = job.job.replace("job_", "application_", 1)
    log.info("impl.YarnClientImpl", f"Submitted application {application}")
    log.info(JOB, f"Running job: {job.job}")
    remove_old(job.log_directory, time.time())
    logs = TaskLogs(job.log_directory, job.job, job.input_uris)

    def keep_failure(name: str, attempt: AttemptId, failure: Failure) -> None:
        task = attempt.task
        logs.keep(name, attempt, failure, None if task.is_reduce else spec.splits[task.index])

    monitor = Monitor(log, job.job, keep_failure)
    error, told = to_end(monitor)
    if error is None:
        monitor.finish(has_reduces=spec.num_reducers > 0)
        output.finish(
            job.output, mark=job.mark_success, keep_attempts=job.skip_cleanup, mask=job.mask
        )
        log.info(JOB, f"Job {job.job} completed successfully")
    else:
        state = "KILLED" if isinstance(error, Cancelled) else "FAILED"
        log.info(JOB, f"Job {job.job} failed with state {state} due to: {monitor.reason(error)}")
    total: CounterGroups = {}
    if told is not None:
        maps, reduces = told.reports()
        failed = {"failed_maps": monitor.failed_maps, "failed_reduces": monitor.failed_reduces}
        total = job_counters(job, maps, reduces, **failed)
        log.info(JOB, shown(total))
    if error is None and (words := excess(total, spec.rules.counter_limits)):
        # The output is there: Hadoop's client ends so when it asks for the counters of the job.
        log.plain([f'Exception in thread "main" {_LIMIT_EXCEEDED}: {words}; {MORE_COUNTERS}'])
        return 1
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
    monitor: Monitor,
) -> tuple[Exception | None, Scheduler | None]:
    """The error of *job*, if it failed, and its scheduler, if any worker was found."""
    scheduler = None
    started = time.monotonic()
    try:
        with recording(job.spec, Surroundings("push"), started) as recorder, ExitStack() as stack:
            stack.enter_context(output.attempts_in(job.output, job.spec))
            say = partial(log.info, JOB)
            clients = _workers(job, say, inventory, ahead, stack)
            if needs_sample(job.spec):
                log.info("partition.InputSampler", "Sampling the keys of the mappers")
            spec = with_boundaries(job.spec, lambda sampling: push_sampling(sampling, clients, say))
            policy = replace(
                policy_of(spec, speculate=job.speculate_maps, worker_timeout=WORKER_TIMEOUT),
                speculate_reduces=job.speculate_reduces,
            )
            explain = partial(explained, around=job.around)
            running = push_job(spec, clients, policy, stack, explain=explain)
            scheduler = running.scheduler
            recorder.loads, recorder.own_workers = running.loads, running.own_workers
            metrics = JobMetrics("push", started)
            if port := os.environ.get(METRICS_PORT):
                # Here, because few ask for it, and it needs a server.
                from hadoopless.coordinator.metrics_server import serve_until

                serve_until(stack, parse_number(port, METRICS_PORT, 0), metrics.page, say)
            waiting = waiting_of(running, say)

            def show(snapshot: Snapshot) -> None:
                waiting.show(snapshot)
                monitor.show(snapshot)
                metrics.show(snapshot)

            def hear(event: Event) -> None:
                monitor.hear(event)
                metrics.hear(event)

            with loop.cancelled_by_signals(running.events, hangup=True):
                error = loop.run(
                    running.scheduler,
                    running.driver,
                    running.events,
                    show,
                    hear=hear,
                    recorder=recorder,
                )
            seconds = time.monotonic() - started
            recorder.end(error or result_of(spec, scheduler, seconds))
    except MapReduceError as broken:
        error = broken
    return error, scheduler


def _workers(
    job: StreamingJob,
    say: Callable[[str], None],
    inventory: Mapping[str, Any],
    ahead: EmbeddedPool | None,
    stack: ExitStack,
) -> list[WorkerClient]:
    """The workers for *job*, all of our pool: the rules of a streaming job need its token."""
    return find_workers(
        job.workers,
        inventory,
        stack,
        say=say,
        quiet=True,
        plain=False,
        ahead=ahead,
    )
