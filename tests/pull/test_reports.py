"""Counters that programs on joined workers report."""

from __future__ import annotations

from tests.pull.cluster import Cluster
from tests.system.jobs import Job, succeeded


def test_counters_are_in_the_summary(trio: Cluster, job: Job) -> None:
    job.inputs(b"a\n", b"b\n", b"c\n")
    program = job.script("count.sh", "#!/bin/sh\necho reporter:counter:Runs,all,1 >&2\nexec cat\n")
    done = succeeded(trio.run(job, mapper=program, reducer=program, num_reducers=2))
    assert "  counters of Runs:\n    all=5\n" in done.stdout
