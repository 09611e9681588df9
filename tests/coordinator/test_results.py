"""The outputs of an earlier run, which a failed job leaves as they are."""

from __future__ import annotations

import time
from pathlib import Path

from hadoopless.coordinator.journal import Past
from hadoopless.coordinator.results import old_outputs
from hadoopless.job import JobSpec, Split, TaskReport


def test_what_a_resumed_job_had_committed_is_its_own(tmp_path: Path):
    spec = JobSpec("cat", "cat", (Split("0.in"),), 4, ".", str(tmp_path))
    for index in (0, 1, 3):
        (tmp_path / f"{index}.out").touch()
    later = time.time() + 100
    assert old_outputs(spec, later) == ["./0.out", "./1.out", "./3.out"]
    assert old_outputs(spec, later, Past("j", 0, {}, {1: TaskReport()})) == ["./0.out", "./3.out"]
    assert old_outputs(spec, later - 200) == []
