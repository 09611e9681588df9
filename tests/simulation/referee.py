"""The rules that every simulation must keep, whatever goes wrong in it."""

from __future__ import annotations

from collections import Counter

from hadoopless.errors import Cancelled, NoWorkersError, ProgramFailed, ProgramTimedOut, TaskError
from hadoopless.job import AttemptId, TaskId
from hadoopless.scheduler import (
    Action,
    AttemptSucceeded,
    CommitOutput,
    Event,
    FetchAhead,
    JobFailed,
    JobSucceeded,
    ReleaseOutputs,
    Scheduler,
    StartAttempt,
)
from tests.simulation.worker import DiskFull
from tests.simulation.world import Content, World


class ViolationError(AssertionError):
    """An invariant does not hold."""


def _usable(core: Scheduler) -> set[str]:
    """The joined workers that are not put aside."""
    return {worker.name for worker in core.snapshot().workers if worker.aside_until is None}


class Referee:
    """Watches every event and its actions over all lives of the coordinator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.actions_done = 0
        self.outcome: JobSucceeded | JobFailed | None = None
        self._ended: Scheduler | None = None
        self._started: set[AttemptId] = set()
        self._last_order = -1
        self._commits: Counter[int] = Counter()
        self._released: set[str] = set()
        #: Since when there has been nobody, and since when each worker has not been there.
        self._nobody_since = 0.0
        self._gone_since: dict[str, float] = {}

    def begin(self, core: Scheduler) -> None:
        """A coordinator starts, or starts again."""
        self.outcome = self._ended = None
        self._commits.clear()
        # A release that its dead predecessor sent may still be under way, and take away what this
        # one has found. It cannot know; the reduce that misses it will say so.
        self._released.clear()
        self._nobody_since = self.world.now
        self._gone_since = dict.fromkeys(self.world.scenario.workers, self.world.now)

    def judge(self, event: Event, actions: list[Action], core: Scheduler, joined: set[str]) -> None:
        """Look at one step of the scheduler; *joined* is whom the driver has told it of."""
        core.check_invariants()
        for action in actions:
            self._hold(
                self._ended is not core or isinstance(action, ReleaseOutputs),
                f"{action} after the end",
            )
            match action:
                case StartAttempt():
                    self._judge_start(action, joined, core)
                case FetchAhead():
                    self._judge_order(action, joined)
                case CommitOutput():
                    self._hold(
                        isinstance(event, AttemptSucceeded)
                        and (event.attempt, event.worker) == (action.attempt, action.worker),
                        f"{action} for {event}",
                    )
                case ReleaseOutputs():
                    self._released.update(action.map_task_ids)
                case JobSucceeded() | JobFailed():
                    self._hold(action is actions[-1], "the end is not the last action")
                    self._ended, self.outcome = core, action
        if isinstance(self.outcome, JobFailed) and self.outcome in actions:
            self._judge_failure(self.outcome.error, core)
        # Afterwards: what the scheduler was told just now, it could not know before.
        if joined:
            self._nobody_since = self.world.now
        for worker in joined:
            self._gone_since[worker] = self.world.now

    def committed(self, action: CommitOutput, content: Content | None) -> None:
        """The driver commits what the event brought."""
        partition = action.attempt.task.index
        self._commits[partition] += 1
        self._hold(self._commits[partition] == 1, f"partition {partition} is committed again")
        self._hold(content == self.world.expected(partition), f"{action}: wrong bytes {content}")
        if self.world.scenario.pull:
            self._hold(partition not in self.world.files, f"partition {partition} was done")
            self.world.files[partition] = content or ()

    def judge_end(self) -> None:
        """The job is over, and all late messages have come."""
        scenario, files = self.world.scenario, self.world.files
        self._hold(self.outcome is not None, "the job does not end")
        for partition, content in files.items():
            self._hold(content == self.world.expected(partition), f"{partition} has wrong bytes")
        if isinstance(self.outcome, JobSucceeded):
            self._hold(set(files) == set(range(scenario.reduces)), f"only {sorted(files)} done")
            self._hold(not scenario.doomed, "a program that always fails had success")

    def _judge_start(self, action: StartAttempt, joined: set[str], core: Scheduler) -> None:
        scenario, task = self.world.scenario, action.attempt.task
        self._hold(action.attempt not in self._started, f"{action.attempt} is started twice")
        self._started.add(action.attempt)
        self._hold(action.worker in joined, f"{action.attempt} on lost {action.worker}")
        home = scenario.workers[task.index % len(scenario.workers)]
        if not task.is_reduce:
            fixed = scenario.policy.strict_round_robin
            self._hold(not fixed or action.worker == home, f"{task} strays to {action.worker}")
            return
        if scenario.policy.sticky_reduces and home in joined and action.worker != home:
            # A worker in trouble is as good as lost.
            troubled = any(home in workers for workers in self.world.troubled.values())
            excused = troubled and home not in _usable(core)
            self._hold(excused, f"{task} strays to {action.worker}")
        self._hold(not self._commits[task.index], f"{task} is done and starts again")
        indices = [int(out.map_task_id.split(".")[0]) for out in action.map_outputs]
        self._hold(indices == list(range(scenario.maps)), f"{action}: not all maps, in order")
        for out in action.map_outputs:
            self._hold(out.map_task_id not in self._released, f"{action}: {out} was released")
            self._hold(out.worker in joined, f"{action}: {out} is on a lost worker")

    def _judge_order(self, action: FetchAhead, joined: set[str]) -> None:
        self._hold(action.worker in joined, f"{action} to a lost worker")
        self._hold(action.number > self._last_order, f"{action} is not numbered on")
        self._last_order = action.number
        for partition in action.partitions:
            self._hold(not self._commits[partition], f"{action}: {partition} is done")
        for out in action.map_outputs:
            self._hold(out.map_task_id not in self._released, f"{action}: {out} was released")
            self._hold(out.worker in joined, f"{action}: {out} is on a lost worker")
            self._hold(out.worker != action.worker, f"{action}: {out} is on the worker itself")
        for stretch in action.neighbours:
            indices = [int(name.split(".")[0]) for name in stretch]
            following = list(range(indices[0], indices[0] + len(indices)))
            self._hold(indices == following, f"{action}: {stretch} are no neighbours")
            self._hold(self._released.isdisjoint(stretch), f"{action}: {stretch} was released")

    def _judge_failure(self, error: Exception, core: Scheduler) -> None:
        scenario, now = self.world.scenario, self.world.now
        match error:
            case ProgramFailed() | ProgramTimedOut():
                counts = {str(t): n for t, n in self.world.program_failures.items()}
                enough = counts.get(error.task, 0) >= scenario.policy.max_attempts
                self._hold(enough, f"{error.task} failed only {counts.get(error.task, 0)} times")
                saved = scenario.calm and len(scenario.workers) > 1 and not scenario.flaky
                saved &= not scenario.policy.strict_round_robin
                saved &= not scenario.policy.sticky_reduces
                self._hold(not saved or bool(scenario.doomed), "one bad worker failed the job")
            case DiskFull():
                self._judge_trouble(error.task, core)
            case TaskError():
                tries = max(Counter(attempt.task for attempt in self._started).values())
                self._hold(tries >= scenario.policy.max_losses, f"lost {tries} times only")
            case NoWorkersError():
                since = [self._nobody_since]
                if scenario.policy.strict_round_robin:
                    since.extend(self._gone_since.values())
                gone = now - min(since)
                self._hold(gone >= scenario.policy.worker_grace, f"workers gone for {gone} s only")
            case Cancelled():
                when = scenario.cancelled_at
                asked = when is not None and now > when - 1e-6  # a sum of times is rounded
                self._hold(asked, "nobody cancelled the job")
            case _:
                self._hold(False, f"the job must not fail with {error!r}")

    def _judge_trouble(self, task: TaskId, core: Scheduler) -> None:
        """A job may fail by the trouble of workers when none is left to try its task on."""
        scenario, tried = self.world.scenario, self.world.troubled.get(task, [])
        if sum(attempt.task == task for attempt in self._started) >= scenario.policy.max_losses:
            return
        enough = len(tried) >= scenario.policy.max_troubles
        self._hold(enough, f"{task} failed after trouble on {tried} only")
        left = _usable(core)
        if scenario.policy.strict_round_robin and not task.is_reduce:
            left &= {scenario.workers[task.index % len(scenario.workers)]}
        self._hold(left <= set(tried), f"{task} was not tried on {left - set(tried)}")

    def _hold(self, condition: bool, message: str) -> None:
        if not condition:
            raise ViolationError(f"seed {self.world.scenario.seed}: {message}")
