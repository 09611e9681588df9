"""The inputs of the workloads have the shapes that they are named for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.peers import inputs


def lines_of(
    directory: Path, make: Callable[[Path, int], None], size: int = 100_000
) -> list[bytes]:
    make(directory, size)
    paths = sorted(directory.glob("*.in"))
    return [line for path in paths for line in path.read_bytes().splitlines()]


def test_visits_are_of_many_users_in_no_order(tmp_path: Path) -> None:
    rows = [line.split(b"\t") for line in lines_of(tmp_path, inputs.visits)]
    assert {len(row) for row in rows} == {3}
    assert len({row[0] for row in rows}) > 1000
    times = [int(row[1]) for row in rows]
    assert times != sorted(times)
    assert max(times) - min(times) < 7 * 86_400
    assert all(row[2].startswith(b"/page/") for row in rows)


def test_half_of_the_skewed_lines_have_the_same_key(tmp_path: Path) -> None:
    rows = [line.split(b"\t") for line in lines_of(tmp_path, inputs.skewed)]
    (key, count), second = Counter(row[0] for row in rows).most_common(2)
    assert key == b"key00000000"
    assert count / len(rows) == pytest.approx(0.5, abs=0.05)
    assert second[1] < 0.01 * len(rows)
    assert all(row[1].isdigit() for row in rows)


def test_documents_have_their_names_in_each_line(tmp_path: Path) -> None:
    rows = [line.split(b"\t") for line in lines_of(tmp_path, inputs.documents)]
    names = Counter(row[0] for row in rows)
    assert {len(row) for row in rows} == {2}
    assert max(names.values()) == 20
    assert len({name.split(b"-")[0] for name in names}) == inputs.FILES


def test_small_files_hold_whole_lines_of_one_text(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, inputs.small_files)
    assert len(list(tmp_path.iterdir())) == inputs.SMALL_FILES
    assert sum(len(line) + 1 for line in lines) == pytest.approx(100_000, abs=100)


def test_rows_fill_more_than_a_block(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, inputs.skewed, size=15_000_000)
    assert {len(line) for line in lines} == {19}
    assert len(lines) * 20 == pytest.approx(15_000_000, rel=0.001)
