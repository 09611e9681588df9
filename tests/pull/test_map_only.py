"""Jobs without reducers: what each mapper writes is an output, with called and joined workers."""

from __future__ import annotations

import gzip
import os
import re
import signal
from functools import partial

import pytest

from tests.processes import until, until_gone
from tests.pull.cluster import JOURNAL, left_by_the_job
from tests.pull.conftest import Start
from tests.system.jobs import GATED_CAT, Job, failed, replayed, succeeded
from tests.system.test_faults import worker_of


@pytest.fixture
def start(start: Start) -> Start:
    """Start a coordinator for the job without reducers."""
    return partial(start, num_reducers=0)


def test_the_outputs_are_what_the_mappers_write(start: Start, job: Job) -> None:
    """They are the same byte for byte: no TAB is put in, no line is ended, nothing is sorted."""
    job.inputs(b"b\na\n\n\tno end", b"", b"\0\xff\r\n" * 500_000)
    (job.path / "3.in.gz").write_bytes(gzip.compress(b"packed\n"))
    done = succeeded(start("--verbose").end())
    inputs = [(job.path / f"{i}.in").read_bytes() for i in range(3)]
    assert job.outputs() == [*inputs, b"packed\n"]
    assert "4 map tasks on 3 workers" in done.stdout
    assert "records" not in done.stdout
    assert not re.search("reduce [0-9]|[0-9] reduce", done.stdout + done.stderr)
    assert left_by_the_job(job) == []


def test_splits_and_small_files(start: Start, job: Job) -> None:
    job.inputs(b"".join(b"%04d\n" % number for number in range(1000)), b"a\n", b"b\n")
    succeeded(start("--splitSize=1000", "--combineSmallFiles=1000").end())
    outputs = job.outputs()
    assert len(outputs) == 6
    assert b"".join(outputs) == b"".join((job.path / f"{i}.in").read_bytes() for i in range(3))


def test_options_of_reducers_are_told(start: Start, job: Job) -> None:
    job.inputs(b"b\na\n")
    more = ("--combinerPath=nobody", "--sortValues", "--totalOrder")
    done = succeeded(start(*more, reducer="nobody").end())
    told = "--reducerPath, --combinerPath, --sortValues, --totalOrder"
    assert f"warning: not used, because the job has no reducers: {told}\n" in done.stderr
    assert job.outputs() == [b"b\na\n"]


def test_a_mapper_that_fails(start: Start, job: Job) -> None:
    """Its output is none of the job's, and the line for one task is right."""
    job.inputs(b"good\n", b"bad\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\ntee /dev/stderr\n! grep -q bad $0.no || exit 1\n")
    (job.path / "mapper.sh.no").write_text("bad")
    done = failed(start(mapper=mapper).end(), 4, "ended with exit code 1")
    again = replayed(done)
    assert again.returncode == 1
    assert again.stdout in ("good\n", "bad\n")
    assert job.outputs() == []


def test_bad_records_are_left_out(start: Start, job: Job) -> None:
    """The mapper writes before it dies: what it wrote in the run that died does not count."""
    lines = [b"line %d\n" % number for number in range(200)]
    job.inputs(b"".join(lines))
    mapper = job.script(
        "mapper.sh",
        '#!/bin/sh\nwhile IFS= read -r line; do echo "$line"; '
        '[ "$line" != "line 77" ] || exit 3; done\n',
    )
    done = succeeded(start("--skipBadRecords", mapper=mapper).end())
    assert job.outputs() == [b"".join(lines[:77] + lines[78:])]
    assert (job.path / "0.skipped").read_bytes() == lines[77]
    assert "1 bad record(s) left out" in done.stdout


def test_a_worker_dies(start: Start, job: Job) -> None:
    """Outputs that it has committed stay, and its other tasks run elsewhere."""
    inputs = [b"%d\n" % number for number in range(5)]
    job.inputs(*inputs)
    gate = job.gated("mapper.sh")
    run = start("--workerTimeout=1", "--no-speculate", mapper=gate.path)
    until(lambda: len(gate.pids()) == 3, lambda: run.said)
    os.kill(worker_of(gate.pids()[0]), signal.SIGKILL)
    gate.open()
    done = succeeded(run.end())
    assert "1 worker(s) lost" in done.stdout
    assert job.outputs() == inputs
    assert len(gate.pids()) == len(inputs) + 1
    assert left_by_the_job(job) == []


def test_it_is_resumed(start: Start, job: Job) -> None:
    """Committed outputs are kept, and their mappers do not run again."""
    job.inputs(*(b"%d\n" % number for number in range(3)))
    notes = "IFS= read -r first; echo $first >> $0.runs; echo $first\n[ $first = 2 ] || exec cat\n"
    mapper = job.script("mapper.sh", GATED_CAT.replace("#!/bin/sh\n", f"#!/bin/sh\n{notes}"))
    run = start(mapper=mapper)
    pids = job.path / "mapper.sh.pids"
    until(
        lambda: pids.exists() and (job.path / JOURNAL).read_text().count('"output":') == 2,
        lambda: run.said,
    )
    run.kill()
    until_gone([int(line) for line in pids.read_text().split()])
    (job.path / "mapper.sh.open").touch()
    done = succeeded(start("--resume", mapper=mapper).end())
    assert "resuming: 2 of 3 map tasks were done" in done.stderr
    assert job.outputs() == [b"0\n", b"1\n", b"2\n"]
    assert sorted((job.path / "mapper.sh.runs").read_text().split()) == ["0", "1", "2", "2"]
    assert "6 B read, 6 B written" in done.stdout
    assert left_by_the_job(job) == []


def test_an_input_is_not_replaced_while_it_is_read(start: Start, job: Job) -> None:
    (job.path / "0.out").write_text("x\n")
    (job.path / "1.out").write_text("x\n")
    more = (f"--inputPath={job.name}/1.out", "--splitSize=1")
    done = start(*more).end()
    assert done.returncode == 0  # a single split, so 0.out alone is written
    (job.path / "1.out").write_text("x\ny\n")
    failed(start(*more).end(), 2, "would replace its inputs while they are read", "1.out")
    assert job.outputs() == [b"x\n", b"x\ny\n"]
