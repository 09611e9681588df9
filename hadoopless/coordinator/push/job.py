"""A job on workers that are called: what they must be able to do, and its beginning."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hadoopless.codecs import is_compressed
from hadoopless.coordinator import loop
from hadoopless.coordinator.attempts import Explain, with_reduce_line
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.coordinator.push.driver import PushDriver
from hadoopless.coordinator.running import SAMPLING, Job, run_sampling_job, scheduler_of
from hadoopless.descriptors import raise_limit
from hadoopless.entry import typed
from hadoopless.errors import UsageError
from hadoopless.job import JobSpec, TaskReport
from hadoopless.rules import PLAIN_RULES
from hadoopless.scheduler import JobStarted, Policy
from hadoopless.wire import tokens
from hadoopless.wire.limits import WORKER_TIMEOUT

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Past

#: The options of a job that is no plain one.
_NEED_RULES = (
    "--partitionerPath, --sortValues, --totalOrder, --keepFailedTaskFiles, --env and"
    " --numReducers=0"
)


def push_job(
    spec: JobSpec,
    clients: Sequence[WorkerClient],
    policy: Policy,
    stack: ExitStack,
    *,
    slots: int = 1,
    worker_timeout: float = WORKER_TIMEOUT,
    past: Past | None = None,
    explain: Explain = with_reduce_line,
) -> Job:
    """The job on workers that we call, begun; *stack* ends what was begun."""
    raise_limit()  # not before: a pool that the job has started inherits the limit
    ours = all(client.ours for client in clients)
    policy = replace(policy, strict_round_robin=not ours, fetch_ahead=ours)
    scheduler = scheduler_of(spec, [client.url for client in clients], policy, past)
    events: loop.Events = loop.Events()
    driver = PushDriver(
        spec, clients, events, slots=slots, worker_timeout=worker_timeout, explain=explain
    )
    stack.callback(driver.stop)
    driver.start()
    if past is not None:
        driver.restore(past)
    events.put(JobStarted())
    own = any(client.embedded for client in clients)
    advice = "" if own else f"start them again as before ({typed.line('workers.py')})"
    return Job(spec, scheduler, driver, events, advice, driver.loads, own)


def push_sampling(
    spec: JobSpec, clients: Sequence[WorkerClient], say: Callable[[str], None]
) -> Sequence[TaskReport]:
    """Run the sampling job *spec* on workers that we call; raises what ends it."""
    with ExitStack() as stack:
        return run_sampling_job(push_job(spec, clients, SAMPLING, stack), say)


def check_plain_workers(spec: JobSpec, clients: Sequence[WorkerClient]) -> None:
    """Raise UsageError if *spec* wants what those of *clients* do not do that are not ours."""
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
            f"{plain[0]} does only the plain calls for us; leave out {_NEED_RULES}, or set"
            f" {tokens.ENVIRONMENT} if it is of a pool of yours"
        )
    if spec.skip_bad_records:
        raise UsageError(f"{plain[0]} cannot skip records; leave out --skipBadRecords")
    if any(is_compressed(split.path) for split in spec.splits):
        raise UsageError(f"{plain[0]} does not unpack compressed inputs")
