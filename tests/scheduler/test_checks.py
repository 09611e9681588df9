"""Each invariant is noticed when it is broken: the other tests rely on that."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoopless.job import MapOutput, map_task, reduce_task
from hadoopless.scheduler import EndReason, Policy, TaskState, checks
from hadoopless.scheduler.amounts import Amounts
from hadoopless.scheduler.dispatch import Dispatcher
from hadoopless.scheduler.outputs import OutputTable
from hadoopless.scheduler.queues import TaskQueues
from hadoopless.scheduler.tasks import Attempt, Stage, Task
from hadoopless.scheduler.workers import Worker, Workers


class Parts:
    """The parts of a scheduler, put together by hand: of five maps one waits and four run.

    Maps 0 and 2 run on worker a, maps 1 and 3 on worker b, in this order; c, which is not in the
    plan, has nothing to do.
    """

    def __init__(self, reduces: int = 2) -> None:
        policy, plan = Policy(speculate=False), ("a", "b")
        self.workers = Workers(policy, plan)
        self.maps = Stage(Task(map_task(index), 0) for index in range(5))
        self.reduces = Stage(Task(reduce_task(index), 0) for index in range(reduces))
        self.outputs = OutputTable(5, reduces)
        self.amounts = Amounts(range(5), self.maps, self.reduces, self.outputs)
        self.dispatcher = Dispatcher(
            policy, plan, self.maps, self.reduces, self.workers, self.outputs
        )
        for name in plan:
            self.workers.join(name, 2)
        self.dispatcher.start()
        for now in range(2):
            for name in plan:
                self.run_next(name, float(now))
        self.workers.join("c", 2)

    def give_ahead(self) -> Attempt:
        """Give map 4 to worker a, which has no free slot."""
        self.workers.joined["a"].takes_ahead = True
        self.workers.full["a"] = self.workers.joined["a"]
        self.queues.steal(self.workers.able())
        attempt = self.maps.start(self.maps.tasks[4], "a", 9.0, ahead=True)
        self.workers.occupy(attempt)
        return attempt

    def run_next(self, worker: str, now: float) -> None:
        """Start the next map of a worker's own queue there."""
        index = self.queues.take(worker, self.workers.usable.keys(), set())
        assert index is not None
        self.workers.occupy(self.maps.start(self.maps.tasks[index], worker, now))

    @property
    def queues(self) -> TaskQueues:
        assert self.dispatcher.map_queues is not None
        return self.dispatcher.map_queues

    def attempt(self, index: int) -> Attempt:
        """The oldest running attempt of map *index*."""
        return self.maps.tasks[index].running[0]

    def back_up(self, index: int, worker: str) -> None:
        """Start one more attempt of map *index*."""
        task = self.maps.tasks[index]
        self.workers.occupy(self.maps.start(task, worker, 9.0, backup=True))

    def finish(self, index: int, sizes: tuple[int, ...] | None, holder: str = "a") -> None:
        """Map *index* succeeds; with *sizes* it leaves an output of such partitions."""
        attempt = self.attempt(index)
        self.amounts.succeeded(attempt.id.task, 8.0)
        self.maps.end(attempt, EndReason.SUCCEEDED, 9.0).move(TaskState.DONE)
        self.maps.left -= 1
        self.workers.free(attempt)
        if sizes is not None:
            output = MapOutput(attempt.worker, f"id {index}", partition_bytes=sizes)
            self.outputs.add(index, output, holder)

    def check(self, *, ended: bool = False) -> None:
        parts = (self.maps, self.reduces, self.workers, self.outputs, self.dispatcher)
        checks.check(*parts, self.amounts, ended=ended)


def test_nothing_is_wrong_with_parts_that_agree() -> None:
    parts = Parts()
    parts.check()
    parts.back_up(1, "c")
    parts.finish(0, (10, 20))
    parts.check()
    parts.finish(2, (5, 6))
    parts.finish(3, (1, 2, 3), "b")  # of a worker that tells sizes of other partitions
    parts.check()
    assert parts.outputs.sizes == [15, 26]
    parts.workers.joined["b"].aside_until = 5.0
    del parts.workers.usable["b"]
    parts.check()


def test_nothing_is_wrong_with_an_attempt_that_was_given_ahead() -> None:
    parts = Parts()
    parts.workers.leave("c", 9.0)
    parts.give_ahead()
    parts.check()
    attempt = parts.attempt(0)
    parts.maps.end(attempt, EndReason.CANCELLED, 9.0).move(TaskState.WAITING)
    parts.queues.put_back(0, frozenset())
    following = parts.workers.free(attempt)
    assert following is parts.attempt(4)
    parts.maps.take_slot(following, 10.0)
    parts.check()


def test_nothing_is_wrong_before_the_start_and_without_workers() -> None:
    policy = Policy()
    workers = Workers(policy, ("a",))
    maps, reduces, outputs = Stage([Task(map_task(0), 0)]), Stage([]), OutputTable(1, 0)
    dispatcher = Dispatcher(policy, ("a",), maps, reduces, workers, outputs)
    amounts = Amounts([], maps, reduces, outputs)
    workers.expect(0.0)
    checks.check(maps, reduces, workers, outputs, dispatcher, amounts, ended=False)


