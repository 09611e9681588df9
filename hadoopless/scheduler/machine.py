"""The state machine of one job: events in, actions out. No clock, no I/O, no logging, no waiting.

``handle`` is the only door. Each event first changes the tasks that it tells of; then ``_settle``
asks whether the job is over, and gives waiting tasks to free workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Any

from hadoopless.errors import Cancelled, FetchError, TaskError, WorkerTrouble
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, MapOutput, TaskId, TaskReport, map_task, reduce_task
from hadoopless.scheduler import checks
from hadoopless.scheduler import events as ev
from hadoopless.scheduler.actions import (
    Action,
    CancelAttempt,
    CommitOutput,
    JobFailed,
    JobSucceeded,
    ReleaseOutputs,
    SlotTaken,
)
from hadoopless.scheduler.amounts import Amounts
from hadoopless.scheduler.dispatch import Dispatcher
from hadoopless.scheduler.events import EndReason, Event
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.policy import Policy
from hadoopless.scheduler.snapshot import PhaseCounts, RunningAttempt, Snapshot, WorkerState
from hadoopless.scheduler.states import TaskState
from hadoopless.scheduler.tasks import Attempt, Stage, Task
from hadoopless.scheduler.workers import Workers


class Scheduler:
    """Decides which attempt of which task runs where, for one job.

    ``workers`` are the names of the planned workers, in the order of the round-robin; they count
    when they join, and others may join too. ``committed`` are the partitions (the maps, in a job
    without reduces) whose outputs an earlier coordinator has committed. A resumed job sets
    ``first_attempt`` above every number used before, so that old reports are known as old.
    ``map_bytes`` are the sizes of the splits, for the progress; empty: nobody knows them.
    """

    def __init__(
        self,
        num_maps: int,
        num_reduces: int,
        workers: Sequence[str],
        *,
        policy: Policy | None = None,
        committed: Set[int] = frozenset(),
        first_attempt: int = 0,
        map_bytes: Sequence[int] = (),
    ) -> None:
        if not workers or len(set(workers)) < len(workers):
            raise ValueError("the plan needs at least one worker, and each of them once")
        self.policy = policy or Policy()
        plan = tuple(workers)
        self._workers = Workers(self.policy, plan)
        maps = [Task(map_task(i), first_attempt) for i in range(num_maps)]
        reduces = [Task(reduce_task(r), first_attempt) for r in range(num_reduces)]
        for index in committed:
            (reduces or maps)[index].move(TaskState.DONE)
        self._maps = Stage(maps)
        self._reduces = Stage(reduces)
        self._outputs = OutputTable(num_maps, num_reduces)
        self._amounts = Amounts(map_bytes, self._maps, self._reduces, self._outputs)
        self._dispatcher = Dispatcher(
            self.policy, plan, self._maps, self._reduces, self._workers, self._outputs
        )
        #: Stale outputs already released; a worker that still reports one has not heard of it yet.
        self._let_go: set[str] = set()
        self._retries = 0
        self._backups_won = 0
        self._ended = False
        self._now = float("-inf")
        self._out: list[Action] = []
        self._handlers = self._handlers_of_events()

    def _handlers_of_events(self) -> dict[type[Any], Callable[[Any], None]]:
        return {
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
        are returned: of late map outputs, and to workers that come back late.
        """
        self._now = max(self._now, now)
        self._out = []
        self._handlers[type(event)](event)
        if not self._ended and self._dispatcher.started:
            self._settle()
        return self._out

    @property
    def ended(self) -> bool:
        """True if JobSucceeded or JobFailed was returned."""
        return self._ended

    def story(self, task: TaskId) -> str:
        """The history of *task*, for error texts; bounded."""
        return self._task(task).story()

    def reports(self) -> tuple[tuple[TaskReport, ...], tuple[TaskReport, ...]]:
        """The reports of the successful attempts, of maps and of reduces; empty ones if unknown."""
        maps, reduces = (
            tuple(task.report or ev.NO_REPORT for task in stage.tasks)
            for stage in (self._maps, self._reduces)
        )
        return maps, reduces

    def snapshot(self) -> Snapshot:
        """The progress of the job now; cheap enough for every refresh of a screen."""
        stages = (self._maps, self._reduces)
        amounts = (self._amounts.maps, self._amounts.reduces)
        maps, reduces = (
            PhaseCounts(len(s.tasks), s.left - s.busy, s.busy, s.done, a.total, a.done, a.worked)
            for s, a in zip(stages, amounts, strict=True)
        )
        size = self._amounts.of
        return Snapshot(
            now=self._now,
            started=self._dispatcher.started,
            ended=self._ended,
            maps=maps,
            reduces=reduces,
            attempts=tuple(
                RunningAttempt(a.id, a.worker, a.since, a.backup, size(a.id.task))
                for s in stages
                for a in s.running
            ),
            workers=tuple(
                WorkerState(w.name, w.slots, len(w.running), w.aside_until)
                for w in self._workers.joined.values()
            ),
            retries=self._retries,
            lost_workers=self._workers.lost,
            backups_started=self._dispatcher.backups_started,
            backups_won=self._backups_won,
            grace_left=self._grace_left(),
        )

    def _grace_left(self) -> float | None:
        waits = self._dispatcher.started and not self._ended
        return self._dispatcher.grace_left(self._now) if waits else None

    def check_invariants(self) -> None:
        """Raise AssertionError if the parts contradict each other; linear, for tests."""
        parts = (self._maps, self._reduces, self._workers, self._outputs, self._dispatcher)
        checks.check(*parts, self._amounts, ended=self._ended)

    # Events ---------------------------------------------------------------------------------

    def _on_started(self, event: ev.JobStarted) -> None:
        if not self._dispatcher.started and not self._ended:
            self._dispatcher.start()
            self._workers.expect(self._now)

    def _on_joined(self, event: ev.WorkerJoined) -> None:
        if event.slots < 1:
            raise ValueError(f"{event.worker} joins with {event.slots} slots")
        if self._ended:
            # The worker was thought lost and may not have been: nobody else will tell it any more.
            self._out.extend(self._outputs.release(event.worker))
        elif event.worker not in self._workers.joined:
            self._workers.join(event.worker, event.slots, takes_ahead=event.ahead)

    def _on_lost(self, event: ev.WorkerLost) -> None:
        if event.worker not in self._workers.joined or self._ended:
            return
        worker = self._workers.leave(event.worker, self._now)
        self._dispatcher.lost(event.worker)
        for index in self._outputs.held_by(event.worker):
            self._lose_output(index)
        for attempt in [*worker.running, *([worker.ahead] if worker.ahead else [])]:
            if not self._ended:
                self._attempt_failed(attempt, EndReason.WORKER_LOST, None)

    def _on_succeeded(self, event: ev.AttemptSucceeded) -> None:
        # In a job without reduces the outputs of maps are committed like those of reduces.
        has_output = bool(self._reduces.tasks) and not event.attempt.task.is_reduce
        if has_output is (event.output is None):
            raise ValueError(f"{event.attempt}: map attempts have an output, reduce attempts none")
        attempt = self._running(event.attempt, event.worker)
        if attempt is None:
            self._release_stale(event.attempt.task.index, event.worker, event.output)
            return
        task = self._task(event.attempt.task)
        task.check(TaskState.DONE)
        if attempt.ahead:  # the end of the one before it is not told yet
            attempt.since = max(attempt.since, self._now - event.report.seconds)
        self._amounts.succeeded(task.id, self._now - attempt.since)
        task.move(TaskState.DONE)
        task.report = event.report
        self._end(attempt, EndReason.SUCCEEDED)
        self._workers.succeeded(event.worker)
        self._dispatcher.succeeded(attempt, self._now)
        self._backups_won += attempt.backup
        self._stage(task.id).left -= 1
        if event.output is not None:
            self._outputs.add(task.id.index, event.output, event.worker)
        else:
            self._out.append(CommitOutput(event.attempt, event.worker))
        for other in task.running:
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
        task = self._maps.tasks[event.index] if 0 <= event.index < len(self._maps.tasks) else None
        welcome = (
            bool(self._reduces.tasks)
            and not self._dispatcher.started
            and not self._ended
            and event.worker in self._workers.joined
            and event.output.map_task_id not in self._let_go
        )
        if welcome and task is not None and task.state is TaskState.WAITING:
            task.move(TaskState.DONE)
            task.report = event.report
            task.note(self._now, None, "restored", event.worker)
            self._maps.left -= 1
            self._amounts.restored(event.index)
            self._outputs.add(event.index, event.output, event.worker)
        else:
            self._release_stale(event.index, event.worker, event.output)

    def _on_cancelled(self, event: ev.JobCancelled) -> None:
        if not self._ended:
            self._fail_job(event.error or Cancelled("the job was cancelled"))

    # Tasks ----------------------------------------------------------------------------------

    def _stage(self, task: TaskId) -> Stage:
        return self._reduces if task.is_reduce else self._maps

    def _task(self, task: TaskId) -> Task:
        return self._stage(task).tasks[task.index]

    def _running(self, attempt: AttemptId, worker: str) -> Attempt | None:
        """The running attempt that a report tells of; None if the report is stale."""
        tasks = self._stage(attempt.task).tasks
        if not 0 <= attempt.task.index < len(tasks):
            return None
        for running in tasks[attempt.task.index].running:
            if running.id.number == attempt.number and running.worker == worker:
                return running
        return None

    def _release_stale(self, index: int, worker: str, output: MapOutput | None) -> None:
        # A message that came twice tells of an output that is in use, which must stay.
        if output is None or (
            0 <= index < len(self._maps.tasks)
            and not self._ended
            and self._outputs.is_current(index, output)
        ):
            return
        self._let_go.add(output.map_task_id)
        self._out.append(ReleaseOutputs(worker, (output.map_task_id,)))

    def _end(self, attempt: Attempt, reason: EndReason) -> None:
        self._stage(attempt.id.task).end(attempt, reason, self._now)
        following = self._workers.free(attempt)
        if following is not None:
            self._stage(following.id.task).take_slot(following, self._now)
            self._out.append(SlotTaken(following.id, following.worker))

    def _cancel(self, attempt: Attempt) -> None:
        self._end(attempt, EndReason.CANCELLED)
        task = self._task(attempt.id.task)
        if task.state is TaskState.RUNNING and not task.running:
            task.move(TaskState.WAITING)
        if attempt.worker in self._workers.joined:
            self._out.append(CancelAttempt(attempt.id, attempt.worker))

    def _attempt_failed(
        self, attempt: Attempt, reason: EndReason, error: Exception | None, *, final: bool = False
    ) -> None:
        task = self._task(attempt.id.task)
        self._end(attempt, reason)
        # A lost worker is avoided, too: if it comes back only to be lost again, a task that went
        # elsewhere is done there.
        task.avoid |= {attempt.worker}
        if final or self._is_out_of_tries(task, attempt.worker, reason):
            # The end of the last call says too little of a task whose workers are lost each time.
            told = None if reason is EndReason.WORKER_LOST else error
            self._give_up(task, told or self._default_error(task, reason))
        elif not task.running:
            task.move(TaskState.WAITING)
            self._put_back(task)

    def _is_out_of_tries(self, task: Task, worker: str, reason: EndReason) -> bool:
        """Count an attempt of *task* that ended on *worker*; whether it was one too many."""
        if reason.blames_program:
            task.failures += 1
            self._workers.program_failed(worker, task.id, self._now)
            return task.failures >= self.policy.attempts_of(is_reduce=task.id.is_reduce)
        task.losses += 1
        if reason is not EndReason.WORKER_TROUBLE:
            return task.losses >= self.policy.max_losses
        task.troubles += 1
        task.troubled |= {worker}
        self._workers.had_trouble(worker, self._now)
        nobody_left = not task.running and self._dispatcher.candidates(task) <= task.troubled
        return task.losses >= self.policy.max_losses or (
            nobody_left and task.troubles >= self.policy.max_troubles
        )

    def _give_up(self, task: Task, error: Exception) -> None:
        """*task* has failed for good, and the job with it unless it may do without."""
        stage = self._stage(task.id)
        is_reduce = task.id.is_reduce
        task.move(TaskState.FAILED)
        stage.left -= 1
        stage.failed += 1
        for other in task.running:
            self._cancel(other)
        if not self.policy.may_fail(stage.failed, len(stage.tasks), is_reduce=is_reduce):
            self._fail_job(error)
        elif not is_reduce:
            self._outputs.abandon(task.id.index)

    def _default_error(self, task: Task, reason: EndReason) -> Exception:
        if reason is EndReason.OUTPUT_LOST:
            return FetchError(f"{reason.value}, {task.losses} times\n{task.story()}")
        what = f"{reason.value}, and the attempts are used up\n{task.story()}"
        if reason is EndReason.WORKER_TROUBLE:
            what = f"{reason.value}, {task.troubles} times\n{task.story()}"
            return WorkerTrouble(Failure(what, Role.WORKER), str(task.id))
        if reason is EndReason.WORKER_LOST:
            what = f"its worker was lost {task.losses} times; is it the task?\n{task.story()}"
        return TaskError(Failure(what), str(task.id))

    def _lose_output(self, index: int, *, by_fetch: bool = False) -> None:
        task = self._maps.tasks[index]
        task.move(TaskState.WAITING)
        holder = self._outputs.give_up(index)
        task.note(self._now, None, "lost", holder)
        self._maps.left += 1
        self._amounts.lost(index)
        if by_fetch:
            # The road to that worker may be broken: the output had better be elsewhere.
            task.avoid |= {holder}
        self._put_back(task)

    def _put_back(self, task: Task) -> None:
        self._retries += 1
        self._dispatcher.put_back(task)

    # Consequences ---------------------------------------------------------------------------

    def _settle(self) -> None:
        if self._reduces.left == 0 and (self._reduces.tasks or self._maps.left == 0):
            self._succeed()
            return
        overdue = self._dispatcher.overdue(self._now)
        if overdue is not None:
            self._fail_job(overdue)
            return
        self._workers.end_quarantines(self._now)
        starts = self._dispatcher.assign(self._now)
        self._out.extend(starts)
        while self._dispatcher.wants_back():
            self._take_back(next(iter(self._maps.ahead)))
        self._out.extend(self._dispatcher.fetch_ahead(starts))

    def _take_back(self, attempt: Attempt) -> None:
        """Give the task of *attempt*, which waits for a slot, to a worker that has one free."""
        self._cancel(attempt)
        self._dispatcher.put_back(self._task(attempt.id.task))
        self._out.extend(self._dispatcher.assign(self._now))

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
            for attempt in [*stage.ahead, *stage.running]:
                self._cancel(attempt)
        self._out.extend(self._outputs.release_all(self._workers.joined))
