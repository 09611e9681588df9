"""The variables of ``--env`` reach the programs of joined workers, too."""

from __future__ import annotations

from tests.pull.cluster import Cluster
from tests.system.jobs import Job, succeeded


def test_variables_of_a_job(trio: Cluster, job: Job):
    job.inputs(b"a\n")
    mapper = job.script("show.sh", '#!/bin/sh\ncat > /dev/null\necho "$WORKER" "$OF_THE_JOB"\n')
    succeeded(trio.run(job, "--env=OF_THE_JOB=yes", mapper=mapper, num_reducers=1))
    (output,) = job.outputs()
    assert output in (b"0 yes\t\n", b"1 yes\t\n", b"2 yes\t\n")
