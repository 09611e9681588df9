"""The directory of event logs."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from pathlib import Path

import pytest

from hadoopless.errors import InputError, UsageError
from hadoopless.history import store
from tests.disks import mounted
from tests.processes import forked_child

NOW = 1_700_000_000.0


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that the user has named."""
    directory = tmp_path / "jobs"
    monkeypatch.setenv(store.ENVIRONMENT, str(directory))
    return directory


def new(job: str, now: float = NOW, text: bytes = b"") -> store.LogFile:
    log = store.new_log(job, now)
    assert log is not None
    log.append(text)
    return log


def test_a_log_is_for_its_user_alone(kept: Path) -> None:
    before = os.umask(0)
    try:
        log = new("abc", text=b"one\n")
    finally:
        os.umask(before)
    log.append(b"two\n")
    log.close()
    assert kept.stat().st_mode & 0o777 == 0o700
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert log.path.read_bytes() == b"one\ntwo\n"


def test_the_user_may_want_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, store.OFF)
    assert store.new_log("abc", NOW) is None
    assert store.entries() == []
    with pytest.raises(InputError, match="no history is kept"):
        store.find("last")


def test_a_directory_of_all_is_not_used(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    kept.mkdir()
    kept.chmod(0o777)
    with caplog.at_level(logging.WARNING):
        assert store.new_log("abc", NOW) is None
    assert "not a directory that only you can write" in caplog.text
    assert store.entries() == []


def test_a_link_is_not_used(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    kept.symlink_to(tmp_path / "elsewhere")
    assert store.new_log("abc", NOW) is None


def test_without_a_home_it_is_below_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(store.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/proc/nothing")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    log = new("abc")
    assert log.path.parent == tmp_path / f"hadoopless-{os.getuid()}" / "jobs"
    log.close()
    assert [entry.job for entry in store.entries()] == ["abc"]


def test_a_log_that_is_written_is_known(kept: Path) -> None:
    log = new("abc")
    assert store.runs(log.path)
    log.close()
    assert not store.runs(log.path)
    assert not store.runs(kept / "gone")


def test_a_log_has_its_lock_as_soon_as_it_is_there(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader that looks for a moment before the writer locks its log takes no lock from it."""
    lock = fcntl.flock
    seen: list[str] = []

    def flock(descriptor: int, how: int) -> None:
        if how & fcntl.LOCK_EX:
            seen.extend(entry.job for entry in store.entries())
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    log = new("abc")
    assert seen == []
    assert [entry.job for entry in store.entries()] == ["abc"]
    assert store.runs(log.path)
    log.close()
    assert os.listdir(kept) == [log.path.name]


def test_a_log_that_was_never_locked_is_removed(kept: Path) -> None:
    """Its coordinator was killed when it began."""
    new("abc").close()
    left = kept / ".1-killed.jsonl.unlocked"
    left.touch()
    new("abd", time.time()).close()
    assert left.exists()
    os.utime(left, (0, 0))
    new("abe", time.time()).close()
    assert not left.exists()


def test_a_forked_child_does_not_hold_the_lock(kept: Path) -> None:
    """As one of multiprocessing, which may outlive a coordinator that is killed."""
    log = new("abc")
    with forked_child():
        assert store.runs(log.path)
        log.append(b"x\n")
        log.close()
        assert not store.runs(log.path)
    assert log.path.read_bytes() == b"x\n"


def test_a_full_disk_ends_the_log_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=64k", "tmpfs") as disk:
        monkeypatch.setenv(store.ENVIRONMENT, str(disk / "jobs"))
        log = new("abc")
        for _ in range(5):
            log.append(b"x" * 30_000)
        assert store.runs(log.path)  # the job itself goes on
        log.close()
    assert caplog.text.count("the history of this job is not complete") == 1
    assert "No space left" in caplog.text


def test_old_logs_are_removed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_LOGS", 3)
    running = new("first", NOW)
    for number in range(5):
        new(f"job{number}", NOW + 1 + number).close()
    # The newest three, and the one that runs.
    assert [entry.job for entry in store.entries()] == ["job4", "job3", "job2", "first"]
    running.close()
    new("late", NOW + store.LONGEST_AGE + 3.5).close()
    assert [entry.job for entry in store.entries()] == ["late", "job4", "job3"]


def test_large_logs_are_removed(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_BYTES", 2500)
    for number in range(4):
        new(f"job{number}", NOW + number, b"x" * 1000).close()
    assert [entry.job for entry in store.entries()] == ["job3", "job2", "job1"]


def test_things_that_are_no_logs_do_not_keep_old_logs(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_LOGS", 1)
    new("old").close()
    (kept / "9000000000001-link.jsonl").symlink_to(kept / "gone")
    (kept / "9000000000002-directory.jsonl").mkdir()
    new("late", NOW + 1).close()
    assert "old" not in [entry.job for entry in store.entries()]
    assert (kept / "9000000000002-directory.jsonl").is_dir()


def test_files_of_others_stay(kept: Path) -> None:
    new("abc").close()
    (kept / "notes.txt").write_text("mine")
    (kept / "x-y.jsonl").write_text("mine")
    assert [entry.job for entry in store.entries()] == ["abc"]


def test_find(kept: Path) -> None:
    for number, job in enumerate(("abcd", "abxy", "ab")):
        new(job, NOW + number).close()
    assert store.find("last").job == "ab"
    assert store.find("abx").job == "abxy"
    assert store.find("ab").job == "ab"
    path = str(store.find("abc").path)
    assert str(store.find(path).path) == path
    with pytest.raises(UsageError, match="3 jobs begin with a: write more"):
        store.find("a")
    with pytest.raises(UsageError, match="JOB is empty"):
        store.find("")
    with pytest.raises(InputError, match=r"no job zzz is in the history; hadoopless history"):
        store.find("zzz")
    with pytest.raises(InputError, match=r"there is no event log /gone\.jsonl"):
        store.find("/gone.jsonl")


def test_two_jobs_of_one_moment(kept: Path) -> None:
    """A job that is resumed at once has the same id."""
    new("abc", NOW).close()
    new("abc", NOW + 0.001).close()
    assert len(store.entries()) == 2
    assert store.find("ab") == store.entries()[0]


def test_a_whole_id_names_that_job_and_no_newer_one_that_begins_so(kept: Path) -> None:
    new("ab", NOW).close()
    new("abc", NOW + 1).close()
    assert store.find("ab").job == "ab"
