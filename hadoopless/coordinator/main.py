"""``python coordinator.py``: options, plan, pool; then the job runs and is summed up."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from hadoopless.codecs import is_compressed
from hadoopless.coordinator import loop
from hadoopless.coordinator.journal import Journal, Past, read_past
from hadoopless.coordinator.options import parse_options
from hadoopless.coordinator.plan import (
    Wish,
    output_files,
    plan_job,
    remove_skipped_files,
    skipped_file,
    stale_outputs,
)
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.coordinator.running import (
    SAMPLING,
    Job,
    find_workers,
    policy_of,
    push_job,
    push_sampling,
    run_sampling_job,
    scheduler_of,
)
from hadoopless.coordinator.total_order import bounded, needs_sample, sampling_job, with_boundaries
from hadoopless.errors import MapReduceError, UsageError
from hadoopless.job import JobResult, JobSpec, TaskReport
from hadoopless.rules import PLAIN_RULES
from hadoopless.scheduler import Policy, Scheduler
from hadoopless.ui.progress import progress_for
from hadoopless.ui.summary import few, summary
from hadoopless.wire import addresses


def main(arguments: Sequence[str], inventory: Mapping[str, Any]) -> int:
    """Run one job; returns the exit code of the process."""
    options = parse_options(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(message)s",
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        return _run(options, inventory)
    except MapReduceError as error:
        print(f"coordinator.py: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("coordinator.py: cancelled", file=sys.stderr)
        return 130


def _wish(options: argparse.Namespace) -> Wish:
    paths = [path for text in options.inputPath for path in text.split(",") if path]
    if options.inputPath and not paths:
        raise UsageError("--inputPath names no path")
    return Wish(
        mapper=options.mapperPath,
        reducer=options.reducerPath,
        job_path=options.jobPath,
        num_reducers=options.numReducers,
        input_paths=paths,
        output_path=options.outputPath,
        combiner=options.combinerPath,
        split_size=options.splitSize,
        task_timeout=options.taskTimeout,
        max_attempts=options.maxAttempts,
        skip_bad_records=options.skipBadRecords,
        combine_small_files=options.combineSmallFiles,
        partitioner=options.partitionerPath,
        sort_values=options.sortValues,
        total_order=options.totalOrder,
        keep_failed=options.keepFailedTaskFiles,
    )


def _run(options: argparse.Namespace, inventory: Mapping[str, Any]) -> int:
    started, started_at = time.monotonic(), time.time()
    spec = plan_job(_wish(options), os.getcwd())
    past = _past(options, spec)
    if past is not None:
        spec = bounded(replace(spec, job_id=past.job_id), past.boundaries)
    else:
        remove_skipped_files(spec)
    with ExitStack() as stack:
        if options.listen is not None:
            job = _pull_job(options, spec, past, stack)
        else:
            job = _push_job(options, spec, past, inventory, stack)
        spec = job.spec
        with loop.cancelled_by_signals(job.events):
            journal = Journal(spec, past)
            stack.callback(journal.close)
            progress = stack.enter_context(progress_for(sys.stderr, options.quiet))
            error = loop.run(job.scheduler, job.driver, job.events, progress.show, journal)
    if error is not None:
        _tell_of_old_outputs(spec, started_at)
        raise error
    if not options.quiet:
        print(summary(_result(spec, job.scheduler, time.monotonic() - started)))
    return 0


def _past(options: argparse.Namespace, spec: JobSpec) -> Past | None:
    """What an interrupted run of the same job has left, if --resume asks for it."""
    if not options.resume:
        return None
    past = read_past(spec)
    if not options.quiet:
        told = "nothing to resume: the job starts from the beginning"
        if past is not None:
            told = (
                f"resuming: {len(past.maps)} of {len(spec.splits)} map tasks and"
                f" {len(past.reduces)} of {spec.num_reducers} partitions were done"
            )
        print(told, file=sys.stderr)
    return past


def _push_job(
    options: argparse.Namespace,
    spec: JobSpec,
    past: Past | None,
    inventory: Mapping[str, Any],
    stack: ExitStack,
) -> Job:
    """The job on workers that we call; *stack* ends what was begun."""

    def say(line: str) -> None:
        if not options.quiet:
            print(line, file=sys.stderr)

    wanted = options.workers or addresses.choice_in_environment()
    clients = find_workers(wanted, inventory, stack, say=say, quiet=options.quiet)
    _check_plain_workers(spec, clients)
    if past is None:
        _tell_of_sample(spec, say)
        spec = with_boundaries(spec, lambda sampling: push_sampling(sampling, clients))
    return push_job(
        spec,
        clients,
        _policy(options, spec),
        stack,
        slots=options.slots,
        worker_timeout=options.workerTimeout,
        past=past,
    )


def _pull_job(
    options: argparse.Namespace, spec: JobSpec, past: Past | None, stack: ExitStack
) -> Job:
    """The job on workers that join us; *stack* ends what was begun."""
    # Here, because a job on a pool needs no server.
    from hadoopless.coordinator.pull.driver import PullDriver
    from hadoopless.coordinator.pull.registry import worker_name
    from hadoopless.coordinator.pull.server import RpcServer
    from hadoopless.wire.addresses import parse_address

    address = parse_address(options.listen)
    wanted = options.numWorkers or spec.num_reducers
    if wanted < spec.num_reducers:
        raise UsageError(
            f"--numWorkers must be at least --numReducers ({spec.num_reducers}): partition r is"
            " reduced by worker r"
        )
    if options.workers is not None:
        raise UsageError("--listen waits for workers; it cannot be combined with --workers")

    def say(line: str) -> None:
        if not options.quiet:
            print(line, file=sys.stderr, flush=True)

    names = [worker_name(worker) for worker in range(wanted)]
    to_sample = past is None and needs_sample(spec)
    events: loop.Events = loop.Events()
    driver = PullDriver(
        sampling_job(spec) if to_sample else spec,
        events,
        num_workers=wanted,
        worker_timeout=options.workerTimeout,
        say=say,
        past=past,
    )
    server = RpcServer(address, driver)
    stack.callback(driver.sweep)
    stack.callback(server.stop)
    server.start()
    stack.callback(driver.finish)
    say(f"listening at {address}; waiting for {wanted} worker(s) to join")

    def sample(sampling: JobSpec) -> Sequence[TaskReport]:
        scheduler = scheduler_of(sampling, names, SAMPLING, None)
        return run_sampling_job(Job(sampling, scheduler, driver, events))

    if to_sample:
        _tell_of_sample(spec, say)
        spec = with_boundaries(spec, sample)
        driver.go_on_with(spec)
    policy = replace(_policy(options, spec), sticky_reduces=True)
    return Job(spec, scheduler_of(spec, names, policy, past), driver, events)


def _tell_of_sample(spec: JobSpec, say: Callable[[str], None]) -> None:
    if needs_sample(spec):
        say("total order: the mapper runs over a sample first, to find parts of the same size")


def _policy(options: argparse.Namespace, spec: JobSpec) -> Policy:
    return policy_of(spec, speculate=options.speculate, worker_timeout=options.workerTimeout)


def _check_plain_workers(spec: JobSpec, clients: Sequence[WorkerClient]) -> None:
    """Refuse what workers that know only the three plain calls would silently do wrong."""
    plain = [client.url for client in clients if not client.ours]
    if not plain:
        return
    if not all(split.whole for split in spec.splits):
        raise UsageError(
            f"{plain[0]} runs one whole file in each task; leave out --splitSize and"
            " --combineSmallFiles"
        )
    if spec.rules != PLAIN_RULES:
        raise UsageError(
            f"{plain[0]} knows only the plain calls; leave out --partitionerPath, --sortValues,"
            " --totalOrder and --keepFailedTaskFiles"
        )
    if spec.skip_bad_records:
        raise UsageError(f"{plain[0]} cannot skip records; leave out --skipBadRecords")
    if any(is_compressed(split.path) for split in spec.splits):
        raise UsageError(f"{plain[0]} does not unpack compressed inputs")


def _tell_of_old_outputs(spec: JobSpec, started: float) -> None:
    """After a failure: name the outputs under final names that are not of this run."""
    old = [name for name in output_files(spec) if _older(os.path.join(spec.cwd, name), started)]
    if old:
        print(f"warning: of an earlier run: {few(old)}", file=sys.stderr)


def _older(path: str, moment: float) -> bool:
    try:
        return os.stat(path).st_mtime < moment
    except FileNotFoundError:
        return False


def _result(spec: JobSpec, scheduler: Scheduler, seconds: float) -> JobResult:
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
        lost_workers=snapshot.lost_workers,
        backups_won=snapshot.backups_won,
        warnings=tuple(warnings),
    )
