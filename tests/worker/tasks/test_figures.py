"""The figures that a task reports are those of what it has done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.data.program.spawner import own_memory
from hadoopless.data.runs.runs import Run
from hadoopless.job import KeySum, Sum, TaskReport
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.worker.services import Services
from tests.data.samples import folded, memory_run, sum_of
from tests.data.shuffle.peers import segments, serving
from tests.worker.tasks.runs import FRAMED, fetch_ahead, run_map, run_reduce

pytestmark = pytest.mark.cluster

STREAMING = Rules()


def python(script: str) -> str:
    """The command line of a short program."""
    return f"{sys.executable} -S -c '{script}'"


def reduced(services: Services, *runs: Run, rules: Rules = PLAIN_RULES) -> TaskReport:
    """The report of a reduce task over *runs* that a peer sends."""
    Path(services.settings.root, "out").mkdir(exist_ok=True)
    with serving(segments({"A": runs})) as peer:
        return run_reduce(services, "cat", ("A",), rules, worker=peer.url)


def test_programs_of_a_map_task(services: Services) -> None:
    _, report = run_map(services, "sh -c 'cat; sleep 0.2'", PLAIN_RULES, combiner="cat")
    assert report.seconds >= report.program_seconds >= 0.2
    assert report.own_cpu > 0
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    _, report = run_map(services, python(busy), PLAIN_RULES)
    assert report.program_cpu >= 0.2
    assert 0 < report.own_cpu < report.program_cpu
    assert (report.spilled_bytes, report.fetched_bytes, report.groups) == (0, 0, 0)


def test_memory_of_a_program(services: Services) -> None:
    # More than this process has had, whose copy starts the programs.
    size = own_memory() + (64 << 20)
    _, report = run_map(services, python(f"len(bytes([1]) * {size})"), PLAIN_RULES)
    assert size <= report.program_memory < size + (64 << 20)
    _, report = run_map(services, "cat", PLAIN_RULES)
    assert report.program_memory == 0


@pytest.mark.parametrize("combiner", [None, "cat"])
def test_map_output_over_the_budget(services: Services, combiner: str | None) -> None:
    lines = python('for n in range(300000): print("%049d\\t" % n)')
    output, report = run_map(services, lines, PLAIN_RULES, combiner=combiner)
    assert output is not None
    size = sum(output.partition_bytes)
    assert size == 300_000 * 51
    # The part that a budget of 8 MB does not hold is written; that of the combiner, too.
    assert size - (8 << 20) <= report.spilled_bytes <= (1 if combiner is None else 2) * size


@pytest.mark.parametrize("rules", [PLAIN_RULES, STREAMING], ids=["plain", "streaming"])
def test_fetched_bytes(services: Services, rules: Rules) -> None:
    records = [b"a\t1\n", *[b"b\t1\n"] * 1000]
    stored = folded(records)
    report = reduced(services, replace(memory_run([stored]), sum=sum_of(records)), rules=rules)
    assert report.fetched_bytes == len(stored)
    assert report.input_bytes == 4 * 1001
    assert report.fetch_seconds > 0
    assert report.groups == 2
    assert report.top_keys == (KeySum(b"b", 1000, 4000), KeySum(b"a", 1, 4))


def test_bytes_that_were_fetched_ahead_count_once(services: Services) -> None:
    Path(services.settings.root, "out").mkdir()
    runs: list[Run] = [memory_run([b"a\t1\n"]), memory_run([b"b\t2\n"])]
    with serving(segments({"A": runs[:1], "B": runs[1:]})) as peer:
        fetch_ahead(services, peer, "A", runs[0].sum)
        report = run_reduce(services, "cat", ("A", "B"), PLAIN_RULES, worker=peer.url)
    assert len(peer.asked) == 2
    assert (report.fetched_bytes, report.input_records) == (8, 2)


def test_fetched_bytes_that_do_not_fit_the_memory(services: Services) -> None:
    assert services.fetch_budget.take(services.fetch_budget.limit)
    runs = [memory_run([b"%d\t\n" % number]) for number in range(9)]
    report = reduced(services, *runs)
    assert (report.fetched_bytes, report.spilled_bytes) == (27, 27)
    # More files than there are windows are merged once more before.
    runs = [memory_run([b"%03d\t\n" % number]) for number in range(40)]
    assert reduced(services, *runs).spilled_bytes == 2 * 40 * 5


def test_groups_of_frames(services: Services) -> None:
    output, _ = run_map(services, r"sed 's/^.*[02468]\t/7\t/'", FRAMED, reducers=1)
    assert output is not None
    report = run_reduce(services, "cat", (output.map_task_id,), FRAMED)
    assert report.input_records == 5000
    assert report.groups == 2500
    assert (report.top_keys[0].key, report.top_keys[0].records) == (b"7", 2501)
    assert len(report.top_keys) == 20


def test_a_reducer_that_stops_reading_tells_no_keys(services: Services) -> None:
    output, _ = run_map(services, python('for n in range(300000): print(n, "x" * 40)'), PLAIN_RULES)
    assert output is not None
    report = run_reduce(services, "head -n 1", (output.map_task_id,), PLAIN_RULES)
    assert report.top_keys == ()
    assert report.groups == 0


def test_an_empty_partition(services: Services) -> None:
    output, _ = run_map(services, "true", PLAIN_RULES)
    assert output is not None
    report = run_reduce(services, "cat", (output.map_task_id,), PLAIN_RULES, expected=Sum())
    assert (report.groups, report.top_keys, report.fetched_bytes) == (0, (), 0)
