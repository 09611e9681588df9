"""A simulated worker: runs attempts, holds map outputs, is fetched from, crashes, stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from hadoopless.errors import DiskError, FetchError, ProgramFailed, ProgramTimedOut, TaskError
from hadoopless.failure import Failure
from hadoopless.job import AttemptId, MapOutput, TaskId
from hadoopless.scheduler import (
    AttemptFailed,
    AttemptSucceeded,
    EndReason,
    FetchAhead,
    StartAttempt,
)
from tests.simulation.world import Content, Piece, World

PING_EVERY = 1.0
#: One that is older brings nobody back: its session, or the question that it answers, is over.
PING_COUNTS = 5.0
#: Seconds for which a reduce tries to reach a worker before it reports its outputs as lost.
FETCH_PATIENCE = 8.0
FETCH_AGAIN = 1.0

SLOW, BAD = Failure("too slow"), Failure("exit code 1")

Report = AttemptSucceeded | AttemptFailed


class DiskFull(DiskError):
    """A full disk that ends an attempt of *task* through no fault of its program."""

    def __init__(self, task: TaskId) -> None:
        super().__init__("cannot spill: No space left on device")
        self.task = task


class LostAnswer(DiskFull):
    """The end of an attempt of which no answer has come: its worker's trouble, too."""


class Coordinator(Protocol):
    """The messages that a worker may send to a coordinator."""

    def hear_ping(
        self, worker: str, life: int, running: set[AttemptId], held: list[tuple[int, MapOutput]]
    ) -> None:
        """*worker* is alive, in its *life*-th life; what it runs, and what it holds."""

    def hear_report(self, life: int, report: Report, content: Content | None) -> None:
        """An attempt has ended; *content* is what a reduce submits."""


