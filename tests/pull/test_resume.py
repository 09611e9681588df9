"""A coordinator that died is started again: nothing is run twice that need not be."""

from __future__ import annotations

import os
import signal
from functools import partial

import pytest

from tests.processes import until, until_gone
from tests.pull.cluster import JOURNAL, Cluster, left_by_the_job
from tests.pull.conftest import Start
from tests.system.jobs import Job, failed, succeeded
from tests.system.test_matrix import expected

INPUTS = tuple(b"%d\n%d\n%d\n" % (i, i + 3, i + 6) for i in range(3))
OUTPUTS = expected("cat", "cat", INPUTS, 3)

#: Notes its first line; waits at a gate when that is the line to wait for.
NOTING = """\
#!/bin/sh
IFS= read -r first
echo "$first" >> "$0.runs"
case "$first" in
%s) echo $$ >> "$0.pids"; while [ ! -e "$0.open" ]; do sleep 0.05; done;;
esac
printf '%%s\\n' "$first"
exec cat
"""


class Mode:
    """The way in which the workers and the coordinator of a job find each other."""

    def __init__(self, root_job: Job, start: Start) -> None:
        self.job = root_job
        self.start = start
        root_job.inputs(*INPUTS)

    def scripts(self, mapper: str = "none", reducer: str = "none") -> dict[str, str]:
        """A mapper and a reducer that wait when their first line is as given."""
        return {
            "mapper": self.job.script("mapper.sh", NOTING % mapper),
            "reducer": self.job.script("reducer.sh", NOTING % reducer),
        }

    def runs(self, script: str) -> list[str]:
        """The first lines of all runs of a script, sorted."""
        path = self.job.path / f"{script}.sh.runs"
        return sorted(path.read_text().split("\n")[:-1]) if path.exists() else []

    def pids(self, script: str) -> list[int]:
        """The processes that wait, or have waited."""
        path = self.job.path / f"{script}.sh.pids"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def open(self, script: str) -> None:
        """Let them pass."""
        (self.job.path / f"{script}.sh.open").touch()

    def journal(self) -> str:
        """The entries of the journal."""
        return (self.job.path / JOURNAL).read_text()


@pytest.fixture
def mode(start: Start, job: Job) -> Mode:
    """Both ways, with workers that outlive the coordinator; no task is run twice for its speed."""
    return Mode(job, partial(start, "--no-speculate", num_reducers=3))


def killed_in_the_map_phase(mode: Mode) -> dict[str, str]:
    """Maps 0 and 1 are done, 2 waits, the coordinator is killed; returns the programs."""
    programs = mode.scripts(mapper="2")
    run = mode.start(**programs)
    until(
        lambda: mode.pids("mapper") and mode.journal().count('"map":') == 2,
        lambda: run.said + mode.journal(),
    )
    run.kill()
    until_gone(mode.pids("mapper"))
    return programs


def test_killed_in_the_map_phase(mode: Mode):
    programs = killed_in_the_map_phase(mode)
    mode.open("mapper")
    done = succeeded(mode.start("--resume", **programs).end())
    assert "resuming: 2 of 3 map tasks and 0 of 3 partitions were done" in done.stderr
    assert mode.job.outputs() == OUTPUTS
    assert mode.runs("mapper") == ["0", "1", "2", "2"]
    assert len(mode.runs("reducer")) == 3
    assert left_by_the_job(mode.job) == []


def test_killed_in_the_reduce_phase(mode: Mode):
    """Committed partitions are kept, and no map is run again."""
    waits = OUTPUTS[1].split(b"\n")[0].decode()
    programs = mode.scripts(reducer=f'"{waits}"')
    run = mode.start(**programs)
    until(
        lambda: mode.pids("reducer") and mode.journal().count('"output":') == 2,
        lambda: run.said + mode.journal(),
    )
    run.kill()
    until_gone(mode.pids("reducer"))
    assert (mode.job.path / "0.out").read_bytes() == OUTPUTS[0]
    assert not (mode.job.path / "1.out").exists()
    mode.open("reducer")
    done = succeeded(mode.start("--resume", **programs).end())
    assert "resuming: 3 of 3 map tasks and 2 of 3 partitions were done" in done.stderr
    assert mode.job.outputs() == OUTPUTS
    assert mode.runs("mapper") == ["0", "1", "2"]
    assert sum(line == waits for line in mode.runs("reducer")) == 2
    assert len(mode.runs("reducer")) == 4


def test_a_total_order(mode: Mode):
    """The borders between its parts were found once and for all."""
    programs = mode.scripts(reducer='"3\t"')
    run = mode.start("--totalOrder", **programs)
    until(
        lambda: mode.pids("reducer") and mode.journal().count('"output":') == 2,
        lambda: run.said + mode.journal(),
    )
    assert '"boundaries": ["3", "6"]' in mode.journal()
    run.kill()
    until_gone(mode.pids("reducer"))
    mode.open("reducer")
    failed(mode.start("--resume", **programs).end(), 2, "changed: partitioning, sorting of values")
    done = succeeded(mode.start("--resume", "--totalOrder", **programs).end())
    assert "resuming: 3 of 3 map tasks and 2 of 3 partitions were done" in done.stderr
    assert mode.job.outputs() == [b"0\t\n1\t\n2\t\n", b"3\t\n4\t\n5\t\n", b"6\t\n7\t\n8\t\n"]
    # Once for the sample, once for the job.
    assert mode.runs("mapper") == ["0", "0", "1", "1", "2", "2"], run.said + done.stderr
    assert left_by_the_job(mode.job) == []


