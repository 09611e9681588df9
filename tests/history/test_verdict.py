"""The verdict on a job: slot-seconds, bounds, losses, sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.history import events as ev
from hadoopless.history.course import Course
from hadoopless.history.options import Options
from hadoopless.history.replay import Change, predicted
from hadoopless.history.slot_time import slot_time
from hadoopless.history.verdict import verdict_of
from hadoopless.history.words import percents
from hadoopless.page import numbers
from hadoopless.sizes import parse_size, show_size
from tests.history.logs import HERE, THERE, Log, began
from tests.page.made_logs import made_events


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
        "The largest loss, 39 %: slots were free while partition 0 was reduced, which has 95 % of"
        " the bytes, the key `the` alone 90 %; a combiner (--combinerPath) leaves less of it, where"
        " the reducer allows one."
    )


def test_a_key_of_a_worker_that_tells_no_sizes() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 1, **busy(1)).run("map-1", 0, 1, THERE, **busy(1))
    log.run("reduce-0", 1, 9, top_keys=(ev.TopKey("the", 90, 900),), **busy(8))
    log.run("reduce-1", 1, 2, THERE, **busy(1))
    assert "slots were free while partition 0 was reduced; a combiner" in sentence(log, 9)


def test_a_large_partition_of_many_keys() -> None:
    log = Log(HERE, THERE)
    log.run("reduce-0", 1, 9, input_bytes=950, **busy(8))
    log.run("reduce-1", 1, 2, THERE, input_bytes=50, **busy(1))
    assert (
        "partition 0 was reduced, which has 95 % of the bytes; --numReducers=4 spreads its keys"
        in sentence(log, 9)
    )


def test_fewer_reducers_than_slots_in_hadoops_words() -> None:
    log = Log(HERE, THERE, command=("hadoop", "jar"))
    log.run("map-0", 0, 1, **busy(1)).run("map-1", 0, 1, THERE, **busy(1))
    log.run("reduce-0", 1, 9, **busy(8))
    assert "1 reduce task for 2 slots; -D mapreduce.job.reduces=2 uses all" in sentence(log, 9)


def test_fewer_maps_than_slots() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 9, bytes=64 << 20, **busy(9))
    assert "1 map task for 2 slots; --splitSize=32MB makes more and shorter" in sentence(log, 9)


@pytest.mark.parametrize(
    ("path", "size", "advice"),
    [
        ("a.in", 1 << 20, "; --splitSize=512KB makes more and shorter ones."),
        ("a.in", 5000, "."),
        ("a.gz [bytes 1-2].in", 1 << 20, "; --splitSize=512KB makes more and shorter ones."),
        ("a.gz", 9 << 20, "; a compressed file is one map task, several smaller ones are several."),
    ],
)
def test_the_one_map_may_be_small_or_packed(path: str, size: int, advice: str) -> None:
    log = Log(HERE, THERE).run("map-0", 0, 9, input=path, bytes=size, **busy(9))
    assert sentence(log, 9).endswith("1 map task for 2 slots" + advice)


def test_small_files_that_share_tasks_already() -> None:
    log = Log(HERE, THERE, settings={"combineSmallFiles": "67108864"})
    log.run("map-0", 0, 9, bytes=8 << 20, **busy(9))
    assert "--combineSmallFiles=4MB makes more" in sentence(log, 9)


def test_one_long_map() -> None:
    log = Log(HERE, THERE)
    for number in range(3):
        log.run(f"map-{number}", number, number + 1, bytes=1 << 20, **busy(1))
    log.run("map-3", 0, 9, THERE, input="big.in", bytes=70 << 20, **busy(9))
    assert sentence(log, 9) == (
        "The largest loss, 33 %: slots were free while map 3, which reads 70.0 MB of big.in, took"
        " 9.00 s; the median is 1.00 s; --splitSize=9MB makes more and shorter ones."
    )


def test_attempts_that_did_not_count() -> None:
    log = (
        Log(HERE)
        .run("map-0", 0, 5, result="program failed")
        .run("map-0", 5, 10, number=1, **busy(5))
    )
    assert "attempts that did not count (1 x program failed)" in sentence(log, 10)


def waiting(tasks: int, worker: str = HERE, slots: int = 1, **job: Any) -> Log:
    """A job whose *tasks* map tasks, one after the other in each slot, fill nine seconds."""
    log = Log(worker, slots=slots, **job)
    took = 9 * slots / tasks
    for number in range(tasks):
        at = took * (number // slots)
        log.run(f"map-{number}", at, at + took, worker, slot=number % slots)
    return log


def test_programs_that_wait() -> None:
    assert sentence(waiting(2), 9) == (
        "The largest loss, 100 %: programs that waited for a disk, a busy processor or something"
        " outside; for the last, --slots=2 runs more of them at a time."
    )
    assert "--slots=4 runs more" in sentence(waiting(4, slots=2), 9)
    assert "more workers run more" in sentence(waiting(2, mode="pull"), 9)


def test_no_more_slots_where_no_task_waits_for_one() -> None:
    assert sentence(waiting(1), 9).endswith("a disk, a busy processor or something outside.")
    course = waiting(2, slots=2).done(9, machine_cpu=2.0)
    assert verdict_of(course).sentences[-1].endswith("waited for a disk or something outside.")


@pytest.mark.parametrize(
    ("machine_cpu", "slots", "told"),
    [
        (4.0, 1, "waited for a disk or something outside."),
        (14.0, 1, "waited for a disk, a busy processor or something outside"),
        (
            18.0,
            1,
            "probably for the processors: these worked 83 % of their time for other processes; the",
        ),
        (18.0, 8, "for the processors: 8 slots shared 2 processors; more slots do not help"),
    ],
)
def test_processors_tell_what_programs_wait_for(machine_cpu: float, slots: int, told: str) -> None:
    log = Log(HERE, slots=slots)
    for slot in range(slots):
        log.run(f"map-{slot}", 0, 9, slot=slot, program_cpu=3.0 if slots == 1 else 2.2)
    log.done(9, machine_cpu=machine_cpu)
    assert told in verdict_of(log.course()).sentences[-1]


@pytest.mark.parametrize(
    ("listen", "told"),
    [("unix:/tmp/x", True), ("http://127.0.0.1:1", True), ("http://0.0.0.0:1", False)],
)
def test_workers_that_join_may_be_on_this_machine(listen: str, told: bool) -> None:
    log = Log("worker 0", mode="pull", settings={"listen": listen})
    log.run("map-0", 0, 9, "worker 0", program_cpu=3.0)
    course = log.done(9, machine_cpu=18.0)
    assert ("probably for the processors" in verdict_of(course).sentences[-1]) is told


def test_a_program_that_sleeps_beside_busy_ones_waits_for_something_else() -> None:
    course = waiting(2).done(9, machine_cpu=18.0)
    told = verdict_of(course).sentences[-1]
    assert "programs that waited for a disk or something outside; for the latter" in told


def test_processors_of_other_machines_tell_nothing() -> None:
    log = Log("http://far:1").run("map-0", 0, 9, "http://far:1")
    course = log.done(9, machine_cpu=18.0)
    assert "a busy processor or something outside" in verdict_of(course).sentences[-1]


def test_nothing_to_combine() -> None:
    log = Log(HERE, reduces=0).run("map-0", 0, 9, program_seconds=1.0, **busy(1))
    assert sentence(log, 9).endswith("fetching, sorting, merging and writing.")
    log = Log(HERE, combiner="wc").run("map-0", 0, 9, program_seconds=1.0, **busy(1))
    assert sentence(log, 9).endswith("fetching, sorting, merging and writing.")


def test_short_tasks_want_no_combiner() -> None:
    log = Log(HERE).run("map-0", 0, 0.1, program_seconds=0.01, **busy(0.01))
    log.run("reduce-0", 0.1, 0.15, program_seconds=0.01, **busy(0.01))
    told = sentence(log, 0.15)
    assert told.endswith("the start and the end of tasks, which are all short.")


def test_workers_that_are_ready_late() -> None:
    log = Log()
    log.events.append(ev.WorkerJoined(3, HERE, started_by_job=True))
    told = sentence(log.run("map-0", 3, 4, **busy(1)), 4)
    assert "no worker was ready for the first 3.00 s; workers that run already" in told
    log.events[0] = began(mode="pull")
    assert "no worker had joined for the first 3.00 s." in sentence(log, 4)


def test_workers_that_were_there_before() -> None:
    log = Log()
    log.events.append(ev.WorkerJoined(3, HERE))
    told = sentence(log.run("map-0", 3, 4, **busy(1)), 4)
    assert "the coordinator needed the first 3.00 s to find its workers" in told
    assert "run already" not in told


def test_one_key_is_told_also_of_two_and_of_one_reduce() -> None:
    top = (ev.TopKey("a\tb", 90, 900),)
    for partitions in (1, 2):
        log = Log(HERE, THERE, reduces=partitions)
        log.run("reduce-0", 0, 9, input_bytes=950, top_keys=top, **busy(9))
        if partitions == 2:
            log.run("reduce-1", 0, 5, THERE, input_bytes=50, **busy(5))
        told = sentence(log, 9)
        assert "the key `a\\tb` alone 9" in told
        assert "numReducers" not in told


def test_a_partitioner_puts_keys_where_it_wants() -> None:
    log = Log(HERE, THERE, reduces=2, partitioner="./mine")
    log.run("reduce-0", 0, 9, input_bytes=950, **busy(9))
    log.run("reduce-1", 0, 1, THERE, input_bytes=50, **busy(1))
    assert sentence(log, 9).endswith("which has 95 % of the bytes, as the partitioner wants it.")


def test_many_short_reduces() -> None:
    log = Log(HERE, reduces=100)
    for number in range(100):
        at = number / 100
        log.run(f"reduce-{number}", at, at + 0.009, program_seconds=0.002, **busy(0.002))
    assert "starting 100 reduce tasks of 9 ms each; --numReducers=1 makes" in sentence(log, 1)


def test_many_short_maps_of_one_file() -> None:
    log = Log(HERE, input_files=1, input_bytes=8 << 20)
    for number in range(100):
        at = number / 100
        log.run(f"map-{number}", at, at + 0.01, program_seconds=0.002, **busy(0.002))
    assert "--splitSize=2MB makes fewer of them" in sentence(log, 1)


def test_a_job_that_goes_on_has_other_tasks_than_those_that_ran() -> None:
    log = Log(HERE, THERE, resumed=True, maps=8, reduces=4)
    log.run("map-0", 0, 9, **busy(9)).run("reduce-3", 9, 18, **busy(9))
    losses = [loss.told for loss in verdict_of(log.done(18)).losses]
    assert losses == ["1 map task for 2 slots", "1 reduce task for 2 slots"]


def test_a_job_that_failed() -> None:
    failure = ev.Failed("program", "map 0 attempt 0: ended with exit code 3\nand more")
    log = Log(HERE, THERE).run("map-0", 0, 3, result="program failed", failure=failure)
    log.run("map-1", 0, 1, result="cancelled")
    verdict = verdict_of(log.done(4, "failed", failure=failure))
    assert verdict.sentences[0] == "The job failed after 4.00 s on 2 slots."
    assert verdict.sentences[2] == (
        "Map 0 attempt 0: ended with exit code 3; hadoopless logs 5f0cabcd tells more."
    )
    assert not verdict.names_loss
    assert "hadoopless logs 5f0cabcd map-0 tells more" in {loss.advice for loss in verdict.losses}
    assert "slots were free while map tasks ran" in {loss.cause for loss in verdict.losses}


def test_a_job_that_was_cancelled() -> None:
    failure = ev.Failed("cancelled", "the job was cancelled")
    verdict = verdict_of(Log(HERE).done(4, "cancelled", failure=failure))
    assert verdict.sentences[0] == "The job was cancelled after 4.00 s on 1 slot."
    assert verdict.sentences[2] == "The job was cancelled."


def test_attempts_without_an_end_are_no_programs_that_wait() -> None:
    log = Log(HERE)
    log.events.append(ev.AttemptBegan(0, "map-0", 0, HERE))
    log.events.append(ev.WorkerLoad(5, HERE))
    verdict = verdict_of(log.course())
    assert verdict.sentences == (
        "The job has run for 5.00 s on 1 slot.",
        "The slots were used so: 100 % attempts that have not ended.",
        "Nothing can be said yet of its limit.",
    )
    first = verdict_of(log.course(), runs=False).sentences[0]
    assert first == "The log ends after 5.00 s on 1 slot, but the job had not ended then."


def test_a_worker_in_the_place_of_another_counts_from_then_on() -> None:
    log = Log(HERE)
    log.events += [ev.WorkerLost(4, HERE), ev.WorkerJoined(6, THERE)]
    log.run("map-0", 0, 4, result="worker lost").run("map-0", 6, 8, THERE, number=1)
    verdict = verdict_of(log.done(8))
    assert verdict.slots == 1
    assert verdict.slot_time.total == pytest.approx(6.0)
    assert "1 x worker lost" in verdict.sentences[-1]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_shares_add_up(values: list[float]) -> None:
    shown = percents(values)
    sums = [int(one.split()[0]) for one in shown if one[0] not in "<>"]
    small = any(one[0] == "<" for one in shown)
    assert sum(sums) == (100 if sum(values) and "> 99 %" not in shown else 0)
    assert not small or "100 %" not in shown
    assert all((one == "0 %") == (not value) for one, value in zip(shown, values, strict=True))


def test_many_tiny_maps() -> None:
    log = Log(HERE)
    for number in range(100):
        at = number / 100
        log.run(f"map-{number}", at, at + 0.01, program_seconds=0.002, **busy(0.002))
    assert "--combineSmallFiles=64MB reads many files in one task" in sentence(log, 1)


def test_a_job_that_runs_and_one_that_has_not_begun() -> None:
    assert "The job has run for 0.00 s on 1 slot." in verdict_of(Log(HERE).course()).sentences
    assert verdict_of(Log().course()).sentences[1] == "No slot was there yet."


def test_a_brief_course_is_enough_for_a_verdict() -> None:
    """Also for predictions; other figures and texts are not kept."""
    events = sorted(made_events(300), key=lambda event: event.at)
    whole, brief = Course(), Course(brief=True)
    for event in events:
        whole.take(event)
        brief.take(event)
    assert verdict_of(brief) == verdict_of(whole)
    for change in (Change(workers=9), Change(reducers=3), Change(split_size=1 << 20)):
        assert predicted(brief, change) == predicted(whole, change)
    assert any(one.ended.output_records for one in whole.attempts if one.ended)
    assert not any(one.ended.output_records for one in brief.attempts if one.ended)


@pytest.mark.parametrize("size", [1, 1023, 5000, 64 << 10, 33_600_000, 3 << 30, 10**12])
def test_a_split_size_that_is_told_can_be_typed(size: int) -> None:
    """A unit is 1,024 times the smaller one wherever sizes are told, as where they are read."""
    option, _, value = Options().split_size(size).partition("=")
    assert option == "--splitSize"
    assert parse_size(value, option) == pytest.approx(size, abs=max(1 << 10, size / 2))
    hadoop = Options(is_hadoop=True).split_size(size).rpartition("=")[2]
    assert int(hadoop) == parse_size(value, option)
    for told in (show_size(size), numbers.size(size)):
        assert parse_size(told, option) == pytest.approx(size, rel=0.06)
