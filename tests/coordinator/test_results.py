"""The outputs of an earlier run, which a failed job leaves as they are."""

from __future__ import annotations

import os
from pathlib import Path

from hadoopless.coordinator.journal import Past
from hadoopless.coordinator.results import old_outputs, outputs_there
from hadoopless.job import JobSpec, Split, TaskReport


def test_what_a_resumed_job_had_committed_is_its_own(tmp_path: Path):
    spec = JobSpec("cat", "cat", (Split("0.in"),), 4, ".", str(tmp_path))
    for index in (0, 1, 3):
        (tmp_path / f"{index}.out").touch()
    before = outputs_there(spec)
    assert old_outputs(spec, before) == ["./0.out", "./1.out", "./3.out"]
    assert old_outputs(spec, before, Past("j", 0, {}, {1: TaskReport()})) == ["./0.out", "./3.out"]
    assert old_outputs(spec, {}) == []


def test_a_clock_that_is_set_makes_no_output_old(tmp_path: Path):
    """The new file has the time of the old one, or an earlier one."""
    spec = JobSpec("cat", "cat", (Split("0.in"),), 3, ".", str(tmp_path))
    for index in range(3):
        (tmp_path / f"{index}.out").touch()
    before = outputs_there(spec)
    for index, when in ((0, os.stat(tmp_path / "0.out").st_mtime), (1, 1.0)):
        (tmp_path / "new").touch()
        os.utime(tmp_path / "new", (when, when))
        (tmp_path / "new").replace(tmp_path / f"{index}.out")
    assert old_outputs(spec, before) == ["./2.out"]
