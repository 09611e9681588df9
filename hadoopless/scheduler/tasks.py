"""The scheduler's memory of each task: its state, its attempts, its history."""

from __future__ import annotations

from collections.abc import Iterable

from hadoopless.job import AttemptId, TaskId, TaskReport
from hadoopless.scheduler.events import EndReason
from hadoopless.scheduler.states import MAP_MOVES, REDUCE_MOVES, IllegalMoveError, TaskState

#: Entries of a task's story that are kept; the oldest go first.
STORY_LIMIT = 24


class Attempt:
    """One attempt that runs, or was given ahead; compared and hashed by identity."""

    __slots__ = ("ahead", "backup", "id", "since", "worker")

    def __init__(
        self, attempt: AttemptId, worker: str, since: float, backup: bool, ahead: bool = False
    ) -> None:
        self.id = attempt
        self.worker = worker
        #: The time at which it took its slot; of one that has none, that at which it was given.
        self.since = since
        self.backup = backup
        #: True while it has no slot: it was given ahead.
        self.ahead = ahead


class Task:
    """One task of the job. Its state changes by :meth:`move` alone."""

    __slots__ = (
        "_dropped",
        "_history",
        "avoid",
        "failures",
        "id",
        "losses",
        "next_number",
        "report",
        "running",
        "state",
        "troubled",
        "troubles",
    )

    def __init__(self, task: TaskId, first_number: int) -> None:
        self.id = task
        self.state = TaskState.WAITING
        #: One or two attempts, or one that was given ahead; none unless RUNNING. A tuple, as empty
        #: ones cost nothing.
        self.running: tuple[Attempt, ...] = ()
        self.next_number = first_number
        #: Attempts that ended by the program's fault, and by no fault of it.
        self.failures = 0
        self.losses = 0
        #: Losses by the own trouble of a worker, and the workers that had it.
        self.troubles = 0
        self.troubled: frozenset[str] = frozenset()
        #: Workers on which it failed: a retry goes elsewhere while there is an elsewhere.
        self.avoid: frozenset[str] = frozenset()
        #: The report of the attempt that succeeded.
        self.report: TaskReport | None = None
        self._history: list[tuple[float, int | None, str, str]] = []
        self._dropped = 0

    def check(self, new: TaskState) -> None:
        """Raise unless the move to *new* is legal; change nothing."""
        moves = REDUCE_MOVES if self.id.is_reduce else MAP_MOVES
        if (self.state, new) not in moves:
            raise IllegalMoveError(self.state, new, self.story())

    def move(self, new: TaskState) -> None:
        """Go to state *new*, if that is legal."""
        self.check(new)
        self.state = new

    def note(self, now: float, number: int | None, what: str, worker: str) -> None:
        """Add a line to the history; *number* is that of an attempt, None for the output."""
        history = self._history
        history.append((now, number, what, worker))
        if len(history) > STORY_LIMIT:
            del history[0]
            self._dropped += 1

    def story(self) -> str:
        """The history of the task, a line for each step, in the words of an error text."""
        lines = [f"{self.id} is {self.state.value}"]
        if self._dropped:
            lines.append(f"  ({self._dropped} earlier lines left out)")
        for now, number, what, worker in self._history:
            who = "output" if number is None else f"attempt {number}:"
            lines.append(f"  {now:.3f} {who} {what} on {worker}")
        return "\n".join(lines)


class Stage:
    """All tasks of one phase, with the counts that make questions about them cheap."""

    __slots__ = ("ahead", "backups", "busy", "failed", "left", "running", "tasks")

    def __init__(self, tasks: Iterable[Task]) -> None:
        self.tasks = list(tasks)
        #: The number of tasks that are neither DONE nor FAILED.
        self.left = sum(not task.state.over for task in self.tasks)
        #: The number of tasks that are FAILED.
        self.failed = 0
        #: Running attempts, the oldest first (a dict for its order).
        self.running: dict[Attempt, None] = {}
        #: Attempts that were given ahead and have no slot yet, the oldest first.
        self.ahead: dict[Attempt, None] = {}
        #: The number of running attempts that are backups.
        self.backups = 0
        #: The number of tasks with a running attempt.
        self.busy = 0

    @property
    def done(self) -> int:
        """Tasks that are DONE."""
        return len(self.tasks) - self.left - self.failed

    def start(
        self, task: Task, worker: str, now: float, *, backup: bool = False, ahead: bool = False
    ) -> Attempt:
        """Begin an attempt of *task*: the first one, or a backup of the running one.

        One that is given *ahead* does not run until :meth:`take_slot`.
        """
        if not backup:
            task.move(TaskState.RUNNING)
        number = AttemptId(task.id, task.next_number)
        attempt = Attempt(number, worker, now, backup, ahead)
        task.next_number += 1
        task.running += (attempt,)
        if ahead:
            task.note(now, attempt.id.number, "given ahead", worker)
            self.ahead[attempt] = None
            return attempt
        task.note(now, attempt.id.number, "backup started" if backup else "started", worker)
        self.running[attempt] = None
        self.busy += not backup
        self.backups += backup
        return attempt

    def take_slot(self, attempt: Attempt, now: float) -> None:
        """Let *attempt*, which was given ahead, run from *now* on."""
        del self.ahead[attempt]
        attempt.ahead = False
        attempt.since = now
        self.running[attempt] = None
        self.busy += 1
        self.tasks[attempt.id.task.index].note(now, attempt.id.number, "started", attempt.worker)

    def end(self, attempt: Attempt, reason: EndReason, now: float) -> Task:
        """Forget an attempt; the state of its task is the caller's to move."""
        task = self.tasks[attempt.id.task.index]
        rest = () if len(task.running) == 1 else tuple(a for a in task.running if a is not attempt)
        task.running = rest
        if attempt.ahead:
            del self.ahead[attempt]
        else:
            del self.running[attempt]
            self.backups -= attempt.backup
            self.busy -= not task.running
        task.note(now, attempt.id.number, reason.value, attempt.worker)
        return task
