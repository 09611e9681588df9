"""A simulated coordinator: the real scheduler, driven as the push and the pull driver do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hadoopless.errors import MapReduceError
from hadoopless.job import AttemptId, MapOutput
from hadoopless.scheduler import (
    AttemptFailed,
    CancelAttempt,
    CommitOutput,
    EndReason,
    Event,
    FetchAhead,
    JobCancelled,
    JobStarted,
    MapOutputRestored,
    ReleaseOutputs,
    Scheduler,
    SlotTaken,
    StartAttempt,
    Tick,
    WorkerJoined,
    WorkerLost,
)
from hadoopless.scheduler.actions import Action
from tests.simulation.referee import Referee
from tests.simulation.worker import LostAnswer, Report, Worker
from tests.simulation.world import Content, World

TICK_EVERY = 1.0
#: A worker that was not heard of for so long is lost.
PATIENCE = 5.0
#: Seconds for which a coordinator waits for workers before it starts the job.
GATHER = 2.0
#: Push: workers are asked so often for the attempts whose calls are open. A call is given up whose
#: attempt was unknown so many times: once its start or its answer may still be on the way.
ASK_EVERY = 5.0
UNKNOWN = 2
#: Attempt numbers of one coordinator's life.
NUMBERS = 1000


@dataclass(eq=False)
class _Call:
    """An open call, and how often its worker has not known its attempt."""

    action: StartAttempt
    unknown: int = 0


class Coordinator:
    """One life of the coordinator; the next one knows only the shared disk."""

    def __init__(
        self,
        world: World,
        referee: Referee,
        workers: dict[str, Worker],
        *,
        life: int,
        die: Callable[[], None],
    ) -> None:
        scenario = world.scenario
        self.world = world
        self.referee = referee
        self.workers = workers
        self.alive = True
        self.ended = False
        self.core = Scheduler(
            scenario.maps,
            scenario.reduces,
            scenario.workers,
            policy=scenario.policy,
            committed=frozenset(world.files),
            first_attempt=life * NUMBERS,
        )
        #: The life in which each joined worker joined, and when it was last heard of.
        self.lives: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._die = die
        #: Pull: attempts of each worker that it has not been seen to run.
        self._outbox: dict[str, dict[AttemptId, StartAttempt]] = {}
        #: Push: the calls that are open, and the attempts whose calls have ended without an answer.
        self._calls: dict[AttemptId, _Call] = {}
        self._given_up: set[AttemptId] = set()
        referee.begin(self.core)
        world.tell("coordinator starts, life", life, "with", sorted(world.files), "done")
        world.after(GATHER, self._start)
        world.after(TICK_EVERY, self._tick)
        if scenario.swallowed:
            world.after(ASK_EVERY, self.ask_for_attempts)
        if scenario.cancelled_at is not None:
            world.after(max(0.0, scenario.cancelled_at - world.now), self._cancel)

    # Messages to it -------------------------------------------------------------------------

    def hear_ping(
        self, worker: str, life: int, running: set[AttemptId], held: list[tuple[int, MapOutput]]
    ) -> None:
        """Join the worker if need be; a new life means that the old one is lost."""
        if not self.alive:
            return
        known = self.lives.get(worker)
        if known is not None and life < known:
            return
        if known is not None and life > known:
            self._lose(worker)
        self._heard[worker] = self.world.now
        if worker not in self.lives:
            self.lives[worker] = life
            scenario = self.world.scenario
            self._feed(WorkerJoined(worker, scenario.slots, scenario.ahead))
            for index, output in held:  # after the start they are of no use, and released
                self._feed(MapOutputRestored(index, worker, output))
        for attempt, action in list(self._outbox.get(worker, {}).items()):
            if attempt not in running:
                self._send_start(action, again=False)

    def hear_report(self, life: int, report: Report, content: Content | None) -> None:
        """An attempt has ended, or that is said once more, or of an earlier life."""
        if self.alive and report.attempt not in self._given_up:
            self._calls.pop(report.attempt, None)
            self._outbox.get(report.worker, {}).pop(report.attempt, None)
            self._feed(report, content)

    # Its own doings -------------------------------------------------------------------------

    def _start(self) -> None:
        if self.alive:
            self._feed(JobStarted())

    def _tick(self) -> None:
        if self.alive:
            for worker, heard in list(self._heard.items()):
                silent = self.world.now - heard > PATIENCE
                if worker in self.lives and (silent or self.workers[worker].usurped):
                    self._lose(worker)
            if not self.ended:
                self._feed(Tick())
            self.world.after(TICK_EVERY, self._tick)

    def _cancel(self) -> None:
        if self.alive:
            self._feed(JobCancelled())

    def _lose(self, worker: str) -> None:
        """Take *worker* for lost: nobody waits for the answers to its calls any more."""
        del self.lives[worker]
        for call in [call for call in self._calls.values() if call.action.worker == worker]:
            del self._calls[call.action.attempt]
            self._hang_up(call.action)
        self._outbox.pop(worker, None)
        self._feed(WorkerLost(worker))

    def _feed(self, event: Event, content: Content | None = None) -> None:
        if not self.alive:
            return
        if not isinstance(event, Tick):
            self._tell("  event ", event)
        actions = self.core.handle(event, now=self.world.now)
        self.referee.judge(event, actions, self.core, set(self.lives))
        for action in actions:
            self._tell("  action", action)
            self._carry_out(action, content)
            deadly = self.referee.actions_done in self.world.scenario.coordinator_dies
            if deadly and not self.ended:
                self.world.tell("coordinator dies")
                self.alive = False
                self._hang_up_all()
                self._die()
                return

    def _tell(self, kind: str, thing: Event | Action) -> None:
        if self.world.story is not None:  # the words take time
            self.world.tell(kind, _short(thing))

    def _carry_out(self, action: Action, content: Content | None) -> None:
        self.referee.actions_done += 1
        match action:
            case StartAttempt():
                if self.world.scenario.pull:
                    self._outbox.setdefault(action.worker, {})[action.attempt] = action
                else:
                    self._call(action)
            case CancelAttempt():
                self._outbox.get(action.worker, {}).pop(action.attempt, None)
                told = partial(self.workers[action.worker].told_to_cancel, action.attempt)
                self._send(action.worker, told)
            case ReleaseOutputs():
                told = partial(self.workers[action.worker].told_to_release, action.map_task_ids)
                self._send(action.worker, told)
            case FetchAhead():
                told = partial(self.workers[action.worker].told_to_fetch_ahead, action)
                self._send(action.worker, told, again=False)
            case CommitOutput():
                self.referee.committed(action, content)
            case SlotTaken():
                pass  # the worker begins it when another one has ended there
            case _:
                self.ended = True
                self._hang_up_all()

    # Push: calls ----------------------------------------------------------------------------

    def _call(self, action: StartAttempt) -> None:
        """Start an attempt with a call, which is open until the attempt has ended."""
        scenario, dice = self.world.scenario, self.world.dice
        self._calls[action.attempt] = _Call(action)
        self._send_start(action, again=True)
        if scenario.broken and dice.random() < scenario.broken:
            lose = partial(self._lose_call, action)
            self.world.after(dice.uniform(0, 2 * scenario.task_seconds), lose)

    def _lose_call(self, action: StartAttempt) -> None:
        """The call ends without an answer, because its connection does."""
        lost = MapReduceError("the connection has ended")
        self._end_call(
            AttemptFailed(action.attempt, action.worker, EndReason.WORKER_LOST, lost), action
        )

    def _give_up(self, action: StartAttempt) -> None:
        """The worker is in trouble, as its answer has got lost."""
        attempt, worker = action.attempt, action.worker
        failed = AttemptFailed(attempt, worker, EndReason.WORKER_TROUBLE, LostAnswer(attempt.task))
        if attempt in self._calls and self.alive and not self.ended:
            self.world.troubled.setdefault(attempt.task, []).append(worker)
        self._end_call(failed, action)

    def _end_call(self, failed: AttemptFailed, action: StartAttempt) -> None:
        if self.alive and not self.ended and self._calls.pop(action.attempt, None) is not None:
            self.world.tell("the call of", action.attempt, "is lost")
            self._hang_up(action)
            self._feed(failed)

    def _hang_up(self, action: StartAttempt) -> None:
        """Let the worker hear of the end of a call, however late, while its process lives.

        What was said on the connection and was not heard is lost with it.
        """
        self._given_up.add(action.attempt)
        worker = self.workers[action.worker]
        life = worker.life
        told = partial(worker.told_of_hanging_up, action.attempt)
        self.world.send(lambda: worker.life != life or told())

    def _hang_up_all(self) -> None:
        """The process ends, and with it each open call."""
        if self.world.scenario.broken or self.world.scenario.swallowed:
            for call in self._calls.values():
                self._hang_up(call.action)

    def ask_for_attempts(self) -> None:
        """Ask the workers for the attempts whose calls are open."""
        if self.alive and not self.ended:
            for call in self._calls.values():
                self.world.send(partial(self._ask_for, call), again=False)
            self.world.after(ASK_EVERY, self.ask_for_attempts)

    def _ask_for(self, call: _Call) -> bool:
        """The worker hears the question, and answers it."""
        worker = self.workers[call.action.worker]
        if worker.awake() and not worker.runs(call.action.attempt):
            self.world.send(partial(self._hear_unknown, call), again=False)
        return worker.awake()

    def _hear_unknown(self, call: _Call) -> bool:
        call.unknown += 1
        if call.unknown >= UNKNOWN:
            self._give_up(call.action)
        return True

    # Messages -------------------------------------------------------------------------------

    def _send_start(self, action: StartAttempt, *, again: bool) -> None:
        worker = self.workers[action.worker]

        def arrive() -> bool:
            if worker.usurped and self.alive:
                # Its process is another one: that is told first.
                if action.worker in self.lives:
                    self._lose(action.worker)
                else:
                    self._lose_call(action)
            lost = worker.usurped or action.attempt in self._given_up
            return lost or worker.told_to_start(action)

        self._send(action.worker, arrive, again=again)

    def _send(self, worker: str, told: Callable[[], bool], *, again: bool = True) -> None:
        """Send until it is heard, or until the worker is lost or this coordinator dead.

        A worker that is lost already may still come back, and be told then.
        """
        life = self.lives.get(worker)

        def arrive() -> bool:
            lost = life is not None and self.lives.get(worker) != life
            return told() or not self.alive or lost

        self.world.send(arrive, again=again)


def _short(thing: Event | Action) -> str:
    """An event or action as a line of the story."""
    name = type(thing).__name__
    match thing:
        case AttemptFailed():
            return f"{name} {thing.attempt} {thing.worker} {thing.reason.name}"
        case StartAttempt():
            ids = " ".join(output.map_task_id for output in thing.map_outputs)
            return f"{name} {thing.attempt} {thing.worker} {ids}"
        case _:
            fields = (getattr(thing, field) for field in thing.__struct_fields__)
            return f"{name} {' '.join(map(str, fields))}"
