"""Predictions: the durations of a job, scheduled with other numbers."""

from __future__ import annotations

import pytest

from hadoopless.by_hand.partition import partition_of
from hadoopless.history import events as ev
from hadoopless.history.layout import file_sizes, map_sizes, reduce_sizes
from hadoopless.history.replay import Change, Demand, Model, duration, predicted
from tests.history.logs import HERE, THERE, Log


def model(maps: list[float], reduces: list[float], workers: int, cores: int | None = None) -> Model:
    """A job of tasks that compute all the time."""
    first, second = (
        tuple(Demand(seconds, seconds) for seconds in some) for some in (maps, reduces)
    )
    return Model(first, second, workers, 1, cores, 0.0, 0.0)


def test_tasks_are_spread_over_slots() -> None:
    assert duration(model([1, 1, 1, 1], [2], 2)) == pytest.approx(4)
    assert duration(model([1, 1, 1, 1], [2], 4)) == pytest.approx(3)
    assert duration(model([3, 1, 1, 1], [], 2)) == pytest.approx(3)


def test_processors_are_shared() -> None:
    assert duration(model([1, 1, 1, 1], [], 4, cores=2)) == pytest.approx(2)
    waiting = Model((Demand(0.0, 1.0),) * 4, (), 4, 1, 2, 0.0, 0.0)
    assert duration(waiting) == pytest.approx(1)


def test_a_task_may_want_more_than_one_processor() -> None:
    """Its program and its worker compute at the same time."""
    both = Demand(2.0, 1.0)
    assert duration(Model((both,) * 2, (), 1, 1, 2, 0.0, 0.0)) == pytest.approx(2)
    assert duration(Model((both,) * 2, (), 2, 1, 2, 0.0, 0.0)) == pytest.approx(2)
    assert duration(Model((both,) * 2, (), 2, 1, 4, 0.0, 0.0)) == pytest.approx(1)


def test_what_surrounds_the_tasks_stays() -> None:
    assert duration(Model((Demand(1, 1),), (), 1, 1, None, 0.5, 0.25)) == pytest.approx(1.75)


def job() -> Log:
    log = Log(HERE, input_bytes=40, reduces=2)
    for number in range(4):
        log.run(
            f"map-{number}",
            number,
            number + 1,
            program_cpu=1.0,
            bytes=10,
            input=f"{number}.in",
            input_bytes=10,
        )
    log.run("reduce-0", 4, 6, program_cpu=2.0, input_bytes=20)
    return log.run("reduce-1", 6, 8, program_cpu=2.0, input_bytes=20)


def test_the_same_numbers_give_the_same_time() -> None:
    assert predicted(job().done(8.5), Change()) == pytest.approx(8.5)


def test_more_workers_up_to_the_processors() -> None:
    course = job().done(8)
    assert predicted(course, Change(workers=2)) == pytest.approx(4)
    assert predicted(course, Change(workers=8)) == pytest.approx(4)
    assert predicted(course, Change(slots=2)) == pytest.approx(4)


def test_more_reducers() -> None:
    # A reduce task without any bytes takes 0.02 s.
    assert predicted(job().done(8), Change(reducers=4)) == pytest.approx(8.04, abs=0.01)
    assert predicted(job().done(8), Change(workers=2, reducers=1)) == pytest.approx(6, abs=0.1)


def test_smaller_splits() -> None:
    course = job().done(8)
    assert map_sizes(file_sizes(course), 5) == [5] * 8
    assert predicted(course, Change(split_size=5)) == pytest.approx(8.08, abs=0.01)


def test_packed_files_stay_whole() -> None:
    log = Log(HERE).run("map-0", 0, 1, input="a.gz", bytes=100)
    log.run("map-1", 1, 2, input="b.in [bytes 0-50]", bytes=50)
    course = log.run("map-2", 2, 3, input="b.in [bytes 50-101]", bytes=51).done(3)
    assert map_sizes(file_sizes(course), 40) == [100, 34, 34, 33]


def test_large_keys_go_where_hadoop_sends_them() -> None:
    keys = tuple(ev.TopKey(key, 1, size) for key, size in (("the", 500), ("naïve", 300)))
    course = Log(HERE).run("reduce-0", 0, 1, input_bytes=1000, top_keys=keys).done(1)
    expected = [50] * 4
    expected[partition_of(b"the", 4)] += 500
    expected[partition_of("naïve".encode(), 4)] += 300
    assert reduce_sizes(course, 4) == expected


def test_the_line_through_tasks_of_several_sizes() -> None:
    log = Log(HERE, reduces=0)
    for number, size in enumerate((10, 20, 40)):
        seconds = 0.5 + size / 10
        at = 10.0 * number
        log.run(
            f"map-{number}",
            at,
            at + seconds,
            bytes=size,
            input_bytes=size,
            program_cpu=seconds,
            input=f"{number}",
        )
    course = log.done(25)
    before_and_after = 25 - 24.5
    assert predicted(course, Change(split_size=10)) == pytest.approx(
        7 * 1.5 + before_and_after, abs=0.01
    )


def test_more_slots_than_processors_were_no_waiting() -> None:
    log = Log(HERE, THERE, "http://127.0.0.1:8002", "http://127.0.0.1:8003", reduces=0)
    for number, (worker, _) in enumerate(list(log.course().workers.items())):
        log.run(f"map-{number}", 0, 2, worker, program_cpu=1.0)
    course = log.done(2)
    assert predicted(course, Change()) == pytest.approx(2)
    assert predicted(course, Change(workers=2)) == pytest.approx(2)
