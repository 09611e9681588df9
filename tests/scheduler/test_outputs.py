"""The table of map outputs: what it refuses, and what odd workers may report."""

from __future__ import annotations

import pytest

from hadoopless.job import MapOutput
from hadoopless.scheduler import ReleaseOutputs
from hadoopless.scheduler.outputs import OutputTable


def test_all_outputs_are_there_or_given_up_for_good() -> None:
    table, first = OutputTable(2, 1), MapOutput("a", "first")
    table.add(0, first, "a")
    with pytest.raises(RuntimeError, match=r"^a reduce must not start while a map output is miss"):
        table.all()
    table.abandon(1)
    assert table.all() == (first,)


def test_neighbours_are_current_outputs_of_consecutive_maps() -> None:
    table = OutputTable(9, 1)
    for index in (0, 1, 3, 5, 6, 8):
        table.add(index, MapOutput("a", str(index)), "a")
    assert list(table.neighbours()) == [("0", "1"), ("5", "6")]
    table.abandon(4)  # nothing comes between 3 and 5 any more
    assert list(table.neighbours()) == [("0", "1"), ("3", "5", "6")]
    table.add(7, MapOutput("b", "7"), "b")
    table.give_up(0)
    assert list(table.neighbours()) == [("3", "5", "6", "7", "8")]


def test_what_is_not_there_cannot_be_given_up() -> None:
    with pytest.raises(KeyError, match=r"^1$"):
        OutputTable(2, 1).give_up(1)


def test_two_workers_may_use_the_same_id() -> None:
    """Workers of other makers may count their outputs instead of drawing ids."""
    table = OutputTable(2, 1)
    for index, worker in enumerate("ab"):
        table.add(index, MapOutput(worker, "1"), worker)
    assert [table.give_up(0), table.give_up(1)] == ["a", "b"]
    assert table.release_all("ab") == [ReleaseOutputs("a", ("1",)), ReleaseOutputs("b", ("1",))]
