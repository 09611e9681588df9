"""Orders to idle workers to fetch while the last maps run, and the reduces that they then get."""

from __future__ import annotations

from hadoopless.job import AttemptId, MapOutput
from hadoopless.scheduler import Action, EndReason, FetchAhead, Policy, StartAttempt
from hadoopless.scheduler.fetch_orders import MOST_OUTPUTS, WORTH
from tests.scheduler.harness import Fed, m, output, r

MB = WORTH
AHEAD = Policy(fetch_ahead=True)
EVEN = (MB, MB)


def orders(actions: list[Action]) -> list[FetchAhead]:
    return [action for action in actions if isinstance(action, FetchAhead)]


def reduces(actions: list[Action]) -> dict[str, list[int]]:
    """The partitions that each worker begins to reduce."""
    found: dict[str, list[int]] = {}
    for action in actions:
        if isinstance(action, StartAttempt) and action.attempt.task.is_reduce:
            found.setdefault(action.worker, []).append(action.attempt.task.index)
    return found


def out(attempt: AttemptId, worker: str, sizes: tuple[int, ...] = EVEN) -> MapOutput:
    return output(attempt, worker, sizes)


def ids(*outputs: MapOutput) -> tuple[str, ...]:
    return tuple(one.map_task_id for one in outputs)


def test_an_idle_worker_fetches_what_it_will_reduce_first() -> None:
    fed = Fed(maps=3, reduces=2, policy=AHEAD)
    fed.begin()
    assert orders(fed.ok(m(0), "a", EVEN)) == []  # map 2 waited, and a runs it
    # Its own output is a neighbour of the other one.
    both = ids(out(m(0), "a"), out(m(1), "b"))
    assert fed.ok(m(1), "b", EVEN) == [FetchAhead("b", 1, (1,), (out(m(0), "a"),), (both,))]

    ended = fed.ok(m(2), "a", EVEN)

    assert orders(ended) == []
    assert reduces(ended) == {"a": [0], "b": [1]}


def test_nobody_fetches_ahead_unless_the_driver_knows_how() -> None:
    fed = Fed(maps=3, reduces=2)
    fed.begin()
    fed.ok(m(0), "a", EVEN)
    assert fed.ok(m(1), "b", EVEN) == []


def test_nobody_fetches_while_a_map_waits_for_a_worker() -> None:
    fed = Fed(maps=4, reduces=2, workers="abc", policy=AHEAD)
    fed.begin()
    assert orders(fed.ok(m(0), "a", EVEN)) == []  # it takes map 3
    # Its retry may not go to b.
    fed.fail(m(1), "b")
    found = fed.ok(m(2), "c", EVEN)
    assert [one for one in found if isinstance(one, StartAttempt)]
    # Now b alone is idle, and both a and c run a map.
    assert [one.worker for one in orders(found)] == ["b"]


def test_few_bytes_are_not_worth_an_order() -> None:
    fed = Fed(maps=3, reduces=2, policy=AHEAD)
    fed.begin()
    fed.ok(m(0), "a", (MB, MB - 1))
    assert fed.ok(m(1), "b", (MB, MB)) == []


def test_outputs_of_unknown_size_are_left_out() -> None:
    fed = Fed(maps=4, reduces=3, workers="abc", policy=AHEAD)
    fed.begin()
    sizes = (MB,) * 3
    fed.ok(m(0), "a", sizes)  # a runs map 3
    fed.ok(m(1), "b", ())
    found = orders(fed.ok(m(2), "c", sizes))
    assert (found[-1].worker, found[-1].map_outputs) == ("c", (out(m(0), "a", sizes),))


def test_a_worker_has_as_many_partitions_as_slots_the_biggest_first() -> None:
    fed = Fed(maps=5, reduces=6, slots=2, policy=AHEAD)
    fed.begin()
    sizes = (MB, MB, 3 * MB, MB, 2 * MB, MB)
    fed.ok(m(0), "a", sizes)  # a runs map 4
    (order,) = orders(fed.ok(m(1), "b", sizes))
    assert (order.worker, order.partitions) == ("b", (1, 3))
    (order,) = orders(fed.ok(m(2), "a", sizes))
    assert (order.worker, order.partitions) == ("a", (2, 4))


def test_orders_become_fewer_as_maps_end() -> None:
    fed = Fed(maps=9, reduces=9, workers="abcdefghi", policy=AHEAD)
    fed.begin()
    sizes = (MB,) * 9
    told: list[tuple[str, int]] = []
    neighbours = []
    for number, worker in enumerate("abcdefgh"):
        found = orders(fed.ok(m(number), worker, sizes))
        told += [(one.worker, len(one.map_outputs)) for one in found]
        neighbours += [one.neighbours for one in found if one.worker == "a"]
    of_a = [count for worker, count in told if worker == "a"]
    # After eight maps are left: at 7 there is something elsewhere, then at 3 and at 1.
    assert of_a == [1, 4, 2]
    # Each time from the output before the first new one on.
    assert [[int(name[0]) for name in ids] for (ids,) in neighbours] == [
        [0, 1],
        [1, 2, 3, 4, 5],
        [5, 6, 7],
    ]


