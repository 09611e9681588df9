"""The limit of descriptors: ours is raised, and programs get the one that we were given."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from tests.pools import REPOSITORY

#: Prints the soft limit of a process after the call of a function.
LIMIT = """
import resource
from hadoopless import descriptors
descriptors._ENOUGH = {enough}
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
descriptors.raise_limit()
raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
descriptors.restore_limit()
print(raised, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(
    ("soft", "hard", "enough", "raised"),
    [(40, 60, 100, 60), (40, 60, 50, 50), (60, 60, 50, 60)],
    ids=["to the hard limit", "to what is enough", "never down"],
)
def test_the_limit_is_raised_and_given_back(soft: int, hard: int, enough: int, raised: int):
    code = LIMIT.format(soft=soft, hard=hard, enough=enough)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, timeout=30
    )
    assert (done.stdout, done.stderr) == (f"{raised} {soft}\n", "")


#: Prints the soft limit of a worker's process, and that of a program which it starts.
OF_A_PROGRAM = """
import os, resource
from hadoopless.data.program.process import SpawnerClient
from hadoopless.descriptors import raise_limit
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (50, hard))
raise_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], flush=True)
spawner = SpawnerClient(by_fork=True)
spawner.start(["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn"], "/", None, (0, 1, 2)).finish()
spawner.close()
"""


def test_programs_get_the_limit_that_a_worker_was_given():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if not 50 < hard <= 1 << 16:
        pytest.skip(f"the hard limit here is {hard}")
    done = subprocess.run(
        [sys.executable, "-c", OF_A_PROGRAM], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (f"{hard}\n50\n{hard}\n", "")
