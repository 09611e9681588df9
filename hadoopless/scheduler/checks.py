"""Checks that the parts of the scheduler agree after each event; for tests."""

from __future__ import annotations

from hadoopless.scheduler.amounts import Amount, Amounts
from hadoopless.scheduler.dispatch import Dispatcher
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.queues import TaskQueues
from hadoopless.scheduler.states import TaskState
from hadoopless.scheduler.tasks import Stage, Task
from hadoopless.scheduler.workers import Workers


def check(
    maps: Stage,
    reduces: Stage,
    workers: Workers,
    outputs: OutputTable,
    dispatcher: Dispatcher,
    amounts: Amounts,
    *,
    ended: bool,
) -> None:
    """Raise AssertionError, with the story of the task where there is one.

    The queues of a job that has *ended* are left as they are, and not looked at.
    """
    for stage, queues in ((maps, dispatcher.map_queues), (reduces, dispatcher.reduce_queues)):
        _check_stage(stage)
        if queues is not None and not ended:
            _check_queues(stage, queues)
        for attempt in [*stage.running, *stage.ahead]:
            worker = workers.joined.get(attempt.worker)
            _hold(
                worker is not None and (attempt in worker.running or attempt is worker.ahead),
                f"{attempt.id} runs on {attempt.worker}, which does not know it",
            )
    _hold(not reduces.ahead, "a reduce was given ahead")
    _check_workers(workers, len(maps.running) + len(reduces.running), len(maps.ahead))
    waits = not ended and dispatcher.wants_back()
    _hold(not waits, "an attempt waits for a slot while another worker is free")
    for task in maps.tasks:
        index = task.id.index
        held = task.state is TaskState.DONE and bool(reduces.tasks)
        _hold(held is (outputs[index] is not None), task)
        holder = outputs.holder(index)
        _hold(holder is None or holder in workers.joined, f"{task.id} held by a lost {holder}")
    sums = [sum(column) for column in zip(*_partition_bytes(maps, outputs), strict=True)]
    _hold(outputs.sizes == (sums or [0] * len(reduces.tasks)), "partition sizes are wrong")
    _check_amount(amounts.maps, maps, amounts)
    if not maps.left:
        _check_amount(amounts.reduces, reduces, amounts)


def _partition_bytes(maps: Stage, outputs: OutputTable) -> list[tuple[int, ...]]:
    found = (outputs[task.id.index] for task in maps.tasks)
    width = len(outputs.sizes)
    return [o.partition_bytes for o in found if o and len(o.partition_bytes) == width]


def _check_stage(stage: Stage) -> None:
    running = [attempt for task in stage.tasks for attempt in task.running]
    known = {*stage.running, *stage.ahead}
    _hold(set(running) == known, "a running attempt is counted wrongly")
    _hold(all(a.ahead for a in stage.ahead), "an attempt given ahead runs")
    _hold(not any(a.ahead for a in stage.running), "an attempt runs that was given ahead")
    _hold(stage.backups == sum(a.backup for a in running), "backups are counted wrongly")
    _hold(stage.left == sum(not t.state.over for t in stage.tasks), "wrong left")
    _hold(stage.failed == sum(t.state is TaskState.FAILED for t in stage.tasks), "wrong failed")
    busy = sum(any(not a.ahead for a in t.running) for t in stage.tasks)
    _hold(stage.busy == busy, "wrong busy")
    starts = [attempt.since for attempt in stage.running]
    _hold(starts == sorted(starts), "running attempts are not in the order of starting")
    for task in stage.tasks:
        _check_task(task)


def _check_amount(amount: Amount, stage: Stage, amounts: Amounts) -> None:
    sizes = {task: amounts.of(task.id) for task in stage.tasks}
    _hold(amount.total == sum(sizes.values()), "the bytes of all tasks are wrong")
    done = sum(size for task, size in sizes.items() if task.state is TaskState.DONE)
    _hold(amount.done == done, f"{amount.done} bytes of tasks are done, not {done}")


def _check_task(task: Task) -> None:
    _hold((task.state is TaskState.RUNNING) is bool(task.running), task)
    _hold(len({a.worker for a in task.running}) == len(task.running) <= 2, task)
    _hold(all(a.id.number < task.next_number for a in task.running), task)


def _check_queues(stage: Stage, queues: TaskQueues) -> None:
    queued = sorted(queues.all())
    waiting = [t.id.index for t in stage.tasks if t.state is TaskState.WAITING]
    _hold(len(queued) == queues.waiting, "waiting tasks are counted wrongly")
    _hold(queued == waiting, f"queued are {queued}, waiting are {waiting}")


def _check_workers(workers: Workers, running: int, ahead: int) -> None:
    joined = workers.joined.values()
    _hold(running == sum(len(w.running) for w in joined), "an attempt is nowhere")
    _hold(ahead == sum(w.ahead is not None for w in joined), "an attempt waits nowhere")
    _hold(bool(workers.usable) == bool(workers.joined), "all workers are put aside")
    for worker in workers.joined.values():
        free = len(worker.running) < worker.slots
        _hold(len(worker.running) <= worker.slots, f"{worker.name} is overloaded")
        _hold(free is (worker.name in workers.idle), f"{worker.name}: wrongly idle or not")
        _hold(not (free and worker.ahead), f"{worker.name}: an attempt waits for a free slot")
        takes = worker.takes_ahead and not free and worker.ahead is None
        _hold(takes is (worker.name in workers.full), f"{worker.name}: wrongly full or not")
        aside = worker.aside_until is not None
        _hold(aside is (worker.name not in workers.usable), f"{worker.name}: wrongly put aside")
        _hold(aside or not worker.in_trouble, f"{worker.name} is in trouble and not put aside")
    used = set(workers.idle) | set(workers.usable) | set(workers.full)
    _hold(used <= set(workers.joined), "a lost worker is used")
    _hold(workers.slots == sum(w.slots for w in joined), "slots are counted wrongly")
    _hold((None in workers.gone) <= (not workers.joined), "workers joined but count as gone")


def _hold(condition: bool, message: str | Task) -> None:
    if not condition:  # a story takes time
        raise AssertionError(message.story() if isinstance(message, Task) else message)
