"""Events in any order, sensible or not: nothing breaks, and a healed cluster ends the job."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from hadoopless.job import AttemptId, TaskId
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CommitOutput,
    EndReason,
    Event,
    FetchAhead,
    JobCancelled,
    JobFailed,
    JobStarted,
    JobSucceeded,
    MapOutputRestored,
    Policy,
    ReleaseOutputs,
    Scheduler,
    StartAttempt,
    Tick,
    WorkerJoined,
    WorkerLost,
)
from tests.scheduler.harness import output

WORKERS = "abc"
names = st.sampled_from([*WORKERS, "stranger"])
attempts = st.builds(
    AttemptId,
    st.builds(TaskId, st.booleans(), st.integers(-1, 9)),
    st.integers(0, 4),
)
reasons = st.sampled_from([reason for reason in EndReason if reason is not EndReason.SUCCEEDED])


class AnyEvents(RuleBasedStateMachine):
    """Plays a driver that has lost its mind, and then one that is well again."""

    @initialize(
        maps=st.integers(0, 9),
        reduces=st.integers(0, 4),
        slots=st.integers(1, 3),
        strict=st.booleans(),
        sticky=st.booleans(),
        ahead=st.booleans(),
        done=st.sets(st.integers(0, 3)),
        attempts=st.sampled_from([9, 1]),
        percents=st.tuples(*[st.sampled_from([0, 0, 30, 100])] * 2),
        fetch_ahead=st.booleans(),
    )
    def begin(
        self,
        maps: int,
        reduces: int,
        slots: int,
        strict: bool,
        sticky: bool,
        ahead: bool,
        done: set[int],
        attempts: int,
        percents: tuple[int, int],
        fetch_ahead: bool,
    ) -> None:
        self.policy = Policy(
            max_attempts=attempts,
            max_losses=9,
            strict_round_robin=strict,
            sticky_reduces=sticky,
            map_failures_percent=percents[0],
            reduce_failures_percent=percents[1],
            fetch_ahead=fetch_ahead,
        )
        self.done = frozenset(r for r in done if r < (reduces or maps))
        self.slots = slots
        self.ahead = ahead
        self.partitions = set(range(reduces))
        #: Without reduces, what the maps put out is committed.
        self.outputs = self.partitions or set(range(maps))
        self.core = Scheduler(
            maps,
            reduces,
            WORKERS,
            policy=self.policy,
            committed=self.done,
            map_bytes=range(7, 7 + maps),
        )
        self.now = 0.0
        self.commits: Counter[int] = Counter()
        self.end: Action | None = None
        self.ids: set[AttemptId] = set()
        self.last_order = -1

    def feed(self, event: Event) -> list[Action]:
        before = self.end
        actions = self.core.handle(event, now=self.now)
        self.core.check_invariants()
        for action in actions:
            assert before is None or isinstance(action, ReleaseOutputs)
            if isinstance(action, CommitOutput):
                self.commits[action.attempt.task.index] += 1
            elif isinstance(action, StartAttempt):
                assert action.attempt not in self.ids
                self.ids.add(action.attempt)
            elif isinstance(action, FetchAhead):
                assert self.policy.fetch_ahead
                assert action.number > self.last_order
                self.last_order = action.number
            elif isinstance(action, JobSucceeded | JobFailed):
                assert action is actions[-1]
                self.end = action
        assert all(count == 1 for count in self.commits.values())
        return actions

    def running(self, data: st.DataObject) -> tuple[AttemptId, str] | None:
        found = [(a.attempt, a.worker) for a in self.core.snapshot().attempts]
        return data.draw(st.sampled_from(found)) if found else None

    @rule()
    def job_started(self) -> None:
        self.feed(JobStarted())

    @rule(worker=names)
    def worker_joined(self, worker: str) -> None:
        self.feed(WorkerJoined(worker, self.slots, self.ahead))

    @rule(worker=names)
    def worker_lost(self, worker: str) -> None:
        self.feed(WorkerLost(worker))

    @rule(seconds=st.sampled_from([0.0, 0.1, 3.0, 10.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.feed(Tick())

    @rule(data=st.data())
    def a_running_attempt_succeeds(self, data: st.DataObject) -> None:
        if found := self.running(data):
            self.succeed(*found)

    @rule(data=st.data(), reason=reasons, lost=st.sets(st.integers(0, 4)))
    def a_running_attempt_fails(
        self, data: st.DataObject, reason: EndReason, lost: set[int]
    ) -> None:
        if found := self.running(data):
            ids = tuple(f"{index}.0@{worker}" for index in lost for worker in WORKERS)
            self.feed(AttemptFailed(*found, reason, lost_map_outputs=ids))

    @rule(attempt=attempts, worker=names)
    def any_attempt_succeeds(self, attempt: AttemptId, worker: str) -> None:
        self.succeed(attempt, worker)

    @rule(attempt=attempts, worker=names, reason=reasons)
    def any_attempt_fails(self, attempt: AttemptId, worker: str, reason: EndReason) -> None:
        self.feed(AttemptFailed(attempt, worker, reason))

    @rule(attempt=attempts, worker=names)
    def an_output_is_restored(self, attempt: AttemptId, worker: str) -> None:
        index = attempt.task.index
        self.feed(MapOutputRestored(index, worker, output(attempt, worker)))

    @precondition(lambda self: self.now > 30)
    @rule()
    def cancelled(self) -> None:
        self.feed(JobCancelled())

    def succeed(self, attempt: AttemptId, worker: str) -> list[Action]:
        commits = attempt.task.is_reduce or not self.partitions
        out = None if commits else output(attempt, worker, (1 << 20, 2 << 20, 3 << 20))
        return self.feed(AttemptSucceeded(attempt, worker, out))

    def teardown(self) -> None:
        """All is well again: whoever runs succeeds."""
        if not hasattr(self, "core"):
            return
        for worker in WORKERS:
            self.feed(WorkerJoined(worker, self.slots, self.ahead))
        self.feed(JobStarted())
        self.now += 600  # nobody is put aside for longer
        self.feed(Tick())
        todo = deque((a.attempt, a.worker) for a in self.core.snapshot().attempts)
        while todo:
            self.succeed(*todo.popleft())
            known = set(todo)
            for a in self.core.snapshot().attempts:
                if (a.attempt, a.worker) not in known:
                    todo.append((a.attempt, a.worker))
        assert self.end is not None, self.core.snapshot()
        if isinstance(self.end, JobSucceeded):
            missing = self.outputs - set(self.commits) - self.done
            reduces = bool(self.partitions)
            assert self.policy.may_fail(len(missing), len(self.outputs), is_reduce=reduces)
            assert not set(self.commits) & self.done


TestAnyEvents = AnyEvents.TestCase
TestAnyEvents.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
