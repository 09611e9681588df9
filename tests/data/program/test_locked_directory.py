"""Temporary directories that outlive nobody for long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hadoopless.data.program import locked_directory, trees
from hadoopless.data.program.locked_directory import LockedDirectory
from tests.oracle import REPOSITORY

HOLDER = """
import sys
from hadoopless.data.program.locked_directory import LockedDirectory
LockedDirectory(sys.argv[1], "ours-").make()
held = LockedDirectory(sys.argv[1], "ours-")
held.make()
print(held.path, flush=True)
sys.stdin.read()
"""


def test_the_next_one_removes_what_a_killed_process_has_left(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        left = holder.stdout.readline().strip()
        Path(left, "data").write_text("some")
        other = LockedDirectory(str(tmp_path), "others-")
        other.make()
        first = LockedDirectory(str(tmp_path), "ours-")
        first.make()
        assert Path(left, "data").exists()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    second = LockedDirectory(str(tmp_path), "ours-")
    second.make()
    assert {str(path) for path in tmp_path.iterdir()} == {first.path, second.path, other.path}
    for directory in (first, second, other):
        directory.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_a_cleaner_has_removed_is_made_again(tmp_path: Path) -> None:
    directory = LockedDirectory(str(tmp_path), "ours-")
    directory.make()
    os.rmdir(directory.path)
    directory.make()
    LockedDirectory(str(tmp_path), "ours-").make()
    assert os.path.isdir(directory.path)
    directory.remove()


def test_a_directory_is_made_where_nobody_may_look(tmp_path: Path) -> None:
    tmp_path.chmod(0o300)
    directory = LockedDirectory(str(tmp_path), "ours-")
    directory.make()
    assert os.path.isdir(directory.path)
    directory.remove()
    tmp_path.chmod(0o700)


def test_who_makes_it_while_it_is_removed_holds_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = LockedDirectory(str(tmp_path), "ours-")
    directory.make()
    maker = threading.Thread(target=directory.make)

    def removed(path: str) -> None:
        trees.remove_tree(path)
        maker.start()
        maker.join(0.2)

    monkeypatch.setattr(locked_directory, "remove_tree", removed)
    directory.remove()
    monkeypatch.undo()
    maker.join()
    LockedDirectory(str(tmp_path), "ours-").make()
    assert Path(directory.path).exists(), "nobody holds the lock"