@pytest.mark.parametrize("start", ["pull"], indirect=True)
def test_killed_twice(mode: Mode):
    programs = killed_in_the_map_phase(mode)
    before = mode.pids("mapper")
    again = mode.start("--resume", **programs)
    until(lambda: len(mode.pids("mapper")) > len(before), lambda: again.said)
    again.kill()
    until_gone(mode.pids("mapper"))
    mode.open("mapper")
    succeeded(mode.start("--resume", **programs).end())
    assert mode.job.outputs() == OUTPUTS
    assert mode.runs("mapper") == ["0", "1", "2", "2", "2"]


@pytest.mark.parametrize("start", ["pull"], indirect=True)
def test_without_resume_it_starts_from_the_beginning(mode: Mode):
    programs = killed_in_the_map_phase(mode)
    mode.open("mapper")
    succeeded(mode.start(**programs).end())
    assert mode.job.outputs() == OUTPUTS
    assert mode.runs("mapper") == ["0", "0", "1", "1", "2", "2"]
    assert left_by_the_job(mode.job) == []


@pytest.mark.parametrize("start", ["pull"], indirect=True)
def test_another_command_is_refused(mode: Mode):
    """It does no harm: the right command can still resume the job."""
    programs = killed_in_the_map_phase(mode)
    mode.open("mapper")
    for change in ({"mapper": "cat"}, {"reducer": "tac"}):
        done = mode.start("--resume", **{**programs, **change}).end()
        failed(done, 2, "this is not the job that was interrupted; changed: ")
    failed(mode.start("--resume", "--splitSize=2", **programs).end(), 2, "changed: inputs")
    mode.job.inputs(b"changed\n")
    failed(mode.start("--resume", **programs).end(), 2, "changed: inputs")
    assert JOURNAL in left_by_the_job(mode.job)
    succeeded(mode.start(**programs).end())


@pytest.mark.parametrize("start", ["pull"], indirect=True)
def test_nothing_to_resume(mode: Mode):
    programs = mode.scripts()
    done = succeeded(mode.start("--resume", **programs).end())
    assert "nothing to resume: the job starts from the beginning" in done.stderr
    assert mode.job.outputs() == OUTPUTS
    assert left_by_the_job(mode.job) == []


@pytest.mark.parametrize("start", ["push"], indirect=True)
def test_a_coordinator_that_still_runs(mode: Mode):
    """Another coordinator may neither use its map outputs nor release them."""
    programs = mode.scripts(mapper="2")
    run = mode.start(**programs)
    until(lambda: mode.pids("mapper"), lambda: run.said)
    other = f"(process {run.process.pid} on "
    for _ in range(2):
        done = mode.start("--resume", **programs).end()
        failed(done, 2, f"another coordinator {other}", " runs this job now")
    done = mode.start(**{**programs, "reducer": "cat"}).end()
    failed(done, 6, f"another job {other}", f" is writing to {mode.job.path}")
    mode.open("mapper")
    succeeded(run.end())
    assert mode.runs("mapper") == ["0", "1", "2"]
    assert mode.job.outputs() == OUTPUTS


@pytest.mark.parametrize("how", ["failure", "Ctrl-C"])
@pytest.mark.parametrize("start", ["pull"], indirect=True)
def test_a_resumed_job_that_ends_badly(mode: Mode, how: str):
    """It has ended: there is nothing to resume."""
    programs = killed_in_the_map_phase(mode)
    run = mode.start("--resume", **programs)
    before = len(mode.pids("mapper"))
    if how == "failure":
        # The mapper that waits is killed, four times.
        for count in range(before, before + 4):
            until(lambda count=count: len(mode.pids("mapper")) > count, lambda: run.said)  # type: ignore[misc]
            os.kill(mode.pids("mapper")[-1], signal.SIGKILL)
        failed(run.end(), 4, "was killed by SIGKILL")
    else:
        until(lambda: len(mode.pids("mapper")) > before, lambda: run.said)
        run.process.send_signal(signal.SIGINT)
        assert run.end().returncode == 130
    until_gone(mode.pids("mapper"))
    assert left_by_the_job(mode.job) == []


def test_a_worker_that_died_too(trio: Cluster, job: Job):
    """Only its map outputs are made again, by its successor or whoever is free."""
    mode = Mode(job, partial(trio.start, job, num_reducers=3))
    waits = OUTPUTS[2].split(b"\n")[0].decode()
    programs = mode.scripts(reducer=f'"{waits}"')
    run = mode.start(**programs)
    until(
        lambda: mode.pids("reducer") and mode.journal().count('"output":') == 2,
        lambda: run.said + mode.journal(),
    )
    run.kill()
    until_gone(mode.pids("reducer"))
    trio.workers[0].kill()
    trio.complete()
    mode.open("reducer")
    succeeded(mode.start("--resume", **programs).end())
    assert job.outputs() == OUTPUTS
    assert len(mode.runs("mapper")) == 4


def test_workers_of_the_job_alone(trio: Cluster, job: Job):
    """They die with their coordinator, and all that is left are committed partitions."""
    mode = Mode(job, partial(trio.launch, job, "--workers=embedded"))
    programs = killed_in_the_map_phase(mode)
    mode.open("mapper")
    done = succeeded(mode.start("--resume", **programs).end())
    told = "resuming: 2 of 3 map tasks and 0 of 1 partitions were done"
    assert f"{told}; map tasks whose workers are gone run again\n" in done.stderr
    assert job.outputs() == expected("cat", "cat", INPUTS, 1)
    assert mode.runs("mapper") == ["0", "0", "1", "1", "2", "2"]
    assert left_by_the_job(job) == []
