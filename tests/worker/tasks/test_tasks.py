"""Tasks within this process: what they leave behind, however they end."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.process import SpawnerGone
from hadoopless.data.runs.runs import FileRun
from hadoopless.data.runs.spill import SpillFile
from hadoopless.errors import (
    Cancelled,
    DiskError,
    MapReduceError,
    ProgramFailed,
    ProgramTimedOut,
    UsageError,
    WorkerError,
)
from hadoopless.job import Sum
from hadoopless.rules import (
    PLAIN_RULES,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)
from hadoopless.worker.services import Services
from tests.processes import until
from tests.worker.tasks.runs import FRAMED, run_map, run_reduce

pytestmark = pytest.mark.cluster


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def nothing_is_open_but(before: int) -> None:
    """A thread that feeds a program may end a little later than its task."""
    until(lambda: descriptors() <= before, descriptors)


def left_by_tasks(services: Services) -> list[str]:
    base = services.task_directory.path
    return os.listdir(base) if os.path.exists(base) else []


def sh(script: str) -> str:
    return f"sh -c '{script}'"


FAILURES: list[tuple[str, Rules, type[MapReduceError]]] = [
    (sh("exit 3"), FRAMED, ProgramFailed),
    (sh("head -c 9999; exit 3"), FRAMED, ProgramFailed),
    ("/no/such/program", FRAMED, ProgramFailed),
    (sh("cat; printf %s \\\\0\\\\0"), Rules(map_output=PairFormat(Pipe.PAIRS)), ProgramFailed),
    ("cat", Rules(partition=PartitionRules(Partitioner.COMMAND, command="false")), ProgramFailed),
    ("sleep 60", Rules(idle_timeout=0.05), ProgramTimedOut),
    ("cat", Rules(map_only=True, links=(("a", "/x"), ("a/b", "/y"))), DiskError),
]


@pytest.mark.parametrize(("mapper", "rules", "error"), FAILURES)
def test_failures_leave_nothing(
    services: Services, mapper: str, rules: Rules, error: type[MapReduceError]
) -> None:
    run_map(services, "cat")
    services.store.release_job("job")
    before, threads = descriptors(), threading.active_count()
    for _ in range(2):
        with pytest.raises(error):
            run_map(services, mapper, rules)
    assert left_by_tasks(services) == []
    assert len(services.store) == 0
    assert services.store.memory_used == 0
    nothing_is_open_but(before)
    # One watches for idle programs.
    until(lambda: threading.active_count() <= threads + 1, threading.enumerate)
    assert os.listdir(Path(services.settings.root, "out")) in ([], ["_temporary"])


def test_reducers_without_end(services: Services) -> None:
    services.task_directory.make()
    before = descriptors()
    for rules in (FRAMED, Rules(plain=True)):
        with pytest.raises(UsageError, match="numReducers may be at most 1,000,000"):
            run_map(services, "cat", rules, reducers=10**15)
    assert len(services.store) == 0
    nothing_is_open_but(before)


def test_no_room_for_what_failed(services: Services) -> None:
    # The user is told of the failed program all the same.
    os.rmdir(services.settings.spill_directory)
    with pytest.raises(ProgramFailed, match="exit code 3") as caught:
        run_map(services, sh("exit 3"), Rules(plain=True, keep_failed=True))
    assert caught.value.failure.replay == ""


def test_a_cancel_leaves_nothing(services: Services) -> None:
    cancellation = Cancellation()
    services.task_directory.make()
    before = descriptors()
    fifo = Path(services.settings.root, "fifo")
    os.mkfifo(fifo)

    def cancel() -> None:
        fifo.read_bytes()  # once the mapper is there
        cancellation.cancel(Cancelled("enough"))

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Cancelled, match="enough"):
        run_map(services, sh(f"cat; echo > {fifo}; sleep 60"), cancellation=cancellation)
    thread.join()
    assert left_by_tasks(services) == []
    assert len(services.store) == 0
    nothing_is_open_but(before)


def test_failed_reduces_leave_nothing(services: Services) -> None:
    output, _ = run_map(services, "cat", reducers=1)
    assert output is not None
    before = descriptors()
    for reducer in ("false", sh("head -c 100; exit 1"), "/no/such/program"):
        with pytest.raises(ProgramFailed):
            run_reduce(services, reducer, (output.map_task_id,), FRAMED)
    assert left_by_tasks(services) == []
    assert services.fetch_budget.used == 0
    nothing_is_open_but(before)
    assert run_reduce(services, "cat", (output.map_task_id,), FRAMED).output_records == 5000


@pytest.mark.parametrize("rules", [Rules(plain=True), FRAMED], ids=["plain", "streaming"])
def test_a_reduce_that_nobody_waits_for_leaves_no_file(services: Services, rules: Rules) -> None:
    output, _ = run_map(services, "cat", rules, reducers=1)
    assert output is not None
    out = Path(services.settings.root, "out")
    with pytest.raises(Cancelled, match="nobody waits"):
        run_reduce(services, "cat", (output.map_task_id,), rules, Cancellation(lambda: True))
    assert [path for path in out.rglob("*") if path.is_file()] == []
    run_reduce(services, "cat", (output.map_task_id,), rules)
    assert len([path for path in out.rglob("*") if path.is_file()]) == 1


def test_a_map_that_nobody_waits_for_leaves_no_file(services: Services) -> None:
    rules = Rules(map_only=True)
    with pytest.raises(Cancelled, match="nobody waits"):
        run_map(services, "cat", rules, Cancellation(lambda: True))
    out = Path(services.settings.root, "out")
    assert [path for path in out.rglob("*") if path.is_file()] == []
    run_map(services, "cat", rules)
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["part-00000"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_reducer_cannot_hide_an_error_of_the_disk(
    code: int, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(code, os.strerror(code))

    rules = Rules(plain=True)
    output, _ = run_map(services, "cat", rules, reducers=1)
    assert output is not None
    monkeypatch.setattr(os, "splice", broken, raising=False)
    with pytest.raises(DiskError, match=os.strerror(code)):
        run_reduce(services, sh("cat 2>/dev/null; exit 0"), (output.map_task_id,), rules)
    assert os.listdir(Path(services.settings.root, "out")) == []


def test_a_reduce_that_fetches_something_else_than_the_maps_hold(services: Services) -> None:
    output, _ = run_map(services, "cat", PLAIN_RULES, reducers=1)
    assert output is not None
    held = Sum(output.partition_records[0], output.partition_bytes[0])
    for expected in (replace(held, records=held.records + 1), replace(held, bytes=0)):
        with pytest.raises(WorkerError, match=r"the maps hold .* for partition 0 of 1 map task"):
            run_reduce(services, "cat", (output.map_task_id,), PLAIN_RULES, expected=expected)
    assert os.listdir(Path(services.settings.root, "out")) == []
    report = run_reduce(services, "cat", (output.map_task_id,), PLAIN_RULES, expected=held)
    assert Sum(report.input_records, report.input_bytes) == held


def test_side_files_in_the_way_of_each_other(services: Services) -> None:
    out = Path(services.settings.root, "out")
    (out / "side" / "more").mkdir(parents=True)
    write = "cd ${mapreduce_task_output_dir#file:} && mkdir d && echo 1 > d/file && echo 2 > side"
    with pytest.raises(DiskError, match=r"cannot put .*/side at .*/side: Is a directory"):
        run_map(services, sh(write), Rules(map_only=True))
    assert not (out / "part-00000").exists()
    run_map(services, sh(write.replace("2 > side", "2 > d/other")), Rules(map_only=True))
    assert sorted(os.listdir(out / "d")) == ["file", "other"]


def test_no_place_for_tasks(services: Services) -> None:
    os.rmdir(services.settings.spill_directory)
    Path(services.settings.spill_directory).touch()
    with pytest.raises(DiskError, match="Not a directory; name another place"):
        run_map(services, "cat")


def test_a_killed_spawner_leaves_no_directory(services: Services) -> None:
    """It would remove it, and cannot; nor does anybody else know of it."""
    run_map(services, "cat")
    assert os.listdir(services.settings.spill_directory)
    with pytest.raises(SpawnerGone):
        services.spawner.start(["sh", "-c", "kill -9 $PPID"], "/", None, (0, 1, 2)).finish()
    services.close()
    assert os.listdir(services.settings.spill_directory) == []


def test_nobody_can_be_there_first(services: Services) -> None:
    assert services.instance not in services.task_directory.path
    run_map(services, "cat")
    assert os.stat(services.task_directory.path).st_mode & 0o777 == 0o700


def test_a_combiner_that_stops_reading_hides_no_damage_on_the_disk(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = SpillFile.append

    def damaged(file: SpillFile, pieces: Iterable[memoryview | bytes], together: Sum) -> FileRun:
        run = written(file, pieces, together)
        return replace(run, checksum=run.checksum ^ 1)

    mapper = f"seq -f %09.0f{'x' * 60} 500000"
    run_map(services, mapper, PLAIN_RULES, combiner="head -n 1")
    monkeypatch.setattr(SpillFile, "append", damaged)
    with pytest.raises(DiskError, match="was not read back as it was written"):
        run_map(services, mapper, PLAIN_RULES, combiner="head -n 1")
