"""The search for the worker that has sent nonsense."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.data.record.frames import HEADER_FIELDS
from hadoopless.data.runs.runs import FileRun, Run, Unreadable
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.inquest import Expected, accuse
from hadoopless.data.shuffle.same_machine import OthersFile
from hadoopless.errors import Cancelled, FetchError
from hadoopless.job import Sum
from tests.data.frames import pack
from tests.data.samples import count_of, descriptor_of, memory_run

LINES = Expected(framed=False, in_order=True, longest=1000)
FRAMES = replace(LINES, framed=True)
GOOD = [b"a\t1\n", b"a\t0\n", b"b\t\n"]
PAIRS = pack([(b"b", b"1"), (b"a", None), (b"", b"")])


def given_by(directory: Path, *runs: Run) -> Gathered:
    gathered = Gathered(MemoryBudget(1 << 20), str(directory))
    for number, run in enumerate(runs):
        gathered.note(f"http://worker-{number}", f"map-{number}", [run])
    return gathered


def both(directory: Path, data: bytes, records: int, size: int | None = None) -> list[Run]:
    """The same run in memory and in a file; *size* are its bytes without counts."""
    size = len(data) if size is None else size
    return [
        replace(memory_run([data], 5), sum=Sum(records, size)),
        SpillFile(str(directory)).append([data], Sum(records, size)),
    ]


def test_nobody_is_accused_of_good_runs(tmp_path: Path) -> None:
    large = b"".join(b"%08d\tvalue\n" % number for number in range(200_000))
    lines = both(tmp_path, b"".join(GOOD), 3) + both(tmp_path, large, 200_000)
    accuse(given_by(tmp_path, *lines), LINES, lambda: None)
    counted = both(
        tmp_path, count_of(9000) + b"a\t1\na\t0\n" + count_of(2) + b"b\t\n", 9003, 36_010
    )
    counted += both(tmp_path, b"a\t\n" + (count_of(70) + b"b\t\n") * 60_000, 4_200_001, 12_600_003)
    accuse(given_by(tmp_path, *counted), LINES, lambda: None)
    frames = both(tmp_path, PAIRS, 3) + both(tmp_path, PAIRS * 50_000, 150_000)
    accuse(given_by(tmp_path, *frames), FRAMES, lambda: None)
    unsorted = both(tmp_path, b"b\t\na\t\n", 2)
    accuse(given_by(tmp_path, *unsorted), replace(LINES, in_order=False), lambda: None)


def test_who_has_a_file_that_is_read_there_answers_for_it(tmp_path: Path) -> None:
    mine: FileRun = SpillFile(str(tmp_path)).append([b"a\t1\n"], Sum(1, 4))
    there = OthersFile(os.dup(descriptor_of(mine)), "there")
    for run in (mine, replace(mine, file=there)):
        accuse(given_by(tmp_path, run), LINES, lambda: None)
    os.pwrite(descriptor_of(mine), b"X", 0)
    accuse(given_by(tmp_path, mine), LINES, lambda: None)
    for run in (replace(mine, file=there), replace(mine, file=there, length=9)):
        with pytest.raises(FetchError, match="not as it was written") as caught:
            accuse(given_by(tmp_path, run), LINES, lambda: None)
        assert (caught.value.worker, caught.value.map_task_ids) == ("http://worker-0", ("map-0",))


class Failing:
    """A file that can be read once, and no more."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = len(data)

    def read(self, target: memoryview, at: int) -> int:
        if not self._left:
            raise Unreadable("cannot read what was spilled to /here: Input/output error")
        count = min(len(target), self._left)
        target[:count] = self._data[at : at + count]
        self._left -= count
        return count


def test_nobody_is_accused_while_our_disk_fails(tmp_path: Path) -> None:
    run: FileRun = SpillFile(str(tmp_path)).append([b"a\t1\n"], Sum(1, 4))
    failing = replace(run, file=Failing(b"a\t1\n"))
    for _ in range(2):  # between two looks at it, and from the first one on
        accuse(given_by(tmp_path, failing), LINES, lambda: None)


NONSENSE = {
    "no TAB": (b"a\t1\nb\nc\t1\n", 3, LINES, "without a TAB"),
    "no newline": (b"a\t1\nb\t2", 2, LINES, "does not end"),
    "no end": (b"a\t" + b"x" * 2_000_000, 1, LINES, "more than 1,000 bytes"),
    "not sorted": (b"a\t\nc\t\nb\t\n", 3, LINES, "not in order"),
    "another count": (b"a\t\nb\t\n", 3, LINES, "3 records, .* and sends 2"),
    "another count of counted records": (
        b"a\t\n\n\x42b\t\n",
        2,
        LINES,
        "2 records, .* and sends 3",
    ),
    "other bytes": (b"a\t\n\n\x42b\t\n", 3, LINES, "3 records, 8 bytes and sends 3 records, 9 "),
    "a count of none": (b"\n\x40a\t\nb\t\n", 1, LINES, "a count of 0 record"),
    "a count of one": (b"\n\x41a\t\n", 1, LINES, "a count of 1 record"),
    "a count without a record": (b"a\t\n\n", 1, LINES, "does not end"),
    "a count without digits": (b"a\t\n\n0b\t\n", 2, LINES, "a count of records that is none"),
    "a count without end": (b"\n" + b"\xff" * 9 + b"\x41\t\n", 2, LINES, "that is none"),
    "no TAB behind a count": (b"\n\x42b\n", 2, LINES, "without a TAB"),
    "a cut frame": (PAIRS[:-1], 3, FRAMES, "does not end"),
    "a long frame": (HEADER_FIELDS.pack(1 << 31, 1, 1), 1, FRAMES, "a record of 2,147,"),
    "another count of frames": (PAIRS, 2, FRAMES, "2 records, .* and sends 3"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_who_sends_nonsense_is_named(what: str, tmp_path: Path) -> None:
    data, records, form, words = NONSENSE[what]
    good = memory_run([PAIRS])
    good = replace(good, sum=Sum(3, len(PAIRS))) if form.framed else memory_run(GOOD)
    for bad in both(tmp_path, data, records):
        with pytest.raises(FetchError, match=f"it sends nonsense: .*{words}") as caught:
            accuse(given_by(tmp_path, good, bad), form, lambda: None)
        assert (caught.value.worker, caught.value.map_task_ids) == ("http://worker-1", ("map-1",))


def test_nobody_is_accused_of_what_our_disk_has_changed(tmp_path: Path) -> None:
    run = both(tmp_path, b"".join(GOOD), 3)[1]
    assert isinstance(run, FileRun)
    os.pwrite(descriptor_of(run), b"z", 0)
    accuse(given_by(tmp_path, run), LINES, lambda: None)
    os.truncate(descriptor_of(run), 2)
    accuse(given_by(tmp_path, run), LINES, lambda: None)


def test_the_search_can_be_cancelled(tmp_path: Path) -> None:
    def check() -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        accuse(given_by(tmp_path, memory_run(GOOD)), LINES, check)
