"""A map task lets the next program begin when its own has ended, before its output is sorted."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import ProgramFailed
from hadoopless.job import MapOutput
from hadoopless.rules import PLAIN_RULES, Partitioner, PartitionRules, Rules
from hadoopless.wire.messages.tasks import MapRequest
from hadoopless.worker.handlers import TaskRunner
from hadoopless.worker.services import Services
from hadoopless.worker.tasks import map_task
from hadoopless.worker.tasks.map_task import run_map_task
from tests.processes import until
from tests.worker.tasks.runs import FRAMED, map_request

pytestmark = pytest.mark.cluster

RULES = pytest.mark.parametrize("rules", [PLAIN_RULES, FRAMED])


def before_each_block(monkeypatch: pytest.MonkeyPatch, wait: Callable[[], object]) -> None:
    """Let map tasks *wait* before the first block of each is sorted.

    The output of the mappers here is less than a block: it has been read to its end by then.
    """

    def sorted_later(*args: Any, **more: Any) -> Iterator[SortedBlock]:
        for block in sorted_blocks(*args, **more):
            wait()
            yield block

    monkeypatch.setattr(map_task, "sorted_blocks", sorted_later)


def run(services: Services, request: MapRequest, programs_over: Callable[[], None]) -> MapOutput:
    root = Root(services.settings.root)
    output, _ = run_map_task(request, root, services, Cancellation(), programs_over=programs_over)
    assert output is not None
    return output


@RULES
def test_the_next_program_runs_while_the_output_of_the_last_one_is_sorted(
    services: Services, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first task would wait for ever if the second one had to wait for its end."""
    runs = Path(services.settings.root) / "second-runs"
    before_each_block(monkeypatch, lambda: until(runs.exists, lambda: "nothing runs"))
    first = map_request(services, "cat", rules)
    second = replace(first, mapper=f"sh -c ': > {runs}; cat'")
    context = replace(first.context, attempt="map-1-0", most_programs=1)
    second = replace(second, context=context)

    async def both() -> tuple[MapOutput, MapOutput]:
        runner, loop, begun = TaskRunner(), asyncio.get_running_loop(), asyncio.Event()

        def work(_: Cancellation, programs_over: Callable[[], None]) -> MapOutput:
            loop.call_soon_threadsafe(begun.set)
            return run(services, first, programs_over)

        one = asyncio.ensure_future(runner.run(first.context, Cancellation(), work))
        await begun.wait()
        two = runner.run(
            context, Cancellation(), lambda _, programs_over: run(services, second, programs_over)
        )
        return await asyncio.gather(one, two)

    outputs = asyncio.run(both())
    assert [output.records for output in outputs] == [5000, 5000]


@RULES
def test_a_program_that_has_closed_its_stdout_may_still_run(
    services: Services, rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo = os.path.join(services.settings.root, "fifo")
    os.mkfifo(fifo)
    over = threading.Event()

    def let_it_end() -> None:
        assert not over.is_set()
        with open(fifo, "w"):
            pass
        assert over.wait(60)

    before_each_block(monkeypatch, let_it_end)
    request = map_request(services, f"sh -c 'cat; exec >&-; read line < {fifo}; exit 0'", rules)
    assert run(services, request, over.set).records == 5000


def test_a_program_that_fails_is_over_as_well(services: Services) -> None:
    over = threading.Event()
    with pytest.raises(ProgramFailed):
        run(services, map_request(services, "sh -c 'cat; exit 3'"), over.set)
    assert over.is_set()


BY_COMMAND = replace(
    FRAMED,
    partition=PartitionRules(
        Partitioner.COMMAND, command="sh -c 'while read key; do echo 0; done'"
    ),
)


@pytest.mark.parametrize(
    ("rules", "more"),
    [
        (PLAIN_RULES, {"combiner": "cat"}),
        (PLAIN_RULES, {"skipped_file": "skipped"}),
        (BY_COMMAND, {}),
    ],
)
def test_a_task_that_may_run_more_programs_does_not_say_that_all_are_over(
    services: Services, rules: Rules, more: dict[str, str]
) -> None:
    request = replace(map_request(services, "cat", rules), **more)
    told: list[None] = []
    assert run(services, request, lambda: told.append(None)).records == 5000
    assert told == []
