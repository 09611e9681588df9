"""A job that can run: its scheduler, its driver and the queue between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from hadoopless.coordinator import loop
from hadoopless.coordinator.recorder import Loads, no_loads
from hadoopless.coordinator.waiting import Waiting
from hadoopless.job import JobSpec, TaskReport
from hadoopless.scheduler import Policy, Scheduler

if TYPE_CHECKING:
    from hadoopless.coordinator.journal import Past

#: A sample that is late is not worth two.
SAMPLING = Policy(speculate=False)


class Job(Struct, frozen=True):
    """A job that :func:`hadoopless.coordinator.loop.run` can run."""

    spec: JobSpec
    scheduler: Scheduler
    driver: loop.Driver
    events: loop.Events
    #: The words for a user whose workers are gone.
    advice: str = ""
    #: Tells the load of each worker, where that is known.
    loads: Loads = no_loads
    #: True if the workers were started for the job.
    own_workers: bool = False


def waiting_of(job: Job, say: Callable[[str], None]) -> Waiting:
    """The watcher that tells by *say* when *job* waits for workers."""
    return Waiting(say, job.scheduler.policy.worker_grace, job.advice)


def policy_of(spec: JobSpec, *, speculate: bool, worker_timeout: float) -> Policy:
    """The policy by which *spec* is scheduled."""
    rules = spec.rules
    usual = Policy()
    return Policy(
        max_attempts=spec.max_attempts,
        # A user who asks for many attempts wants a job that outlasts a full disk, too.
        max_losses=max(usual.max_losses, spec.max_attempts),
        max_troubles=max(usual.max_troubles, spec.max_attempts),
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
        committed=past.committed.keys() if past else frozenset(),
        first_attempt=past.first_attempt if past else 0,
        map_bytes=[split.size for split in spec.splits],
    )


def run_sampling_job(job: Job, say: Callable[[str], None]) -> Sequence[TaskReport]:
    """Run a sampling job to its end; raises what ends it. *say* tells if it has to wait."""
    with loop.cancelled_by_signals(job.events, hangup=True):  # it has no journal
        error = loop.run(job.scheduler, job.driver, job.events, waiting_of(job, say).show)
    if error is not None:
        raise error
    return job.scheduler.reports()[0]