class Worker:
    """One worker through all its lives."""

    def __init__(
        self, world: World, name: str, coordinator: Callable[[], Coordinator | None]
    ) -> None:
        self.world = world
        self.name = name
        self.life = 0
        self.up = False
        self.peers: dict[str, Worker] = {}
        #: Map outputs in memory: task and partitions by id.
        self.held: dict[str, tuple[MapOutput, int, list[Piece]]] = {}
        #: The pieces that were fetched ahead, by partition and map output.
        self._ahead: dict[tuple[int, str], Piece] = {}
        self._last_order = -1
        self._coordinator = coordinator
        self._running: set[AttemptId] = set()
        #: Maps that were given ahead, until one that runs has ended.
        self._waiting: dict[AttemptId, None] = {}
        self._seen: set[AttemptId] = set()
        self._paused_until = 0.0

    # Faults ---------------------------------------------------------------------------------

    def boot(self) -> None:
        """A new life begins."""
        self.life += 1
        self.up = True
        self.world.tell(self.name, "starts, life", self.life)
        self._ping()

    def crash(self, down: float | None) -> None:
        """It is dead, with all it had in memory."""
        if self.up:
            self.world.tell(self.name, "crashes; back after", down)
            self.up = False
            self.held, self._running, self._seen = {}, set(), set()
            self._waiting = {}
            self._ahead, self._last_order = {}, -1
            if down is not None:
                self.world.after(down, self.boot)

    def pause(self, seconds: float) -> None:
        """It stands still, and does not notice."""
        self.world.tell(self.name, "stands still for", seconds)
        self._paused_until = max(self._paused_until, self.world.now + seconds)

    @property
    def usurped(self) -> bool:
        """True while a stranger listens in its place, who cannot prove that it knows the token."""
        return not self.up and self.life > 0 and self.name in self.world.scenario.usurped

    # Messages to the worker -----------------------------------------------------------------

    def told_to_start(self, action: StartAttempt) -> bool:
        """Run an attempt, unless this life has seen it already. False: not heard."""
        if not self.awake():
            return False
        if action.attempt not in self._seen:
            self.world.tell(self.name, "runs", action.attempt)
            self._seen.add(action.attempt)
            if action.ahead and len(self._running) >= self.world.scenario.slots:
                self._waiting[action.attempt] = None
            else:
                self._begin(action)
        return True

    def _begin(self, action: StartAttempt) -> None:
        self._running.add(action.attempt)
        if action.attempt.task.is_reduce:
            self._fetch(action)
        else:
            self._work(partial(self._end_map, action.attempt))

    def _end(self, attempt: AttemptId) -> None:
        """An attempt runs no more; one that was given ahead may begin."""
        self._waiting.pop(attempt, None)
        self._running.discard(attempt)
        if self._waiting and len(self._running) < self.world.scenario.slots:
            following = next(iter(self._waiting))
            del self._waiting[following]
            self.world.tell(self.name, "goes on with", following)
            self._begin(StartAttempt(following, self.name))

    def told_to_cancel(self, attempt: AttemptId) -> bool:
        """Stop an attempt, if it runs; one that is still on its way does not run when it comes."""
        if self.awake():
            self._end(attempt)
            self._seen.add(attempt)
        return self.awake()

    def told_to_fetch_ahead(self, action: FetchAhead) -> bool:
        """Get what can be had of some partitions at once, and forget all others."""
        if not self.awake() or action.number <= self._last_order:
            return self.awake()
        self._last_order = action.number
        for early in [one for one in self._ahead if one[0] not in action.partitions]:
            del self._ahead[early]
        for out in action.map_outputs:
            peer = self.peers[out.worker]
            held = peer.held.get(out.map_task_id)
            if held is not None and peer.awake() and not self.world.cut(self.name, out.worker):
                for partition in action.partitions:
                    self._ahead[partition, out.map_task_id] = held[2][partition]
        return True

    def told_of_hanging_up(self, attempt: AttemptId) -> bool:
        """Stop an attempt of which nobody will hear; what it has left is forgotten."""
        if self.awake():
            self.told_to_cancel(attempt)
            self.held.pop(self._map_task_id(attempt), None)
        return self.awake()

    def runs(self, attempt: AttemptId) -> bool:
        """True while an attempt that has come has not ended."""
        return attempt in self._running or attempt in self._waiting

    def told_to_release(self, map_task_ids: Sequence[str]) -> bool:
        """Forget these outputs."""
        if self.awake():
            for name in map_task_ids:
                self.held.pop(name, None)
        return self.awake()

    # Its work -------------------------------------------------------------------------------

    def awake(self) -> bool:
        return self.up and self.world.now >= self._paused_until

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        """Do something in *seconds* of this life; a pause puts it off, a crash drops it."""
        life = self.life

        def due() -> None:
            if self.life == life and self.up:
                if self.awake():
                    call()
                else:
                    self.world.after(self._paused_until - self.world.now, due)

        self.world.after(seconds, due)

    def _work(self, done: Callable[[], None]) -> None:
        scenario, dice = self.world.scenario, self.world.dice
        seconds = scenario.task_seconds * scenario.speeds[self.name] * dice.uniform(0.5, 1.5)
        self._later(seconds, done)

    def _ping(self) -> None:
        coordinator = self._coordinator()
        if coordinator is not None:
            running = {*self._running, *self._waiting}
            held = [(i, out) for out, i, _ in self.held.values()]
            hear = partial(coordinator.hear_ping, self.name, self.life, running, held)
            until = self.world.now + PING_COUNTS
            self.world.send(lambda: self.world.now > until or hear() is None, again=False)
        self._later(PING_EVERY, self._ping)

    def _report(self, report: Report, content: Content | None = None) -> None:
        """Tell the coordinator, whoever that is by then; again and again while this life lasts."""
        life, scenario = self.life, self.world.scenario
        if scenario.swallowed and self.world.dice.random() < scenario.swallowed:
            self.world.tell("the answer of", report.attempt, "is lost")
            return

        def arrive() -> bool:
            coordinator = self._coordinator()
            if coordinator is not None:
                coordinator.hear_report(life, report, content)
            return coordinator is not None or self.life != life or not self.up

        self.world.send(arrive)

    def _fails(self, attempt: AttemptId) -> bool:
        """Roll for the end of an attempt; report a bad one."""
        return self._is_in_trouble(attempt) or self._program_fails(attempt)

    def _is_in_trouble(self, attempt: AttemptId) -> bool:
        world, task = self.world, attempt.task
        if not world.in_trouble(self.name):
            return False
        world.troubled.setdefault(task, []).append(self.name)
        world.tell(self.name, "has no room for", attempt)
        trouble = DiskFull(task)
        self._report(AttemptFailed(attempt, self.name, EndReason.WORKER_TROUBLE, trouble))
        return True

    def _program_fails(self, attempt: AttemptId) -> bool:
        world, task = self.world, attempt.task
        bad = world.scenario.bad_worker == self.name or task in world.scenario.doomed
        if not bad and world.dice.random() >= world.scenario.flaky:
            return False
        world.program_failures[task] = world.program_failures.get(task, 0) + 1
        world.tell(self.name, "sees the program of", attempt, "fail")
        error: TaskError
        if attempt.number % 2:
            reason, error = EndReason.TIMED_OUT, ProgramTimedOut(SLOW, str(task))
        else:
            reason, error = (
                EndReason.PROGRAM_FAILED,
                ProgramFailed(BAD, str(task)),
            )
        self._report(AttemptFailed(attempt, self.name, reason, error))
        return True

    def _end_map(self, attempt: AttemptId) -> None:
        if attempt not in self._running:
            return
        self._end(attempt)
        if self._fails(attempt):
            return
        index = attempt.task.index
        pieces = [self.world.piece(index, r) for r in range(self.world.scenario.reduces)]
        sizes = tuple(abs(piece[2]) % 100 << 20 for piece in pieces)
        name = self._map_task_id(attempt)
        out = MapOutput(self.name, name, partition_bytes=sizes)
        self.held[name] = (out, index, pieces)
        self._report(AttemptSucceeded(attempt, self.name, out))

    def _map_task_id(self, attempt: AttemptId) -> str:
        return f"{attempt.task.index}.{attempt.number}@{self.name}/{self.life}"

    def _fetch(self, action: StartAttempt) -> None:
        """Ask each holder once for all its pieces, all at the same time."""
        wanted: dict[str, list[str]] = {}
        pieces: dict[str, Piece] = {}
        for out in action.map_outputs:
            early = self._ahead.pop((action.attempt.task.index, out.map_task_id), None)
            if early is not None:
                pieces[out.map_task_id] = early
            else:
                wanted.setdefault(out.worker, []).append(out.map_task_id)
        if not wanted:
            self._work(partial(self._end_reduce, action, pieces))
        for holder, names in wanted.items():
            ask = partial(self._ask, action, holder, names, pieces)
            self._later(self.world.dice.expovariate(1 / self.world.scenario.delay), partial(ask, 0))

    def _ask(
        self, action: StartAttempt, holder: str, names: list[str], pieces: dict[str, Piece], t: int
    ) -> None:
        """Try for the *t*-th time to get the pieces of *names* from *holder*."""
        attempt, peer = action.attempt, self.peers[holder]
        if attempt not in self._running:
            return
        if not peer.awake() or self.world.cut(self.name, holder):
            if t * FETCH_AGAIN < FETCH_PATIENCE:
                ask = partial(self._ask, action, holder, names, pieces, t + 1)
                self._later(FETCH_AGAIN, ask)
                return
            missing = names
        else:
            if self.world.dice.random() < self.world.scenario.rot:
                peer.held.pop(names[0], None)
            missing = [name for name in names if name not in peer.held]
        if missing:
            self.world.tell(self.name, "cannot fetch", missing, "for", attempt)
            self._end(attempt)
            error = FetchError("gone", holder, tuple(missing))
            lost = tuple(missing)
            failed = AttemptFailed(attempt, self.name, EndReason.OUTPUT_LOST, error, False, lost)
            self._report(failed)
            return
        pieces.update((n, peer.held[n][2][attempt.task.index]) for n in names)
        if len(pieces) == len(action.map_outputs):
            self._work(partial(self._end_reduce, action, pieces))

    def _end_reduce(self, action: StartAttempt, pieces: dict[str, Piece]) -> None:
        attempt = action.attempt
        if attempt not in self._running:
            return
        self._end(attempt)
        if self._fails(attempt):
            return
        content = tuple(pieces[out.map_task_id] for out in action.map_outputs)
        if not self.world.scenario.pull:
            # A pushed worker gives the file its final name itself, and only then says so.
            self.world.files[attempt.task.index] = content
        self._report(AttemptSucceeded(attempt, self.name), content)
