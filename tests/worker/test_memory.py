"""The memory that workers take for data when nobody names one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.worker.options import default_memory, usable_memory

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@pytest.mark.parametrize(
    ("told", "usable"),
    [
        (None, MACHINE),
        ("max\n", MACHINE),
        ("1048576\n", 1 << 20),
        (f"{1 << 62}\n", MACHINE),  # no limit, in the first version of control groups
    ],
)
def test_the_limit_of_a_container(tmp_path: Path, told: str | None, usable: int) -> None:
    limit = tmp_path / "memory.max"
    if told is not None:
        limit.write_text(told)
    assert usable_memory([str(limit)]) == usable


def test_each_worker_has_a_share_within_bounds() -> None:
    assert default_memory(1) <= 8 << 30
    assert default_memory(1_000_000) == 64 << 20
