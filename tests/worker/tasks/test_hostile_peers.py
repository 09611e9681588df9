"""A reduce task whose peers send whole answers, with right checksums, of what is no map output."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.data.merge.merge import CorruptRun
from hadoopless.data.record.frames import HEADER_FIELDS
from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.errors import DiskError, FetchError, ProgramFailed
from hadoopless.job import Sum
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.worker.services import Services
from tests.data.frames import pack
from tests.data.samples import descriptor_of, memory_run
from tests.data.shuffle.peers import segments, serving
from tests.processes import until
from tests.worker.tasks.runs import FRAMED, fetch_ahead, merge_ahead, run_reduce

STREAMING = Rules()
FRAME = pack([(b"k", b"v")])
CUT = HEADER_FIELDS.pack(0, 1, 1 << 31) + b"k"

NONSENSE = {
    "no TAB": (PLAIN_RULES, b"a\nb\n", 2),
    "no newline": (PLAIN_RULES, b"a\t1\nb\t2", 2),
    "neither": (PLAIN_RULES, b"x" * 3_000_000, 1),
    "not sorted": (PLAIN_RULES, b"b\t\na\t\n", 2),
    "not sorted at all": (PLAIN_RULES, b"".join(b"%d\t\n" % n for n in range(99_999)), 99_999),
    "streaming: no TAB": (STREAMING, b"a\nb\nc\td\n", 3),
    "streaming: no newline": (STREAMING, b"a\t1\nb\t2", 2),
    "streaming: another count": (STREAMING, b"a\t1\nb\t2\n", 3),
    "frames: cut": (FRAMED, FRAME + FRAME[:-1], 2),
    "frames: long": (FRAMED, CUT, 1),
    "frames: another count": (FRAMED, FRAME * 3, 2),
    "frames: none": (FRAMED, b"\xff" * 1000, 1),
}


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_of_a_peer(what: str, others: int, in_memory: bool, services: Services) -> None:
    rules, data, records = NONSENSE[what]
    Path(services.settings.root, "out").mkdir()
    if not in_memory:
        assert services.fetch_budget.take(services.fetch_budget.limit)
    bad: Run = replace(memory_run([data]), sum=Sum(records, len(data)))
    good = memory_run([FRAME if rules is FRAMED else b"k\tv\n"])
    outputs: dict[str, list[Run]] = {"bad": [bad]} | {str(n): [good] for n in range(others)}
    with serving(segments(outputs)) as peer, pytest.raises(FetchError) as caught:
        run_reduce(services, "cat", tuple(outputs), rules, worker=peer.url)
    assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("bad",))
    assert [
        name for name in os.listdir(Path(services.settings.root, "out")) if "_" not in name
    ] == []


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_of_a_peer_that_was_merged_ahead(
    what: str, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    rules, data, records = NONSENSE[what]
    Path(services.settings.root, "out").mkdir()
    bad: Run = replace(memory_run([data]), sum=Sum(records, len(data)))
    good: Run = memory_run([FRAME if rules is FRAMED else b"k\tv\n"])
    outputs = {"good": [good], "bad": [bad]}
    size, budget = good.length + bad.length, services.fetch_budget
    fits = 4 * size <= budget.limit
    with serving(segments(outputs)) as peer, caplog.at_level("DEBUG"):
        merge_ahead(services, peer, outputs, rules)
        until(
            lambda: (
                services.fetched_ahead.merged_bytes == size
                or "merge ahead" in caplog.text
                or (not fits and budget.used == size)
            ),
            lambda: "nothing is merged",
        )
        with pytest.raises(FetchError) as caught:
            run_reduce(services, "cat", tuple(outputs), rules, worker=peer.url)
    assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("bad",))
    assert budget.used == 0


@pytest.mark.parametrize("reducer", ["cat", "head -n 1"])
def test_a_file_of_a_peer_that_has_changed(
    reducer: str, services: Services, tmp_path: Path
) -> None:
    """It is read where it lies, so that this is seen only at its end, wherever a reducer stops."""
    Path(services.settings.root, "out").mkdir()
    data = b"".join(b"%09d\t\n" % number for number in range(999_999))
    run = SpillFile(str(tmp_path)).append([data], Sum(999_999, len(data)))
    os.pwrite(descriptor_of(run), b"1", len(data) - 3)
    with serving(segments({"A": [run]})) as peer, pytest.raises(FetchError) as caught:
        run_reduce(services, reducer, ("A",), PLAIN_RULES, worker=peer.url)
    assert "not as it was written" in str(caught.value)
    assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("A",))
    assert [one for one in os.listdir(Path(services.settings.root, "out")) if "_" not in one] == []


def test_what_a_reducer_that_fails_has_left_unread_is_not_read(
    services: Services, tmp_path: Path
) -> None:
    Path(services.settings.root, "out").mkdir()
    data = b"".join(b"%09d\t\n" % number for number in range(999_999))
    run = SpillFile(str(tmp_path)).append([data], Sum(999_999, len(data)))
    os.pwrite(descriptor_of(run), b"1", len(data) - 3)
    reducer = "sh -c 'read line; exit 3'"
    with serving(segments({"A": [run]})) as peer, pytest.raises(ProgramFailed):
        run_reduce(services, reducer, ("A",), PLAIN_RULES, worker=peer.url)


@pytest.mark.parametrize("damaged", [False, True])
def test_a_reducer_that_stops_within_a_merge_of_merges(
    damaged: bool, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More files than there are windows are merged once more before, into files of their own."""
    Path(services.settings.root, "out").mkdir()
    assert services.fetch_budget.take(services.fetch_budget.limit)
    count, written = 40, SpillFile.append
    lines = [b"".join(b"%09d\t%d\n" % (n, run) for n in range(30_000)) for run in range(count)]
    runs: list[Run] = [replace(memory_run([one]), sum=Sum(30_000, len(one))) for one in lines]
    appended = 0

    def append(file: SpillFile, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        nonlocal appended
        appended += 1
        run = written(file, pieces, together)
        return replace(run, checksum=run.checksum ^ (damaged and appended > count))

    monkeypatch.setattr(SpillFile, "append", append)
    with serving(segments({"A": runs})) as peer:
        if damaged:
            with pytest.raises(CorruptRun):
                run_reduce(services, "head -n 1", ("A",), PLAIN_RULES, worker=peer.url)
        else:
            run_reduce(services, "head -n 1", ("A",), PLAIN_RULES, worker=peer.url)
            assert Path(services.settings.root, "out", "0.out").read_bytes() == b"000000000\t0\n"
    assert appended > count, "nothing was merged before"


def test_a_disk_of_a_peer_that_is_broken(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that lies there is named, and the peer, whose disk it is."""
    Path(services.settings.root, "out").mkdir()
    data = b"".join(b"%09d\t\n" % number for number in range(999_999))
    file = SpillFile(str(tmp_path))
    outputs: dict[str, list[Run]] = {
        name: [file.append([data], Sum(999_999, len(data)))] for name in "AB"
    }

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", broken)
    with serving(segments(outputs)) as peer, pytest.raises(FetchError) as caught:
        run_reduce(services, "cat", ("A", "B"), PLAIN_RULES, worker=peer.url)
    assert f"cannot read what was spilled to {tmp_path}: Input/output error" in str(caught.value)
    assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("A", "B"))


def test_a_broken_disk_of_our_own(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(services.settings.root, "out").mkdir()
    assert services.fetch_budget.take(services.fetch_budget.limit)  # so it goes to our disk

    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "preadv", broken)
    directory = services.settings.spill_directory
    words = f"cannot read what was spilled to {directory}: Input/output error"
    with (
        serving(segments({"A": [memory_run([b"a\t1\n"])]})) as peer,
        pytest.raises(DiskError, match=re.escape(words)),
    ):
        run_reduce(services, "cat", ("A",), PLAIN_RULES, worker=peer.url)


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_that_was_fetched_ahead(what: str, services: Services) -> None:
    rules, data, records = NONSENSE[what]
    Path(services.settings.root, "out").mkdir()
    bad: Run = replace(memory_run([data]), sum=Sum(records, len(data)))
    with serving(segments({"bad": [bad]})) as peer:
        fetch_ahead(services, peer, "bad", bad.sum)
        with pytest.raises(FetchError) as caught:
            run_reduce(services, "cat", ("bad",), rules, worker=peer.url)
    assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("bad",))
    assert len(peer.asked) == 1
    assert services.fetch_budget.used == 0


def test_sums_that_do_not_agree_are_the_trouble_of_who_has_sent_them(services: Services) -> None:
    Path(services.settings.root, "out").mkdir()
    run = memory_run([b"a\t1\n"])
    for expected in (Sum(2, 8), Sum(1, 5)):
        with (
            serving(segments({"A": [run]})) as peer,
            pytest.raises(FetchError, match="the sums do not agree: the maps hold") as caught,
        ):
            run_reduce(services, "cat", ("A",), PLAIN_RULES, expected=expected, worker=peer.url)
        assert (caught.value.worker, caught.value.map_task_ids) == (peer.url, ("A",))