def test_an_order_names_no_more_outputs_than_a_message_holds() -> None:
    count = 2 * (MOST_OUTPUTS + 1) + 1
    fed = Fed(maps=count, reduces=2, policy=AHEAD)
    fed.core.check_invariants = lambda: None  # type: ignore[method-assign]  # linear in the maps
    fed.begin()
    for index in range(count - 1):
        found = orders(fed.ok(m(index), "ab"[index % 2], EVEN))
    assert [len(one.map_outputs) for one in found] == [MOST_OUTPUTS]
    assert [[len(each) for each in one.neighbours] for one in found] == [[MOST_OUTPUTS]]


def test_what_is_fetched_is_reduced_first_though_another_has_grown_a_little() -> None:
    fed = Fed(maps=3, reduces=4, policy=AHEAD)
    fed.begin()
    sizes = (10 * MB, 10 * MB, 9 * MB, 9 * MB)
    fed.ok(m(0), "a", sizes)
    (order,) = orders(fed.ok(m(1), "b", sizes))
    assert order.partitions == (1,)
    ended = fed.ok(m(2), "a", (0, 0, 3 * MB, 3 * MB))  # partition 1 has 20 MB, and 3 has 21
    assert reduces(ended) == {"a": [2], "b": [1]}  # a has fetched nothing
    assert orders(ended) == []


def test_a_partition_that_has_become_much_bigger_comes_first() -> None:
    fed = Fed(maps=3, reduces=4, policy=AHEAD)
    fed.begin()
    sizes = (10 * MB, 10 * MB, 9 * MB, 9 * MB)
    fed.ok(m(0), "a", sizes)
    fed.ok(m(1), "b", sizes)
    ended = fed.ok(m(2), "a", (0, 0, 0, 30 * MB))
    assert reduces(ended)["b"] == [3]
    # The worker forgets what it is not given.
    assert orders(ended) == [FetchAhead("b", 2)]


def test_outputs_of_a_lost_worker_are_made_again_and_the_others_are_not_told_again() -> None:
    fed = Fed(maps=6, reduces=3, workers="abc", policy=AHEAD)
    fed.begin()
    sizes = (MB,) * 3
    fed.ok(m(0), "a", sizes)  # a runs map 3, b map 4
    fed.ok(m(1), "b", sizes)
    fed.ok(m(2), "c", sizes)
    (order,) = orders(fed.ok(m(5), "c", sizes))
    assert order.map_outputs == (out(m(0), "a", sizes), out(m(1), "b", sizes))
    held = out(m(2), "c", sizes), out(m(5), "c", sizes)
    assert order.neighbours == (ids(*order.map_outputs, held[0]),)
    fed.lose("a")  # maps 0 and 3 run again
    fed.ok(m(4), "b", sizes)
    fed.ok(m(0, 1), "c", sizes)
    ended = fed.ok(m(3, 1), "b", sizes)
    (start,) = [one for one in ended if isinstance(one, StartAttempt) and one.worker == "c"]
    assert start.attempt == r(2)
    assert out(m(0), "a", sizes) not in start.map_outputs
    assert out(m(1), "b", sizes) in start.map_outputs


def test_a_lost_worker_that_comes_back_is_told_all_again() -> None:
    fed = Fed(maps=3, reduces=2, policy=AHEAD)
    fed.begin()
    fed.ok(m(0), "a", EVEN)
    fed.ok(m(1), "b", EVEN)
    fed.lose("b")  # with its output
    fed.join("b")  # it runs map 1 again
    found = orders(fed.ok(m(1, 1), "b", EVEN))
    both = ids(out(m(0), "a"), out(m(1, 1), "b"))
    assert found == [FetchAhead("b", 2, (1,), (out(m(0), "a"),), (both,))]


def test_a_worker_without_a_partition_of_its_own_fetches_nothing() -> None:
    fed = Fed(maps=3, reduces=1, policy=AHEAD)
    fed.begin()
    fed.ok(m(0), "a", (MB,))
    assert orders(fed.ok(m(1), "b", (MB,))) == []  # partition 0 is for a, which is busy
    assert reduces(fed.ok(m(2), "a", (MB,))) == {"a": [0]}


def test_a_worker_of_no_plan_fetches_nothing() -> None:
    fed = Fed(maps=3, reduces=2, policy=AHEAD)
    fed.begin()
    fed.ok(m(0), "a", EVEN)
    fed.ok(m(1), "b", EVEN)
    assert fed.join("late") == []


def test_a_worker_that_was_put_aside_fetches_nothing() -> None:
    policy = Policy(fetch_ahead=True, quarantine_after_troubles=1)
    fed = Fed(maps=3, reduces=2, policy=policy)
    fed.begin()
    fed.ok(m(0), "a", EVEN)
    actions = fed.fail(m(1), "b", EndReason.WORKER_TROUBLE)
    assert orders(actions) == []
    assert orders(fed.tick()) == []


def test_a_resumed_job_numbers_its_orders_on() -> None:
    numbers = []
    for first in (0, 1000):
        fed = Fed(maps=3, reduces=2, policy=AHEAD, first_attempt=first)
        fed.begin()
        fed.ok(m(0, first), "a", EVEN)
        (order,) = orders(fed.ok(m(1, first), "b", EVEN))
        numbers.append(order.number)
    assert numbers[0] < numbers[1]


def test_time_alone_changes_nothing() -> None:
    fed = Fed(maps=3, reduces=2, policy=Policy(fetch_ahead=True, speculate=False))
    fed.begin()
    fed.ok(m(0), "a", EVEN)
    fed.ok(m(1), "b", EVEN)
    assert fed.tick(5.0) == []
