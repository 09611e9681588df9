"""The state machine of one job: events in, actions out. No clock, no I/O, no logging, no waiting.

``handle`` is the only door. Each event first changes the tasks it speaks of; then ``_settle`` asks
what follows: is the job over, who is free, what may be started.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from mapreduce.errors import Cancelled, FetchError, NoWorkersError, TaskError
from mapreduce.job import AttemptId, MapOutput, TaskId, TaskReport, map_task, reduce_task
from mapreduce.scheduler import events as ev
from mapreduce.scheduler.actions import (
    Action,
    CancelAttempt,
    CommitOutput,
    JobFailed,
    JobSucceeded,
    ReleaseOutputs,
    StartAttempt,
)
from mapreduce.scheduler.events import EndReason, Event
from mapreduce.scheduler.outputs import OutputTable
from mapreduce.scheduler.policy import Policy
from mapreduce.scheduler.queues import Stealing, TaskQueues
from mapreduce.scheduler.states import TaskState
from mapreduce.scheduler.tasks import Attempt, Stage, Task
from mapreduce.scheduler.workers import Worker, Workers


class Scheduler:
    """Decides which attempt of which task runs where, for one job.

    ``workers`` are the names of the planned workers, in the order of the round-robin; they count
    when they join, and others may join too. ``done_reduces`` are the partitions that an earlier
    coordinator has committed. A resumed job sets ``first_attempt`` above every number used before,
    so that old reports are known as old.
    """

    def __init__(
        self,
        num_maps: int,
        num_reduces: int,
        workers: Sequence[str],
        *,
        policy: Policy | None = None,
        done_reduces: Set[int] = frozenset(),
        first_attempt: int = 0,
    ) -> None:
        if not workers or len(set(workers)) < len(workers):
            raise ValueError("the plan needs at least one worker, and each of them once")
        self.policy = policy or Policy()
        self._plan = tuple(workers)
        self._workers = Workers(self.policy)
        self._maps = Stage(Task(map_task(i), first_attempt) for i in range(num_maps))
        reduces = [Task(reduce_task(r), first_attempt) for r in range(num_reduces)]
        for index in done_reduces:
            reduces[index].move(TaskState.DONE)
        self._reduces = Stage(reduces)
        self._outputs = OutputTable(num_maps, num_reduces)
        #: The queues are made when their phase starts, the maps' at JobStarted.
        self._map_queues: TaskQueues | None = None
        self._reduce_queues: TaskQueues | None = None
        #: Since when each planned worker (strict) is gone, or, under None, all workers are.
        self._gone: dict[str | None, float] = {}
        self._ended = False
        self._now = float("-inf")
        self._out: list[Action] = []
        self._handlers: dict[type[Any], Callable[[Any], None]] = {
            ev.JobStarted: self._on_started,
            ev.WorkerJoined: self._on_joined,
            ev.WorkerLost: self._on_lost,
            ev.AttemptSucceeded: self._on_succeeded,
            ev.AttemptFailed: self._on_failed,
            ev.MapOutputRestored: self._on_restored,
            ev.JobCancelled: self._on_cancelled,
            ev.Tick: lambda event: None,
        }

    def handle(self, event: Event, *, now: float) -> list[Action]:
        """Take in one event at time *now* (monotonic seconds); returns what is to be done for it.

        A stale, repeated or unknown report changes nothing. After the end of the job only releases
        of late map outputs are returned.
        """
        self._now = max(self._now, now)
        self._out = []
        self._handlers[type(event)](event)
        if not self._ended and self._map_queues is not None:
            self._settle()
        return self._out

    @property
    def ended(self) -> bool:
        """Whether JobSucceeded or JobFailed was returned."""
        return self._ended

    def story(self, task: TaskId) -> str:
        """What happened to *task*, for error texts; bounded."""
        return self._stage(task).tasks[task.index].story()

    def reports(self) -> tuple[tuple[TaskReport, ...], tuple[TaskReport, ...]]:
        """The reports of the successful attempts, of maps and of reduces; empty ones if unknown."""
        maps, reduces = (
            tuple(task.report or ev.NO_REPORT for task in stage.tasks)
            for stage in (self._maps, self._reduces)
        )
        return maps, reduces

    # Events ---------------------------------------------------------------------------------

    def _on_started(self, event: ev.JobStarted) -> None:
        if self._map_queues is not None or self._ended:
            return
        waiting = [t.id.index for t in self._maps.tasks if t.state is TaskState.WAITING]
        strict = self.policy.strict_round_robin
        self._map_queues = TaskQueues(
            waiting,
            self._plan,
            stealing=Stealing.NEVER if strict else Stealing.FROM_ALL,
            pinned=strict,
        )
        if not self._workers.joined:
            self._gone[None] = self._now
        if strict:
            self._gone.update((w, self._now) for w in self._plan if w not in self._workers.joined)

    def _on_joined(self, event: ev.WorkerJoined) -> None:
        if event.slots < 1:
            raise ValueError(f"{event.worker} joins with {event.slots} slots")
        if event.worker not in self._workers.joined:
            self._workers.join(event.worker, event.slots)
            self._gone.pop(None, None)
            self._gone.pop(event.worker, None)

    def _on_lost(self, event: ev.WorkerLost) -> None:
        if event.worker not in self._workers.joined or self._ended:
            return
        worker = self._workers.leave(event.worker)
        if not self._workers.joined:
            self._gone[None] = self._now
        if self.policy.strict_round_robin and event.worker in self._plan:
            self._gone[event.worker] = self._now
        for index in self._outputs.held_by(event.worker):
            self._lose_output(index)
        for attempt in list(worker.running):
            if not self._ended:
                self._attempt_failed(attempt, EndReason.WORKER_LOST, None)

    def _on_succeeded(self, event: ev.AttemptSucceeded) -> None:
        is_map = not event.attempt.task.is_reduce
        if is_map is (event.output is None):
            raise ValueError(f"{event.attempt}: map attempts have an output, reduce attempts none")
        attempt = self._running(event.attempt, event.worker)
        if attempt is None:
            self._release_stale(event.attempt.task.index, event.worker, event.output)
            return
        task = self._stage(event.attempt.task).tasks[event.attempt.task.index]
        task.move(TaskState.DONE)
        task.report = event.report
        self._end(attempt, EndReason.SUCCEEDED)
        self._workers.succeeded(event.worker)
        self._stage(task.id).left -= 1
        if event.output is not None:
            self._outputs.add(task.id.index, event.output, event.worker)
        else:
            self._out.append(CommitOutput(event.attempt, event.worker))
        for other in list(task.running.values()):
            self._cancel(other)

    def _on_failed(self, event: ev.AttemptFailed) -> None:
        if event.reason is EndReason.SUCCEEDED:
            raise ValueError(f"{event.attempt} cannot fail by success")
        attempt = self._running(event.attempt, event.worker)
        if attempt is None:
            return
        for index in self._outputs.current(event.lost_map_outputs):
            self._lose_output(index, by_fetch=True)
        self._attempt_failed(attempt, event.reason, event.error, final=event.final)

    def _on_restored(self, event: ev.MapOutputRestored) -> None:
        task = self._maps.tasks[event.index]
        usable = self._map_queues is None and not self._ended
        if usable and task.state is TaskState.WAITING and event.worker in self._workers.joined:
            task.move(TaskState.DONE)
            task.note(self._now, -1, "restored", event.worker)
            self._maps.left -= 1
            self._outputs.add(event.index, event.output, event.worker)
        else:
            self._release_stale(event.index, event.worker, event.output)

    def _on_cancelled(self, event: ev.JobCancelled) -> None:
        if not self._ended:
            self._fail_job(event.error or Cancelled("the job was cancelled"))

    # Tasks ----------------------------------------------------------------------------------

    def _stage(self, task: TaskId) -> Stage:
        return self._reduces if task.is_reduce else self._maps

    def _running(self, attempt: AttemptId, worker: str) -> Attempt | None:
        """The running attempt that a report speaks of; None if the report is stale."""
        tasks = self._stage(attempt.task).tasks
        if not 0 <= attempt.task.index < len(tasks):
            return None
        found = tasks[attempt.task.index].running.get(attempt.number)
        return found if found is not None and found.worker == worker else None

    def _release_stale(self, index: int, worker: str, output: MapOutput | None) -> None:
        # A message that came twice speaks of an output that is in use: that one must stay.
        if output is None or (
            0 <= index < len(self._maps.tasks)
            and not self._ended
            and self._outputs.is_current(index, output)
        ):
            return
        self._out.append(ReleaseOutputs(worker, (output.map_task_id,)))

    def _end(self, attempt: Attempt, reason: EndReason) -> None:
        self._stage(attempt.id.task).end(attempt, reason, self._now)
        self._workers.free(attempt)

    def _cancel(self, attempt: Attempt) -> None:
        self._end(attempt, EndReason.CANCELLED)
        if attempt.worker in self._workers.joined:
            self._out.append(CancelAttempt(attempt.id, attempt.worker))

    def _attempt_failed(
        self, attempt: Attempt, reason: EndReason, error: Exception | None, *, final: bool = False
    ) -> None:
        task = self._stage(attempt.id.task).tasks[attempt.id.task.index]
        self._end(attempt, reason)
        task.avoid |= {attempt.worker}
        if reason.blames_program:
            task.failures += 1
            self._workers.program_failed(attempt.worker, task.id, self._now)
            out_of_tries = task.failures >= self.policy.max_attempts
        else:
            task.losses += 1
            out_of_tries = task.losses >= self.policy.max_losses
        if final or out_of_tries:
            task.move(TaskState.FAILED)
            self._fail_job(error or self._default_error(task, reason))
        elif not task.running:
            task.move(TaskState.WAITING)
            self._put_back(task)

    def _default_error(self, task: Task, reason: EndReason) -> Exception:
        if reason is EndReason.OUTPUT_LOST:
            return FetchError(f"{reason.value}, {task.losses} times\n{task.story()}")
        return TaskError(f"{reason.value}; given up\n{task.story()}", task=str(task.id))

    def _lose_output(self, index: int, *, by_fetch: bool = False) -> None:
        task = self._maps.tasks[index]
        task.move(TaskState.WAITING)
        holder = self._outputs.give_up(index)
        task.note(self._now, task.next_number - 1, "output lost", holder)
        self._maps.left += 1
        if by_fetch:
            # It may be the road to that worker that is broken: the output had better be elsewhere.
            task.avoid |= {holder}
        self._put_back(task)

    def _put_back(self, task: Task) -> None:
        queues = self._reduce_queues if task.id.is_reduce else self._map_queues
        if queues is not None:
            queues.put_back(task.id.index, task.avoid)

    # What follows ---------------------------------------------------------------------------

    def _settle(self) -> None:
        if self._reduces.left == 0 and (self._reduces.tasks or self._maps.left == 0):
            self._succeed()
            return
        missing = self._missing_worker()
        if missing is not None:
            self._fail_job(missing)
            return
        self._workers.end_quarantines(self._now)
        self._assign()

    def _missing_worker(self) -> NoWorkersError | None:
        """The error of a job that has waited too long for somebody to run it."""
        for name, since in self._gone.items():
            if self._now - since < self.policy.worker_grace:
                continue
            if name is None:
                return NoWorkersError(
                    f"no worker is left to run the job on, for {self._now - since:.0f} s"
                )
            if self._map_queues is not None and self._map_queues.waits_for(name):
                return NoWorkersError(
                    f"worker {name} is gone for {self._now - since:.0f} s, "
                    "and its map tasks may run nowhere else"
                )
        return None

    def _open_queues(self) -> TaskQueues | None:
        """The queues from which work is given out now: reduces only when no map is left."""
        if self._maps.left or self._reduce_queues is not None:
            return self._map_queues if self._maps.left else self._reduce_queues
        pinned = self.policy.sticky_reduces
        restricted = pinned or self.policy.strict_round_robin
        self._reduce_queues = TaskQueues(
            (t.id.index for t in self._reduces.tasks if t.state is TaskState.WAITING),
            self._plan,
            stealing=Stealing.FROM_LOST if restricted else Stealing.FROM_ALL,
            pinned=pinned,
            sizes=self._outputs.sizes,
        )
        return self._reduce_queues

    def _assign(self) -> None:
        """Give waiting tasks to idle workers, one to each in turn, so that all get some."""
        queues = self._open_queues()
        stage = self._maps if self._maps.left else self._reduces
        workers, given = self._workers, True
        while queues is not None and queues.waiting and given:
            given = False
            for worker in list(workers.idle.values()):
                if worker.aside_until is not None and not queues.pinned:
                    continue
                index = queues.take(worker.name, workers.joined.keys(), workers.usable.keys())
                if index is not None:
                    self._start(stage, stage.tasks[index], worker)
                    given = True

    def _start(self, stage: Stage, task: Task, worker: Worker, *, backup: bool = False) -> None:
        attempt = stage.start(task, worker.name, self._now, backup=backup)
        self._workers.occupy(attempt)
        outputs = self._outputs.all() if task.id.is_reduce else ()
        self._out.append(StartAttempt(attempt.id, worker.name, outputs))

    # The end --------------------------------------------------------------------------------

    def _succeed(self) -> None:
        self._wind_up()
        self._out.append(JobSucceeded())

    def _fail_job(self, error: Exception) -> None:
        self._wind_up()
        self._out.append(JobFailed(error))

    def _wind_up(self) -> None:
        """Cancel what runs, release what is held."""
        self._ended = True
        for stage in (self._maps, self._reduces):
            for attempt in list(stage.running):
                self._cancel(attempt)
        self._out.extend(self._outputs.release_all(self._workers.joined))
