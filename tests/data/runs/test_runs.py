"""Sorted runs."""

from __future__ import annotations

import pytest

from hadoopless.data.machine.buffers import Buffer, new_buffer
from hadoopless.data.runs.runs import MemoryRun, sum_if_counted
from hadoopless.job import Sum


@pytest.mark.parametrize(
    ("lengths", "sums", "expected"),
    [
        ([], [], None),
        ([4, 8], [Sum(1, 4), Sum(2, 8)], None),
        ([4, 5], [Sum(1, 4), Sum(2, 8)], Sum(3, 12)),
    ],
)
def test_the_sum_of_runs_with_counts(
    lengths: list[int], sums: list[Sum], expected: Sum | None
) -> None:
    buffer: Buffer = new_buffer(8)
    runs = [MemoryRun(buffer, 0, *pair) for pair in zip(lengths, sums, strict=True)]
    assert sum_if_counted(runs) == expected
