"""Jobs on Spark, and the checks that hold however Spark is reached."""

from __future__ import annotations

from tests.oracle import oracle
from tests.spark.driver import Driver
from tests.streaming.clients import Ended
from tests.system.jobs import Job


def run_job(
    driver: Driver,
    job: Job,
    *more: str,
    mapper: str = "cat",
    reducer: str = "cat",
    num_reducers: int = 1,
) -> Ended:
    return driver.run(job.root, [*job.options(mapper, reducer, num_reducers), *more])


def succeeded(ended: Ended) -> Ended:
    assert ended.status == 0, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended


def failed(ended: Ended, status: int, *texts: str) -> None:
    assert ended.status == status, ended.stdout + ended.stderr
    for text in texts:
        assert text in ended.stderr
    assert "Traceback" not in ended.stderr


def check_counters_of_a_map_that_is_tried_again(driver: Driver, job: Job) -> None:
    """Only the attempt counts that has left its output."""
    job.inputs(b"a\n", b"b\n", b"c\n")
    mapper = job.script(
        "once.sh",
        "#!/bin/sh\necho reporter:counter:mine,maps,1 >&2\ncat\n"
        f"! mkdir {job.path}/tried 2>/dev/null\n",
    )
    done = succeeded(run_job(driver, job, mapper=mapper, num_reducers=2))
    assert "maps=3" in done.stdout.replace(" ", "")
    assert "1 task(s) run again" in done.stdout
    assert job.outputs() == oracle(["cat"], ["cat"], [b"a\n", b"b\n", b"c\n"], 2)


def check_a_program_that_fails(driver: Driver, job: Job, role: str) -> Ended:
    """The end of the job tells of the program in that *role*."""
    job.inputs(b"a\n", b"b\n")
    program = job.script("bad.sh", "#!/bin/sh\necho oh dear >&2\ncat >/dev/null\nexit 7\n")
    programs = {"mapper": "cat", "reducer": "cat", role: program}
    options = job.options(programs["mapper"], programs["reducer"])
    ended = driver.run(job.root, [*options, "--maxAttempts=2"])
    failed(ended, 4, "ended with exit code 7", "last lines of its stderr:\n    oh dear", "bad.sh")
    assert "attempt 1: ended" in ended.stderr
    assert job.outputs() == []
    return ended
