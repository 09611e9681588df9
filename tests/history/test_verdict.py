"""The verdict on a job: slot-seconds, bounds, losses, sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.history import events as ev
from hadoopless.history.slot_time import slot_time
from hadoopless.history.verdict import verdict_of
from tests.history.logs import HERE, THERE, Log


def test_slot_seconds_of_a_simple_job() -> None:
    log = Log(HERE, THERE)
    log.run("map-0", 1, 5, program_cpu=3.0, own_cpu=0.5, program_seconds=3.5)
    log.run("map-1", 1, 3, THERE, program_cpu=2.0)
    log.run("reduce-0", 5, 8, program_cpu=1.0, own_cpu=1.0, program_seconds=3.0)
    times = slot_time(log.done(9))
    assert times.programs == pytest.approx(6.0)
    # Half a second outside of the program, and what the reduce's own second adds to its program.
    assert times.ours == pytest.approx(0.5 + 1.0)
    assert times.waiting == pytest.approx(0.5 - 0.5 + 0.5 + 1.0 - 0.0, abs=0.51)
    assert times.idle_at_start == pytest.approx(2.0)
    assert times.idle_in_maps == pytest.approx(2.0)
    assert times.idle_in_reduces == pytest.approx(3.0)
    assert times.idle_at_end == pytest.approx(2.0)
    assert times.total == pytest.approx(18.0)


durations = st.floats(0.01, 5, allow_nan=False)


@given(st.lists(st.tuples(durations, durations, durations, st.booleans()), max_size=8))
def test_the_parts_are_the_whole(tasks: list[tuple[float, float, float, bool]]) -> None:
    log, at = Log(HERE), 0.5
    for number, (took, cpu, own, well) in enumerate(tasks):
        result = "succeeded" if well else "program failed"
        fields: dict[str, Any] = {"program_cpu": cpu, "own_cpu": own, "program_seconds": took / 2}
        log.run(f"map-{number}", at, at + took, result=result, **fields)
        at += took
    times = slot_time(log.done(at + 0.25))
    assert times.total == pytest.approx(at + 0.25)
    assert min(times.programs, times.ours, times.waiting, times.redone, times.idle) >= -1e-9


def test_a_worker_that_tells_nothing() -> None:
    times = slot_time(Log(HERE).run("map-0", 0, 2, seconds=0.0, program_seconds=0.0).done(2))
    assert times.waiting == pytest.approx(2.0)


def test_slots_of_a_lost_worker_end_with_it() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 10).run("map-1", 0, 4, THERE, result="worker lost")
    log.events.append(ev.WorkerLost(4, THERE))
    times = slot_time(log.run("map-1", 10, 12, number=1).done(12))
    assert times.total == pytest.approx(16.0)
    assert times.redone == pytest.approx(4.0)


def sentence(log: Log, at: float) -> str:
    """The last sentence of the verdict."""
    return verdict_of(log.done(at)).sentences[-1]


def busy(seconds: float) -> dict[str, Any]:
    return {"program_cpu": seconds}


def test_a_job_of_programs_alone() -> None:
    log = Log(HERE).run("map-0", 0, 4, **busy(4.0))
    verdict = verdict_of(log.done(4))
    assert verdict.sentences == (
        "The job took 4.00 s on 1 slot; its tasks need at least 4.00 s, because there is so much"
        " to do.",
        "The slots were used so: 100 % your programs.",
        "Nothing else is worth a change: the programs are the limit.",
    )
    assert verdict.bounds.least == 4.0


def test_a_key_with_most_of_the_bytes() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 1, **busy(1)).run("map-1", 0, 1, THERE, **busy(1))
    top = (ev.TopKey("the", 90, 900),)
    log.run("reduce-0", 1, 9, input_bytes=950, top_keys=top, **busy(8))
    log.run("reduce-1", 1, 2, THERE, input_bytes=50, **busy(1))
    assert sentence(log, 9) == (
        "The largest loss, 39 %: the others waited for partition 0, which has 95 % of the bytes,"
        " the key `the` alone 90 %; a combiner (--combinerPath) leaves less of it, where the"
        " reducer allows one."
    )


def test_a_large_partition_of_many_keys() -> None:
    log = Log(HERE, THERE)
    log.run("reduce-0", 1, 9, input_bytes=950, **busy(8))
    log.run("reduce-1", 1, 2, THERE, input_bytes=50, **busy(1))
    assert "partition 0, which has 95 % of the bytes; --numReducers=4 spreads" in sentence(log, 9)


def test_fewer_reducers_than_slots_in_hadoops_words() -> None:
    log = Log(HERE, THERE, command=("hadoop", "jar"))
    log.run("map-0", 0, 1, **busy(1)).run("map-1", 0, 1, THERE, **busy(1))
    log.run("reduce-0", 1, 9, **busy(8))
    assert "1 reduce task for 2 slots; -D mapreduce.job.reduces=2 uses all" in sentence(log, 9)


def test_fewer_maps_than_slots() -> None:
    log = Log(HERE, THERE, input_bytes=64_000_000).run("map-0", 0, 9, **busy(9))
    assert "1 map task for 2 slots; --splitSize=32MB makes more of them" in sentence(log, 9)


def test_one_long_map() -> None:
    log = Log(HERE, THERE, input_bytes=80_000_000)
    for number in range(3):
        log.run(f"map-{number}", number, number + 1, **busy(1))
    log.run("map-3", 0, 9, THERE, input="big.in", bytes=70_000_000, **busy(9))
    assert sentence(log, 9) == (
        "The largest loss, 33 %: slots were free while map 3, which reads 70 MB of big.in took"
        " 9.00 s; the median is 1.00 s; --splitSize=10MB cuts it into more tasks."
    )


def test_attempts_that_did_not_count() -> None:
    log = (
        Log(HERE)
        .run("map-0", 0, 5, result="program failed")
        .run("map-0", 5, 10, number=1, **busy(5))
    )
    assert "attempts that did not count (1 x program failed)" in sentence(log, 10)


def test_programs_that_wait() -> None:
    assert "--slots=2 runs more of them" in sentence(Log(HERE).run("map-0", 0, 9), 9)


def test_many_tiny_maps() -> None:
    log = Log(HERE)
    for number in range(100):
        at = number / 100
        log.run(f"map-{number}", at, at + 0.01, program_seconds=0.002, **busy(0.002))
    assert "--combineSmallFiles=64MB reads many files in one task" in sentence(log, 1)


def test_a_job_that_runs_and_one_that_has_not_begun() -> None:
    assert "The job has run for 0.00 s on 1 slot." in verdict_of(Log(HERE).course()).sentences
    assert verdict_of(Log().course()).sentences[1] == "No slot was there yet."