def test_a_map_of_a_job_without_reduces_leaves_no_output() -> None:
    parts = Parts(reduces=0)
    parts.finish(0, None)
    parts.check()


def test_the_queues_of_a_job_that_has_ended_do_not_matter() -> None:
    parts = Parts()
    parts.queues.put_back(0, frozenset())
    with pytest.raises(AssertionError):
        parts.check()
    parts.check(ended=True)


Break = Callable[[Parts], object]


def remove_from_worker(parts: Parts) -> None:
    del parts.workers.joined["a"].running[parts.attempt(0)]


def remove_from_stage(parts: Parts) -> None:
    del parts.maps.running[parts.attempt(0)]


def count(name: str, change: int) -> Break:
    """Change a count of the maps."""

    def miscount(parts: Parts) -> None:
        setattr(parts.maps, name, getattr(parts.maps, name) + change)

    return miscount


def start_earlier(parts: Parts) -> None:
    parts.attempt(3).since = 0.5


def wait_while_it_runs(parts: Parts) -> None:
    parts.maps.tasks[1].state = TaskState.WAITING


def run_without_an_attempt(parts: Parts) -> None:
    parts.maps.tasks[4].move(TaskState.RUNNING)


def run_twice_on_one_worker(parts: Parts) -> None:
    parts.workers.joined["b"].slots = 3
    parts.workers.idle["b"] = parts.workers.joined["b"]
    parts.back_up(1, "b")


def run_three_times(parts: Parts) -> None:
    parts.back_up(1, "c")
    parts.workers.join("d", 2)
    parts.back_up(1, "d")


def use_a_number_again(parts: Parts) -> None:
    parts.maps.tasks[1].next_number = 0


def queue_a_running_one(parts: Parts) -> None:
    parts.queues.put_back(1, frozenset())


def lose_a_waiting_one(parts: Parts) -> None:
    parts.queues.steal(set())


def miscount_the_queue(parts: Parts) -> None:
    parts.queues.waiting += 1


def occupy_by_nobody(parts: Parts) -> None:
    parts.workers.occupy(Attempt(parts.attempt(0).id, "c", 0.0, False))


def leave_it_while_another_is_free(parts: Parts) -> None:
    parts.give_ahead()


def given(break_it: Callable[[Parts, Attempt], object]) -> Break:
    """Break what is right with an attempt that was given ahead while nobody was free."""

    def do(parts: Parts) -> None:
        parts.workers.leave("c", 9.0)
        break_it(parts, parts.give_ahead())

    return do


def give_a_reduce_ahead(parts: Parts) -> None:
    parts.workers.leave("c", 9.0)
    worker = parts.workers.joined["a"]
    worker.takes_ahead = True
    parts.workers.full["a"] = worker
    parts.workers.occupy(parts.reduces.start(parts.reduces.tasks[0], "a", 9.0, ahead=True))


def forget_that_it_waits(parts: Parts, attempt: Attempt) -> None:
    attempt.ahead = False


def forget_that_it_runs(parts: Parts, attempt: Attempt) -> None:
    parts.attempt(0).ahead = True


def count_it_twice(parts: Parts, attempt: Attempt) -> None:
    parts.workers.joined["b"].ahead = attempt


def free_a_slot(parts: Parts, attempt: Attempt) -> None:
    parts.workers.joined["a"].slots = 3
    parts.workers.idle["a"] = parts.workers.joined["a"]
    parts.dispatcher.map_queues = None


def offer_it_one_more(parts: Parts, attempt: Attempt) -> None:
    parts.workers.full["a"] = parts.workers.joined["a"]


def miscount_slots(parts: Parts) -> None:
    parts.workers.slots += 1


def put_all_aside(parts: Parts) -> None:
    for worker in parts.workers.joined.values():
        worker.aside_until = 5.0
    parts.workers.usable.clear()


def take_slots_away(parts: Parts) -> None:
    parts.workers.joined["a"].slots = 1


def forget_who_is_idle(parts: Parts) -> None:
    del parts.workers.idle["c"]


def take_a_busy_one_for_idle(parts: Parts) -> None:
    parts.workers.idle["a"] = parts.workers.joined["a"]


def use_one_that_is_aside(parts: Parts) -> None:
    parts.workers.joined["b"].aside_until = 5.0


def put_aside_for_ever(parts: Parts) -> None:
    del parts.workers.usable["b"]


def use_one_in_trouble(parts: Parts) -> None:
    parts.workers.joined["b"].in_trouble = True


def lose(parts: Parts) -> None:
    """Worker c, which does nothing, is gone."""
    del parts.workers.joined["c"]


def lose_but_use(parts: Parts) -> None:
    lose(parts)
    del parts.workers.idle["c"]


def lose_but_take_for_idle(parts: Parts) -> None:
    lose(parts)
    del parts.workers.usable["c"]


