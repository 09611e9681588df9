"""The joined workers: which are free, which are put aside. It knows attempts, but no queues."""

from __future__ import annotations

from collections.abc import Sequence, Set

from hadoopless.job import TaskId
from hadoopless.scheduler.policy import Policy
from hadoopless.scheduler.tasks import Attempt

#: Seconds; a worker is never put aside for longer.
LONGEST_QUARANTINE = 600.0


class Worker:
    """A joined worker and what runs on it."""

    __slots__ = (
        "ahead",
        "aside_until",
        "failed_tasks",
        "in_trouble",
        "name",
        "quarantines",
        "running",
        "seen",
        "slots",
        "takes_ahead",
        "troubles",
    )

    def __init__(self, name: str, slots: int, *, takes_ahead: bool = False) -> None:
        self.name = name
        self.slots = slots
        #: True if it may be given an attempt more than it has slots.
        self.takes_ahead = takes_ahead
        #: In the order of starting (a dict for that order).
        self.running: dict[Attempt, None] = {}
        #: The attempt that waits here for a slot.
        self.ahead: Attempt | None = None
        #: The tasks whose program failed here since the last success here.
        self.failed_tasks: set[TaskId] = set()
        #: Successes of all workers when the first of those failed.
        self.seen = 0
        #: Attempts that its own trouble has ended since the last success here.
        self.troubles = 0
        self.quarantines = 0
        #: The time until which the worker is put aside; None: it is not.
        self.aside_until: float | None = None
        #: True if it is put aside for its own trouble, and runs not even what only it should run.
        self.in_trouble = False


class Workers:
    """All joined workers."""

    def __init__(self, policy: Policy, plan: Sequence[str]) -> None:
        self._policy = policy
        self._plan = plan
        self.joined: dict[str, Worker] = {}
        #: Workers that are joined and not put aside; never empty while anyone is joined.
        self.usable: dict[str, Worker] = {}
        #: Joined workers with a free slot, the longest idle first.
        self.idle: dict[str, Worker] = {}
        #: Joined workers without a free slot that may be given an attempt ahead.
        self.full: dict[str, Worker] = {}
        #: The slots of all joined workers.
        self.slots = 0
        #: Since when all workers are gone (under None) and, in strict mode, each planned one: there
        #: nobody else may do its work.
        self.gone: dict[str | None, float] = {}
        self.lost = 0
        self._successes = 0

    def join(self, name: str, slots: int, *, takes_ahead: bool = False) -> None:
        """A worker that was not joined comes, or comes back, with a clean record."""
        worker = Worker(name, slots, takes_ahead=takes_ahead)
        self.joined[name] = self.usable[name] = self.idle[name] = worker
        self.slots += slots
        self.gone.pop(None, None)
        self.gone.pop(name, None)

    def expect(self, now: float) -> None:
        """Work begins: from now on a worker that is needed and not there counts as gone."""
        for name in self._plan:
            self._miss(name, now)

    def leave(self, name: str, now: float) -> Worker:
        """A joined worker is lost."""
        worker = self.joined.pop(name)
        self.usable.pop(name, None)
        self.idle.pop(name, None)
        self.full.pop(name, None)
        self.slots -= worker.slots
        self.lost += 1
        if not self.usable:
            self._readmit(list(self.joined.values()))
        self._miss(name, now)
        return worker

    def able(self) -> Set[str]:
        """The joined workers that are not put aside for their own trouble."""
        return {worker.name for worker in self.joined.values() if not worker.in_trouble}

    def by_load(self) -> list[Worker]:
        """The idle workers, the one with the smallest share of its slots taken first."""
        if len(self.idle) < 2:
            return list(self.idle.values())
        return sorted(self.idle.values(), key=lambda worker: len(worker.running) / worker.slots)

    def occupy(self, attempt: Attempt) -> None:
        """*attempt* takes a slot of its worker, or waits there for one."""
        worker = self.joined[attempt.worker]
        if attempt.ahead:
            worker.ahead = attempt
            del self.full[worker.name]
            return
        worker.running[attempt] = None
        if len(worker.running) >= worker.slots:
            del self.idle[worker.name]
            self._may_take_ahead(worker)

    def free(self, attempt: Attempt) -> Attempt | None:
        """*attempt* gives its slot back, if its worker is still there.

        Returns the attempt that was given ahead, if there is one, which has the slot now.
        """
        worker = self.joined.get(attempt.worker)
        if worker is None:
            return None
        if attempt is worker.ahead:
            worker.ahead = None
            self._may_take_ahead(worker)
            return None
        del worker.running[attempt]
        following, worker.ahead = worker.ahead, None
        if following is None:
            self.full.pop(worker.name, None)
            self.idle[worker.name] = worker
        else:
            worker.running[following] = None
            self._may_take_ahead(worker)
        return following

    def _may_take_ahead(self, worker: Worker) -> None:
        """*worker*, which has no free slot, has no attempt ahead."""
        if worker.takes_ahead:
            self.full[worker.name] = worker

    def succeeded(self, name: str) -> None:
        """A program ended well on this worker."""
        self._successes += 1
        self._clear(self.joined[name])

    def program_failed(self, name: str, task: TaskId, now: float) -> None:
        """A program failed on this worker; put it aside if it looks as if the worker is to blame.

        That is when programs of several tasks failed on it in a row while others had success.
        """
        worker = self.joined[name]
        if not worker.failed_tasks:
            worker.seen = self._successes
        worker.failed_tasks.add(task)
        others_succeed = self._successes > worker.seen
        if others_succeed and len(worker.failed_tasks) >= self._policy.quarantine_after:
            self._put_aside(worker, now)

    def had_trouble(self, name: str, now: float) -> None:
        """The own trouble of this worker ended an attempt; put it aside if that goes on."""
        worker = self.joined[name]
        worker.troubles += 1
        if worker.troubles >= self._policy.quarantine_after_troubles:
            self._put_aside(worker, now)
            worker.in_trouble = worker.aside_until is not None

    def end_quarantines(self, now: float) -> None:
        """Take back the workers whose time has come."""
        if len(self.usable) < len(self.joined):
            aside = [w for w in self.joined.values() if w.aside_until is not None]
            self._readmit([w for w in aside if w.aside_until is None or w.aside_until <= now])

    def _miss(self, name: str, now: float) -> None:
        if not self.joined:
            self.gone.setdefault(None, now)
        if self._policy.strict_round_robin and name in self._plan and name not in self.joined:
            self.gone.setdefault(name, now)

    def _put_aside(self, worker: Worker, now: float) -> None:
        """Give *worker* nothing for a while, unless it is the last usable one.

        In strict mode it stays, too: nobody else may do its tasks.
        """
        if (
            self._policy.strict_round_robin
            or worker.name not in self.usable
            or len(self.usable) < 2
        ):
            return
        seconds = self._policy.quarantine_seconds * 2**worker.quarantines
        worker.quarantines += 1
        worker.aside_until = now + min(seconds, LONGEST_QUARANTINE)
        del self.usable[worker.name]

    def _readmit(self, workers: list[Worker]) -> None:
        for worker in workers:
            worker.aside_until = None
            worker.in_trouble = False
            self._clear(worker)
            self.usable[worker.name] = worker

    @staticmethod
    def _clear(worker: Worker) -> None:
        """Forget what went wrong on *worker*."""
        worker.failed_tasks.clear()
        worker.troubles = 0
