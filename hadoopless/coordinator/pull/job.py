"""A job on workers that join: the coordinator listens, and takes a sample first if it needs one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.coordinator import loop
from hadoopless.coordinator.journal import Past
from hadoopless.coordinator.planning.total_order import needs_sample, sampling_job, with_boundaries
from hadoopless.coordinator.pull.driver import PullDriver
from hadoopless.coordinator.pull.registry import worker_name
from hadoopless.coordinator.pull.server import Metrics, RpcServer
from hadoopless.coordinator.running import SAMPLING, Job, policy_of, run_sampling_job, scheduler_of
from hadoopless.descriptors import raise_limit
from hadoopless.entry import typed
from hadoopless.job import JobSpec, TaskReport
from hadoopless.wire import proof
from hadoopless.wire.addresses import Address


class Listening(Struct, frozen=True):
    """The address of a coordinator, the number of workers it waits for, and its patience."""

    address: Address
    workers: int
    #: Seconds.
    worker_timeout: float
    metrics: Metrics

    @property
    def names(self) -> list[str]:
        """The names of the workers in the scheduler."""
        return [worker_name(worker) for worker in range(self.workers)]


def pull_job(
    spec: JobSpec,
    past: Past | None,
    listening: Listening,
    say: Callable[[str], None],
    stack: ExitStack,
    *,
    speculate: bool,
) -> Job:
    """The job, begun, on the workers that join; *stack* ends what was begun."""
    raise_limit()
    events: loop.Events = loop.Events()
    to_sample = past is None and needs_sample(spec)
    driver = PullDriver(
        sampling_job(spec) if to_sample else spec,
        events,
        num_workers=listening.workers,
        worker_timeout=listening.worker_timeout,
        say=say,
        past=past,
        # Over a UNIX socket only its owner hears the secret. Over TCP all know the token.
        secret=proof.new_nonce() if listening.address.path is not None else "",
    )
    _listen(driver, listening, say, stack)

    advice = f"start them again: {typed.line('workers.py')} --join={listening.address} --id=N"

    def sample(sampling: JobSpec) -> Sequence[TaskReport]:
        scheduler = scheduler_of(sampling, listening.names, SAMPLING, None)
        return run_sampling_job(Job(sampling, scheduler, driver, events, advice), say)

    if to_sample:
        spec = with_boundaries(spec, sample)
        driver.go_on_with(spec)
    policy = policy_of(spec, speculate=speculate, worker_timeout=listening.worker_timeout)
    policy = replace(policy, sticky_reduces=True, fetch_ahead=True)
    return Job(spec, scheduler_of(spec, listening.names, policy, past), driver, events, advice)


def _listen(
    driver: PullDriver, listening: Listening, say: Callable[[str], None], stack: ExitStack
) -> None:
    """Let workers join *driver*, until *stack* is left."""
    server = RpcServer(listening.address, driver, listening.metrics)
    stack.callback(driver.remove_submitted)
    stack.callback(server.stop)
    # The socket listens already. A worker that waits joins once the server runs, so this is first.
    say(f"listening at {listening.address}; waiting for {listening.workers} worker(s) to join")
    server.start()
    stack.callback(driver.finish)
