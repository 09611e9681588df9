"""``--skipBadRecords``: records on which the mapper dies are left out, told of, and kept."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import oracle
from tests.pools import REPOSITORY, STOP_DEADLINE, Coordinated, OurPool, kill_group
from tests.system.jobs import Job, failed, succeeded

SKIP = "--skipBadRecords"

#: Copies; dies on a line with "bad", in the middle of its output, now and then by a signal.
DIES_ON_BAD = """\
#!/usr/bin/awk -f
/bad/ { fflush(); system("echo some advice >&2") }
/bad_segv/ { system("kill -SEGV $PPID") }
/bad/ { exit 3 }
{ print }
"""


def lines(first: int, last: int, **bad: int) -> bytes:
    """Numbered lines, those in *bad* with a name of their own."""
    names = {number: name for name, number in bad.items()}
    return b"".join(b"%s%d\n" % (names.get(i, "k").encode(), i) for i in range(first, last))


def without_bad(data: bytes) -> bytes:
    """*data* without its bad lines."""
    return b"".join(line for line in data.splitlines(keepends=True) if b"bad" not in line)


def only_bad(data: bytes) -> bytes:
    """The bad lines of *data*."""
    return b"".join(line for line in data.splitlines(keepends=True) if b"bad" in line)


def skipped(job: Job) -> dict[str, bytes]:
    """All side files."""
    return {path.name: path.read_bytes() for path in job.path.glob("*.skipped")}


INPUTS = (
    lines(0, 300, bad=0, bad_segv=299, bad_a=150, bad_b=151),
    lines(300, 400),
    b"bad alone",
    b"",
    lines(400, 500, bad=450) + b"the last line has no newline and is bad",
)


@pytest.fixture
def mapper(job: Job) -> str:
    """A mapper that dies on bad lines."""
    return job.script("mapper.awk", DIES_ON_BAD)


def check_good_records(
    job: Job, done: Coordinated, inputs: tuple[bytes, ...], reduces: int
) -> None:
    """*done* must have skipped the bad lines of *inputs*, and nothing else."""
    succeeded(done)
    good = [without_bad(data) for data in inputs]
    assert job.outputs() == oracle(["cat"], ["cat"], good, reduces)
    bad = {f"{i}.skipped": only_bad(data) for i, data in enumerate(inputs) if only_bad(data)}
    assert skipped(job) == bad
    count = sum(len(data.splitlines()) for data in bad.values())
    assert f"warning: {count} bad record(s) left out, kept in {job.name}/" in done.stdout


def test_bad_records_are_left_out(pool: OurPool, job: Job, mapper: str):
    job.inputs(*INPUTS)
    (job.path / "1.skipped").write_text("of an earlier run")
    done = job.run(pool.urls, SKIP, mapper=mapper, num_reducers=2)
    check_good_records(job, done, INPUTS, 2)
    named = f"{job.name}/0.skipped, {job.name}/2.skipped, {job.name}/4.skipped\n"
    assert named in done.stdout


def test_they_are_left_out_before_the_combiner(pool: OurPool, job: Job, mapper: str):
    job.inputs(*INPUTS)
    done = job.run(pool.urls, SKIP, "--combinerPath=cat", mapper=mapper, num_reducers=2)
    check_good_records(job, done, INPUTS, 2)


def test_parts_of_inputs_and_packed_ones(pool: OurPool, job: Job, mapper: str):
    """The side files are those of the map tasks: here 1.in gives two, 0.in.gz always one."""
    tasks = (
        lines(1000, 1200, bad=1100),
        lines(2000, 2010, bad=2001),
        lines(2010, 2020, bad_b=2018),
    )
    (job.path / "0.in.gz").write_bytes(gzip.compress(tasks[0]))
    (job.path / "1.in").write_bytes(tasks[1] + tasks[2])
    done = job.run(pool.urls, SKIP, f"--splitSize={len(tasks[1])}", mapper=mapper)
    assert "3 map + 1 reduce tasks" in done.stdout
    check_good_records(job, done, tasks, 1)


def test_nothing_bad(pool: OurPool, job: Job, mapper: str):
    job.inputs(lines(0, 9))
    done = succeeded(job.run(pool.urls, SKIP, mapper=mapper))
    assert "bad record" not in done.stdout
    assert skipped(job) == {}


def test_off_by_default(pool: OurPool, job: Job, mapper: str):
    job.inputs(*INPUTS)
    done = failed(job.run(pool.urls, mapper=mapper), 4, "ended with exit code 3", "some advice")
    assert "skip" not in done.stderr
    assert job.outputs() == []
    assert skipped(job) == {}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("echo some advice >&2; exit 5", "exit code 5"),
        ("cat; echo some advice >&2; exit 5", "exit code 5"),
        ("echo some advice >&2; kill -9 $$", "was killed by SIGKILL"),
    ],
    ids=["at once", "at its end", "by a signal"],
)
def test_a_mapper_that_always_dies_is_not_hidden(pool: OurPool, job: Job, source: str, text: str):
    job.inputs(lines(0, 50))
    mapper = job.script("mapper.sh", f"#!/bin/sh\n{source}\n")
    done = job.run(pool.urls, SKIP, "--maxAttempts=2", mapper=mapper)
    failed(done, 4, "map 0 attempt 1: ", text, "some advice", "to run just this task by hand")
    assert job.outputs() == []
    assert skipped(job) == {}


def test_more_than_a_hundred_are_too_many(pool: OurPool, job: Job, mapper: str):
    inputs = (b"bad\n" * 100 + b"good\n", b"bad\n" * 60 + b"good\n" + b"bad\n" * 41)
    job.inputs(inputs[0])
    check_good_records(job, job.run(pool.urls, SKIP, mapper=mapper), inputs[:1], 1)
    job.inputs(*inputs)
    done = job.run(pool.urls, SKIP, "--maxAttempts=1", mapper=mapper)
    failed(done, 4, "map 1 ", "no record could be skipped: it dies on more than 100 records")
    assert "1.skipped" not in skipped(job)


def test_records_that_kill_only_together(pool: OurPool, job: Job):
    job.inputs(lines(0, 100))
    mapper = job.script(
        "mapper.awk", "#!/usr/bin/awk -f\n/^k7$/ { n++ }\n/^k70$/ && n { exit 3 }\n"
    )
    done = job.run(pool.urls, SKIP, "--maxAttempts=2", mapper=mapper)
    failed(
        done,
        4,
        "map 0 attempt 1: ended with exit code 3; no record could be skipped: it dies on several"
        " records together, on none of them alone",
    )
    assert job.outputs() == []
    assert skipped(job) == {}


def test_records_that_kill_only_together_beside_a_bad_one(pool: OurPool, job: Job):
    """If the mapper fails without the bad record, too, the whole task has failed."""
    job.inputs(lines(0, 100))
    source = "#!/usr/bin/awk -f\n/^k7$/ { n++ }\n/^k70$/ && n || /^k30$/ { exit 3 }\n"
    mapper = job.script("mapper.awk", source)
    failed(job.run(pool.urls, SKIP, "--maxAttempts=2", mapper=mapper), 4, "map 0 ", "exit code 3")
    assert job.outputs() == []
    assert skipped(job) == {}


def test_workers_that_join(pool: OurPool, job: Job, mapper: str):
    """The coordinator listens, and one worker joins it."""
    job.inputs(*INPUTS)
    address = f"unix:{job.path.parent.parent / 'bad.sock'}"
    worker = subprocess.Popen(
        [sys.executable, REPOSITORY / "workers.py", f"--join={address}", "--id=0", "--once"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        done = subprocess.run(
            [
                *(sys.executable, REPOSITORY / "coordinator.py", f"--listen={address}", SKIP),
                *job.options(mapper=mapper),
            ],
            cwd=job.root,
            capture_output=True,
            text=True,
            timeout=90,
        )
        check_good_records(job, done, INPUTS, 1)
        assert worker.wait(STOP_DEADLINE) == 0
    finally:
        kill_group(worker)
    assert not Path(address.removeprefix("unix:")).exists()