def use_one_that_never_came(parts: Parts) -> None:
    parts.workers.usable["z"] = Worker("z", 1)


def miss_everybody(parts: Parts) -> None:
    parts.workers.gone[None] = 0.0


def finish_without_output(parts: Parts) -> None:
    parts.finish(0, None)


def keep_an_old_output(parts: Parts) -> None:
    parts.outputs.add(4, MapOutput("a", "id 4", partition_bytes=(0, 0)), "a")


def keep_an_output_of_a_lost_worker(parts: Parts) -> None:
    parts.finish(0, (10, 20), holder="z")


def miscount_bytes(parts: Parts) -> None:
    parts.finish(0, (10, 20))
    parts.outputs.sizes = [10, 21]


def count_bytes_of_nothing(parts: Parts) -> None:
    parts.outputs.sizes = [0, 1]


def miscount_what_is_done(parts: Parts) -> None:
    parts.finish(3, (10, 20))
    parts.amounts.maps.done = 2


def miscount_all_bytes(parts: Parts) -> None:
    parts.amounts.maps.total = 11


BROKEN: list[tuple[Break, str]] = [
    (remove_from_worker, "map 0 attempt 0 runs on a, which does not know it"),
    (remove_from_stage, "a running attempt is counted wrongly"),
    (count("backups", 1), "backups are counted wrongly"),
    (count("left", 1), "wrong left"),
    (count("left", -1), "wrong left"),
    (count("failed", 1), "wrong failed"),
    (count("busy", -1), "wrong busy"),
    (start_earlier, "running attempts are not in the order of starting"),
    (wait_while_it_runs, "map 1 is waiting\n  0.000 attempt 0: started on b"),
    (run_without_an_attempt, "map 4 is running"),
    (
        run_twice_on_one_worker,
        "map 1 is running\n  0.000 attempt 0: started on b\n  9.000 attempt 1: backup started on b",
    ),
    (
        run_three_times,
        "map 1 is running\n"
        "  0.000 attempt 0: started on b\n"
        "  9.000 attempt 1: backup started on c\n"
        "  9.000 attempt 2: backup started on d",
    ),
    (use_a_number_again, "map 1 is running\n  0.000 attempt 0: started on b"),
    (queue_a_running_one, "queued are [1, 4], waiting are [4]"),
    (lose_a_waiting_one, "queued are [], waiting are [4]"),
    (miscount_the_queue, "waiting tasks are counted wrongly"),
    (occupy_by_nobody, "an attempt is nowhere"),
    (
        leave_it_while_another_is_free,
        "an attempt waits for a slot while another worker is free",
    ),
    (give_a_reduce_ahead, "a reduce was given ahead"),
    (given(forget_that_it_waits), "an attempt given ahead runs"),
    (given(forget_that_it_runs), "an attempt runs that was given ahead"),
    (given(count_it_twice), "an attempt waits nowhere"),
    (given(free_a_slot), "a: an attempt waits for a free slot"),
    (given(offer_it_one_more), "a: wrongly full or not"),
    (miscount_slots, "slots are counted wrongly"),
    (put_all_aside, "all workers are put aside"),
    (take_slots_away, "a is overloaded"),
    (forget_who_is_idle, "c: wrongly idle or not"),
    (take_a_busy_one_for_idle, "a: wrongly idle or not"),
    (use_one_that_is_aside, "b: wrongly put aside"),
    (put_aside_for_ever, "b: wrongly put aside"),
    (use_one_in_trouble, "b is in trouble and not put aside"),
    (lose, "a lost worker is used"),
    (lose_but_use, "a lost worker is used"),
    (lose_but_take_for_idle, "a lost worker is used"),
    (use_one_that_never_came, "a lost worker is used"),
    (miss_everybody, "workers joined but count as gone"),
    (
        finish_without_output,
        "map 0 is done\n  0.000 attempt 0: started on a\n  9.000 attempt 0: succeeded on a",
    ),
    (keep_an_old_output, "map 4 is waiting"),
    (keep_an_output_of_a_lost_worker, "map 0 held by a lost z"),
    (miscount_bytes, "partition sizes are wrong"),
    (count_bytes_of_nothing, "partition sizes are wrong"),
    (miscount_what_is_done, "2 bytes of tasks are done, not 3"),
    (miscount_all_bytes, "the bytes of all tasks are wrong"),
]


@pytest.mark.parametrize(("break_it", "complaint"), BROKEN)
def test_what_is_wrong_is_told(break_it: Break, complaint: str) -> None:
    parts = Parts()
    break_it(parts)
    with pytest.raises(AssertionError) as caught:
        parts.check()
    assert str(caught.value) == complaint


def test_reduces_are_checked_as_maps_are() -> None:
    parts = Parts()
    parts.reduces.left += 1
    with pytest.raises(AssertionError, match="wrong left"):
        parts.check()


def test_a_worker_that_nobody_knows_runs_something() -> None:
    parts = Parts()
    del parts.workers.joined["a"]
    with pytest.raises(AssertionError, match="map 0 attempt 0 runs on a, which"):
        parts.check()
