"""Workers of one machine, which read each other's spills where they lie."""

from __future__ import annotations

import os
import signal

from tests.oracle import oracle
from tests.pools import OurPool, OurPoolFactory
from tests.scrapes import values
from tests.system.calls import call, health
from tests.system.jobs import Job, succeeded

#: They are far more than the memory for map outputs; of each, two reduces have runs of 750 KB.
INPUTS = [
    b"".join(b"%08d\t%d %s\n" % (n * 7919 % 15_000, place, b"x" * 85) for n in range(15_000))
    for place in range(40)
]
MEMORY = "--memory=24MB"


def spilled(pool: OurPool) -> int:
    """The bytes that the workers have written to temporary files."""
    name = ("hadoopless_worker_spilled_bytes_total",)
    return int(sum(values(call(url, "/metrics").body)[name] for url in pool.urls))


def test_what_one_has_spilled_is_not_written_by_another(our_pool: OurPoolFactory) -> None:
    with our_pool(2, MEMORY) as pool:
        job = Job(pool.root, "beyond memory")
        job.inputs(*INPUTS)
        succeeded(job.run(pool.urls, num_reducers=2))
        assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)
        size = sum(map(len, INPUTS))
        # Half of what a reduce reads is of the other worker, and would be written once more.
        assert 0.5 * size < spilled(pool) < 0.7 * size


def test_the_spills_of_a_worker_that_was_killed_are_read_on(our_pool: OurPoolFactory) -> None:
    with our_pool(2, MEMORY) as pool:
        job = Job(pool.root, "killed")
        job.inputs(*INPUTS)
        gate = job.gated("waits.sh")
        with job.started(pool.urls, "--verbose", reducer=gate.path, num_reducers=2) as running:
            running.comes_to(gate, 2)
            os.kill(health(pool.urls[0])["pid"], signal.SIGKILL)
            gate.open()
            done = succeeded(running.end())
        assert "cannot fetch" not in done.stderr
        assert job.outputs() == oracle(["cat"], ["cat"], INPUTS, 2)
