"""Workers for a job, and the job on workers that we call. Shared by all front doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hadoopless.coordinator import loop
from hadoopless.coordinator.attempts import Explain, explained
from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.coordinator.push.driver import PushDriver, probe
from hadoopless.coordinator.push.embedded import EmbeddedPool
from hadoopless.errors import NoWorkersError
from hadoopless.job import JobSpec, TaskReport
from hadoopless.scheduler import JobStarted, Policy, Scheduler
from hadoopless.wire import addresses
from hadoopless.wire.limits import PROBE_TIMEOUT, START_TIMEOUT, WORKER_TIMEOUT

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Past

#: A sample that is late is not worth two.
SAMPLING = Policy(speculate=False)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that :func:`hadoopless.coordinator.loop.run` can run."""

    spec: JobSpec
    scheduler: Scheduler
    driver: loop.Driver
    events: loop.Events


def find_workers(
    wanted: str | None,
    inventory: Mapping[str, Any],
    stack: ExitStack,
    *,
    say: Callable[[str], None],
    quiet: bool,
    ahead: EmbeddedPool | None = None,
) -> list[WorkerClient]:
    """The workers that answer; or an embedded pool, which *stack* stops.

    *wanted*: None, ``inventory``, ``embedded``, or URLs by commas. *ahead* is the pool that was
    begun because of that, and is stopped by who began it. Raises NoWorkersError.
    """
    if wanted != "embedded" and ahead is None:
        named = wanted not in (None, "inventory")
        urls = addresses.parse_urls(wanted or "") if named else addresses.inventory_urls(inventory)
        clients = _closing(stack, probe(urls, PROBE_TIMEOUT))
        if clients:
            return clients
        if wanted is not None:
            raise NoWorkersError(
                f"no worker answers at {', '.join(urls)}; start them with: python workers.py"
            )
    if wanted != "embedded":
        say("no worker of the inventory answers: starting workers for this job alone")
    pool = ahead or stack.enter_context(EmbeddedPool(quiet=quiet))
    own = _closing(stack, probe(pool.urls, START_TIMEOUT))
    if not own:
        raise NoWorkersError("the job's own workers do not answer")
    return own


def _closing(stack: ExitStack, found: Mapping[str, WorkerClient]) -> list[WorkerClient]:
    """The clients that were *found*; *stack* closes their connections."""
    for client in found.values():
        stack.callback(client.close)
    return list(found.values())


def policy_of(spec: JobSpec, *, speculate: bool, worker_timeout: float) -> Policy:
    """How *spec* is scheduled."""
    rules = spec.rules
    return Policy(
        max_attempts=spec.max_attempts,
        max_reduce_attempts=rules.own_reduce_attempts,
        map_failures_percent=rules.map_failures_percent,
        reduce_failures_percent=rules.reduce_failures_percent,
        worker_grace=max(30.0, 2 * worker_timeout),
        speculate=speculate,
    )


def scheduler_of(
    spec: JobSpec, workers: Sequence[str], policy: Policy, past: Past | None
) -> Scheduler:
    """The state machine of *spec*, planned for *workers*."""
    return Scheduler(
        len(spec.splits),
        spec.num_reducers,
        workers,
        policy=policy,
        done_reduces=past.reduces if past else frozenset(),
        first_attempt=past.first_attempt if past else 0,
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
    explain: Explain = explained,
) -> Job:
    """The job on workers that we call, begun; *stack* ends what was begun."""
    policy = replace(policy, strict_round_robin=not all(client.ours for client in clients))
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
    return Job(spec, scheduler, driver, events)


def push_sampling(spec: JobSpec, clients: Sequence[WorkerClient]) -> Sequence[TaskReport]:
    """Run the sampling job *spec* on workers that we call; raises what ends it."""
    with ExitStack() as stack:
        return run_sampling_job(push_job(spec, clients, SAMPLING, stack))


def run_sampling_job(job: Job) -> Sequence[TaskReport]:
    """Run a sampling job to its end; raises what ends it."""
    with loop.cancelled_by_signals(job.events):
        error = loop.run(job.scheduler, job.driver, job.events, lambda snapshot: None)
    if error is not None:
        raise error
    return job.scheduler.reports()[0]
