"""Decides which worker runs which task next, and which stragglers get a backup attempt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from hadoopless.errors import NoWorkersError
from hadoopless.scheduler.actions import FetchAhead, StartAttempt
from hadoopless.scheduler.fetch_orders import FetchOrders
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.policy import Policy
from hadoopless.scheduler.queues import Stealing, TaskQueues
from hadoopless.scheduler.speculation import RunningMedian, stragglers
from hadoopless.scheduler.states import TaskState
from hadoopless.scheduler.tasks import Attempt, Stage, Task
from hadoopless.scheduler.workers import Worker, Workers


class Dispatcher:
    """Holds the queues of a job and empties them into idle workers.

    Reduce tasks are given out only while no map task is left; when map outputs are lost later,
    those maps come first again.
    """

    def __init__(
        self,
        policy: Policy,
        plan: Sequence[str],
        maps: Stage,
        reduces: Stage,
        workers: Workers,
        outputs: OutputTable,
    ) -> None:
        self._policy = policy
        self._plan = plan
        self._maps = maps
        self._reduces = reduces
        self._workers = workers
        self._outputs = outputs
        self._fetch_orders = FetchOrders(plan, maps, reduces, workers, outputs)
        self._map_medians = RunningMedian()
        self._reduce_medians = RunningMedian()
        #: Each is made when its phase starts; before that nothing waits in it.
        self.map_queues: TaskQueues | None = None
        self.reduce_queues: TaskQueues | None = None
        self.backups_started = 0

    @property
    def started(self) -> bool:
        """True if work is given out."""
        return self.map_queues is not None

    def start(self) -> None:
        """Make the plan of the map phase."""
        strict = self._policy.strict_round_robin
        self.map_queues = TaskQueues(
            _waiting(self._maps),
            self._plan,
            stealing=Stealing.NEVER if strict else Stealing.FROM_ALL,
            pinned=strict,
        )

    def put_back(self, task: Task) -> None:
        """*task*, which is WAITING again, goes back into its queue."""
        queues = self.reduce_queues if task.id.is_reduce else self.map_queues
        if queues is not None:
            queues.put_back(task.id.index, task.avoid)

    def candidates(self, task: Task) -> Set[str]:
        """The usable workers that may run *task*."""
        usable = self._workers.usable.keys()
        if self._policy.strict_round_robin and not task.id.is_reduce:
            return usable & {self._plan[task.id.index % len(self._plan)]}
        return usable

    def succeeded(self, attempt: Attempt, now: float) -> None:
        """Learn from *attempt* how long tasks of its phase take."""
        medians = self._reduce_medians if attempt.id.task.is_reduce else self._map_medians
        medians.add(now - attempt.since)

    def overdue(self, now: float) -> NoWorkersError | None:
        """The error of a job that has waited too long for somebody to run it."""
        for name, since in self._awaited():
            gone = now - since
            if gone < self._policy.worker_grace:
                continue
            if name is None:
                return NoWorkersError(f"no worker has answered for {gone:.0f} s")
            return NoWorkersError(
                f"worker {name} has not answered for {gone:.0f} s, "
                "and its map tasks may run nowhere else"
            )
        return None

    def grace_left(self, now: float) -> float | None:
        """The seconds until :meth:`overdue` gives an error; None: the job waits for no worker."""
        times = [since for _, since in self._awaited()]
        return max(0.0, min(times) + self._policy.worker_grace - now) if times else None

    def _awaited(self) -> Iterator[tuple[str | None, float]]:
        """The workers that must come back, None for any, and since when they are gone."""
        for name, since in self._workers.gone.items():
            queues = self.map_queues
            if name is None or (queues is not None and queues.waits_for(name)):
                yield name, since

    def assign(self, now: float) -> list[StartAttempt]:
        """Give waiting tasks to idle workers, one to each in turn; backups to who is left.

        Nobody steals what its owner has a free slot for, however long the thief has been idle.
        """
        starts: list[StartAttempt] = []
        stage, queues = self._open_phase()
        workers = self._workers
        usable = workers.usable.keys()
        stealing, given = False, True
        idle = frozenset(workers.idle)
        while queues.waiting and workers.idle and (given or not stealing):
            stealing = not given
            given = False
            for worker in workers.by_load():
                if worker.in_trouble or (worker.aside_until is not None and not queues.pinned):
                    continue
                if stealing:
                    index = queues.steal(workers.able())
                else:
                    index = queues.take(worker.name, usable, idle)
                if index is not None:
                    starts.append(self._start(stage, stage.tasks[index], worker, now))
                    given = True
        if workers.full and stage is self._maps and not self._policy.strict_round_robin:
            self._give_ahead(queues, starts, now)
        if self.wants_back():
            return starts  # before anything gets a backup
        if workers.idle and stage.running and self._may_have_backups():
            self._speculate(stage, starts, now)
        return starts

    def _give_ahead(self, queues: TaskQueues, starts: list[StartAttempt], now: float) -> None:
        """Give each worker without a free slot one map ahead, while enough are left for all.

        With no more tasks than slots, whoever is free first had better have them. So had he a
        retry.
        """
        workers, maps, nobody = self._workers, self._maps, frozenset[str]()
        for worker in list(workers.full.values()):
            if queues.waiting <= workers.slots or queues.has_retries:
                return
            if worker.aside_until is not None:
                continue
            index = queues.take(worker.name, workers.usable.keys(), nobody)
            if index is None:
                index = queues.steal(workers.able())
            if index is not None:
                starts.append(self._start(maps, maps.tasks[index], worker, now, ahead=True))

    def wants_back(self) -> bool:
        """True if a worker is free, and all that is left to give out was given ahead to others.

        That is rare: one attempt takes longer than all the tasks that waited behind it.
        """
        if not self._maps.ahead or self.map_queues is None or self.map_queues.waiting:
            return False
        return any(w.aside_until is None and not w.in_trouble for w in self._workers.idle.values())

    def fetch_ahead(self, starts: Sequence[StartAttempt]) -> Iterator[FetchAhead]:
        """The orders to fetch that workers get, now that *starts* are given out."""
        if self._policy.fetch_ahead and self.map_queues is not None:
            waiting = self.map_queues.waiting > 0 or bool(self._maps.ahead)
            yield from self._fetch_orders.orders(starts, waiting=waiting)

    def lost(self, worker: str) -> None:
        """*worker* is gone, with all that it has fetched."""
        self._fetch_orders.forget(worker)

    def _open_phase(self) -> tuple[Stage, TaskQueues]:
        if self._maps.left and self.map_queues is not None:
            return self._maps, self.map_queues
        if self.reduce_queues is None:
            sticky = self._policy.sticky_reduces
            restricted = sticky or self._policy.strict_round_robin
            self.reduce_queues = TaskQueues(
                _waiting(self._reduces),
                self._plan,
                stealing=Stealing.FROM_UNABLE if restricted else Stealing.FROM_ALL,
                pinned=sticky,
                sizes=self._fetch_orders.sizes(),
            )
        return self._reduces, self.reduce_queues

    def _may_have_backups(self) -> bool:
        is_reduce = not self._maps.left
        if self._policy.strict_round_robin or (is_reduce and self._policy.sticky_reduces):
            return False
        return self._policy.may_speculate(is_reduce=is_reduce)

    def _speculate(self, stage: Stage, starts: list[StartAttempt], now: float) -> None:
        medians = self._map_medians if stage is self._maps else self._reduce_medians
        for attempt in stragglers(stage, medians.median(), now):
            task = stage.tasks[attempt.id.task.index]
            for worker in self._workers.by_load():
                unfit = worker.name == attempt.worker or worker.name in task.avoid
                if worker.aside_until is None and not unfit:
                    starts.append(self._start(stage, task, worker, now, backup=True))
                    self.backups_started += 1
                    break

    def _start(
        self,
        stage: Stage,
        task: Task,
        worker: Worker,
        now: float,
        *,
        backup: bool = False,
        ahead: bool = False,
    ) -> StartAttempt:
        attempt = stage.start(task, worker.name, now, backup=backup, ahead=ahead)
        self._workers.occupy(attempt)
        outputs = self._outputs.all() if task.id.is_reduce else ()
        return StartAttempt(attempt.id, worker.name, outputs, ahead)


def _waiting(stage: Stage) -> list[int]:
    return [task.id.index for task in stage.tasks if task.state is TaskState.WAITING]
