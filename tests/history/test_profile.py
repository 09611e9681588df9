"""The profile of a job is the sum of those of its tasks, and stays small."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.history import profile as profile_module
from hadoopless.history import store
from hadoopless.history.profile import OTHERS, Profile, profile_of, profile_path


def written(profile: Profile, directory: Path) -> list[str]:
    profile.write(directory / "x.stacks")
    return (directory / "x.stacks").read_text().splitlines()


def test_the_sum_of_two_tasks(tmp_path: Path):
    profile = Profile()
    profile.add("mapper;main (m.py:3) 2\nmapper;main (m.py:3);f (m.py:1) 5\n", "")
    profile.add("mapper;main (m.py:3) 1\nreducer;main (r.py:1) 4\n", "")
    assert (profile.tasks, profile.samples) == (2, 12)
    assert written(profile, tmp_path) == [
        "mapper;main (m.py:3) 3",
        "mapper;main (m.py:3);f (m.py:1) 5",
        "reducer;main (r.py:1) 4",
    ]
    assert (tmp_path / "x.stacks").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line",
    ["", "mapper 3", "mapper; 3", "mapper;x 0", "mapper;x -1", "mapper;x", "other;x 3", "x 1"],
)
def test_lines_without_sense_do_not_count(line: str):
    profile = Profile()
    profile.add(line, "why")
    assert (profile.tasks, profile.samples, profile.note) == (0, 0, "why")


def test_a_hostile_frame_cannot_make_lines(tmp_path: Path):
    profile = Profile()
    profile.add("mapper;a\x1b[31m\udcff 1\nmapper;" + "y" * 9999 + " 2", "")
    first, second = written(profile, tmp_path)
    assert first == "mapper;a?[31m? 1"
    assert len(second) == 4096 + len(" 2")


def test_the_rarest_stacks_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(profile_module, "MOST_STACKS", 2)
    monkeypatch.setattr(profile_module, "MOST_AT_ONCE", 3)
    profile = Profile()
    for name, count in (("a", 9), ("b", 8), ("c", 2), ("d", 1), ("e", 1)):
        profile.add(f"mapper;{name} {count}\n", "")
    assert profile.samples == 21
    lines = written(profile, tmp_path)
    assert lines[:1] == [f"mapper;{OTHERS} 4"]
    assert set(lines[1:]) == {"mapper;a 9", "mapper;b 8"}


def test_it_goes_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path / "jobs"))
    old = store.new_log("old", 1_000_000_000.0)
    assert old is not None
    old.close()
    profile_path(old.path).write_text("mapper;x 1\n")
    assert profile_of(old.path) == str(profile_path(old.path))
    assert len(store.entries()) == 1
    new = store.new_log("new", 1_700_000_000.0)
    assert new is not None
    new.close()
    assert not old.path.exists()
    assert profile_of(old.path) == profile_of(new.path) == ""


def test_its_bytes_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path / "jobs"))
    monkeypatch.setattr(store, "MOST_BYTES", 100)
    old = store.new_log("old", 1_700_000_000.0)
    assert old is not None
    old.close()
    profile_path(old.path).write_text("x" * 101)
    new = store.new_log("new", 1_700_000_001.0)
    assert new is not None
    new.close()
    assert not old.path.exists()
