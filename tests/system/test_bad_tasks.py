"""A task that cannot succeed fails its job with a message that leads to the cause."""

from __future__ import annotations

import gzip
import os
import shlex
import subprocess
from itertools import product
from pathlib import Path

import pytest

from tests.disks import mounted
from tests.oracle import oracle
from tests.pools import OurPool, OurPoolFactory
from tests.system.calls import health
from tests.system.jobs import Job, failed, replayed, succeeded

FAILING = {
    "exit code": ("echo some advice >&2; exit 3", "ended with exit code 3", [3]),
    # The shell tells of a signal as 128 and its number; bash -c may have become the program.
    "SIGSEGV": ("echo some advice >&2; kill -SEGV $$", "was killed by SIGSEGV", [139, -11]),
    "SIGKILL": ("echo some advice >&2; kill -KILL $$", "was killed by SIGKILL", [137, -9]),
}


@pytest.mark.parametrize(
    ("phase", "how"), [*product(["map"], FAILING), ("reduce", "exit code"), ("reduce", "SIGSEGV")]
)
def test_failing_program(pool: OurPool, job: Job, phase: str, how: str):
    """Only the one task with the line "bad" fails; doing it by hand shows the same."""
    source, text, codes = FAILING[how]
    job.inputs(b"good\n", b"bad\tline\n", b"fine\n")
    script = job.script("script.sh", f"#!/bin/bash\nif grep bad; then {source}; fi\n")
    command = f"{script} 'an argument'"
    mapper, reducer = {"map": (command, "cat"), "reduce": ("cat", command)}[phase]
    done = failed(
        job.run(pool.urls, "--maxAttempts=2", mapper=mapper, reducer=reducer, num_reducers=2),
        4,
        f"attempt 1: {text}\n",
        f"  command: {script} 'an argument'\n",
        "  last lines of its stderr:\n    some advice\n",
    )
    if phase == "map":
        assert "coordinator.py: map 1 " in done.stderr
        assert f"  input:   {job.name}/1.in\n" in done.stderr
    else:
        # The hash of "bad" is even.
        assert "coordinator.py: reduce 0 " in done.stderr
        assert "  input:   partition 0 of 3 map task(s)\n" in done.stderr
    assert not (job.path / "0.out").exists()
    assert list(job.path.glob(".*")) == []
    by_hand = replayed(done)
    assert by_hand.returncode in codes, by_hand
    assert "bad\tline\n" in by_hand.stdout
    assert "some advice" in by_hand.stderr


def test_failing_reducer_leaves_no_output(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    reducer = job.script("reducer.sh", "#!/bin/sh\ncat\nexit 1\n")
    done = failed(job.run(pool.urls, reducer=reducer), 4, "reduce 0 ", "it wrote nothing to stderr")
    assert job.outputs() == []
    assert replayed(done).stdout == "x\t\n"


def test_failing_combiner(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    combiner = job.script("combiner.sh", "#!/bin/sh\necho some advice >&2\nexit 9\n")
    failed(
        job.run(pool.urls, f"--combinerPath={combiner}"),
        4,
        "map 0 ",
        "ended with exit code 9",
        f"command: {combiner}",
        "some advice",
    )
    assert job.outputs() == []


@pytest.mark.parametrize(
    ("options", "file", "text"),
    [
        (["--splitSize=8"], "0.in", "[bytes 8-16]"),
        ([], "0.in.gz", ".in.gz"),
    ],
)
def test_by_hand_with_parts_and_packed_inputs(
    pool: OurPool, job: Job, options: list[str], file: str, text: str
):
    data = b"one\ntwo\nbad\nend\n"
    path = job.path / file
    path.write_bytes(gzip.compress(data) if file.endswith(".gz") else data)
    mapper = job.script("mapper.sh", "#!/bin/sh\ngrep -n bad && exit 7\ntrue\n")
    done = failed(job.run(pool.urls, *options, mapper=mapper), 4, "exit code 7", text)
    by_hand = replayed(done)
    assert by_hand.returncode == 7
    assert by_hand.stdout == ("1:bad\n" if options else "3:bad\n")
    # The reducer's line must cut and unpack as well.
    reducer = job.script("reducer.sh", "#!/bin/sh\ncat >&2\nexit 8\n")
    done = failed(job.run(pool.urls, *options, reducer=reducer), 4, "exit code 8")
    assert replayed(done).stderr == "bad\t\nend\t\none\t\ntwo\t\n"


def test_stderr_is_cut_to_its_end(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\nseq 100000 >&2\nexit 1\n")
    done = failed(job.run(pool.urls, "--maxAttempts=1", mapper=mapper), 4, "    100000\n")
    assert len(done.stderr.splitlines()) < 40


def peak_memory(url: str) -> int:
    """The most memory that a worker has used so far, in bytes."""
    status = Path(f"/proc/{health(url)['pid']}/status")
    if not status.exists():
        pytest.skip("needs Linux's /proc")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) << 10


def test_hundred_megabytes_of_stderr(pool: OurPool, job: Job):
    """No reason to fail, to block, or to need memory; without any newline, too."""
    job.inputs(b"x\n")
    mapper = job.script(
        "mapper.sh", "#!/bin/sh\nhead -c 100000000 /dev/zero | tr '\\0' x >&2\nexec cat\n"
    )
    before = peak_memory(pool.urls[0])
    succeeded(job.run(pool.urls[:1], mapper=mapper))
    assert job.outputs() == [b"x\t\n"]
    assert peak_memory(pool.urls[0]) < before + (40 << 20)


@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_program_that_writes_nothing(pool: OurPool, job: Job, phase: str):
    job.inputs(b"x\ny\n")
    if phase == "map":
        done = job.run(pool.urls, mapper="true", num_reducers=3)
    else:
        done = job.run(pool.urls, reducer="true", num_reducers=3)
    succeeded(done)
    assert job.outputs() == [b"", b"", b""]


@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_program_that_never_ends(pool: OurPool, job: Job, phase: str):
    job.inputs(b"x\n")
    gate = job.gated("waits.sh")
    options = ["--taskTimeout=1", "--maxAttempts=1"]
    mapper, reducer = {"map": (gate.path, "cat"), "reduce": ("cat", gate.path)}[phase]
    failed(
        job.run(pool.urls, *options, mapper=mapper, reducer=reducer),
        4,
        f"{phase} 0 attempt 0: ran longer than the time limit of 1 s (--taskTimeout)",
        f"command: {gate.path}",
    )
    assert job.outputs() == []
    assert len(gate.pids()) == 1


def test_program_without_an_interpreter(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    mapper = job.script("mapper.py", "import sys\n")
    done = failed(job.run(pool.urls, mapper=mapper), 4, "map 0 ", mapper, "has no #! line")
    assert "cannot be started" in done.stderr
    assert "by hand" not in done.stderr  # a shell would run it
    mapper = job.script("mapper.sh", "#!/no/such/interpreter\n")
    done = failed(job.run(pool.urls, mapper=mapper), 4, "map 0 ", mapper, "cannot be started")
    assert "the interpreter in its #! line is not there" in done.stderr
    assert replayed(done).returncode in (126, 127)
    assert job.outputs() == []


@pytest.mark.parametrize("splits", [[], ["--splitSize=4"]], ids=["whole files", "splits"])
def test_an_input_that_is_cut_short_while_the_job_runs(
    pool: OurPool, job: Job, splits: list[str]
) -> None:
    """No record is lost without a word."""
    job.inputs(b"a\n" * 8)
    gate = job.gated("mapper.sh")
    with job.started(pool.urls, *splits, mapper=gate.path) as running:
        running.comes_to(gate)
        os.truncate(job.path / "0.in", 6)
        gate.open()
        failed(running.end(), 3, f"the input {job.name}/0.in has changed since the job was planned")
    assert job.outputs() == []


def test_program_that_vanished_after_planning(pool: OurPool, job: Job):
    """The first map task deletes the reducer."""
    job.inputs(b"x\n")
    reducer = job.script("reducer.sh", "#!/bin/sh\n")
    mapper = job.script("mapper.sh", f"#!/bin/sh\nrm {shlex.quote(reducer)}\n")
    failed(job.run(pool.urls, mapper=mapper, reducer=reducer), 3, f"no such program: {reducer}")
    assert job.outputs() == []


def test_output_that_is_a_directory(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    (job.path / "1.out").mkdir()
    failed(job.run(pool.urls, num_reducers=3), 6, f"{job.name}/1.out is a directory")
    assert list(job.path.glob(".*")) == []


@pytest.mark.parametrize(
    ("suffix", "broken"),
    [("gz", "cut off"), ("bz2", "cut off"), ("zst", "cut off"), ("gz", "garbage")],
)
def test_broken_compressed_input(pool: OurPool, job: Job, suffix: str, broken: str):
    job.inputs(b"fine\n")
    data = b"no such thing" * 1000
    if broken == "cut off":
        path = job.path / "1.in"
        path.write_bytes(bytes(range(256)) * 1000)
        tool = {"gz": "gzip", "bz2": "bzip2", "zst": "zstd"}[suffix]
        data = subprocess.run([tool, "-c", path], stdout=subprocess.PIPE, check=True).stdout[:-20]
        path.unlink()
    (job.path / f"1.in.{suffix}").write_bytes(data)
    done = failed(job.run(pool.urls), 4, "map 1 attempt 0: cannot be unpacked: ")
    assert f"{job.name}/1.in.{suffix}" in done.stderr
    assert job.outputs() == []


def test_output_directory_that_cannot_be_written(pool: OurPool, job: Job, tmp_path: Path):
    job.inputs(b"x\n")
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "ro", "tmpfs") as directory:
        done = job.run(pool.urls, f"--outputPath={directory}")
    failed(done, 6, f"the output directory {directory} cannot be written")


#: Copies, and does not look whether that went well.
CARELESS_CAT = "#!/bin/sh\ncat 2>/dev/null\nexit 0\n"


@pytest.mark.parametrize("careless", [False, True])
def test_disk_that_is_full_of_output(pool: OurPool, job: Job, small_disk: Path, careless: bool):
    job.inputs(b"x" * 99 + b"\n", b"y\n" * 1_000_000)
    reducer = job.script("reducer.sh", CARELESS_CAT) if careless else "cat"
    done = job.run(pool.urls, f"--outputPath={small_disk}", reducer=reducer, num_reducers=2)
    failed(done, 6, f"cannot write {small_disk}/", "No space left")
    assert [path.name for path in small_disk.iterdir() if path.name.startswith(".")] == []


def test_disk_that_has_room_again_before_the_end(pool: OurPool, job: Job, small_disk: Path):
    """The reducer ignores a full disk, and ends well when there is room again."""
    data = b"".join(b"%07d\n" % number for number in range(20_000))
    job.inputs(data)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (960 << 10))
    reducer = job.script("reducer.sh", f"#!/bin/sh\ncat 2>/dev/null\nrm -f {filler}\nexit 0\n")
    done = job.run(pool.urls, f"--outputPath={small_disk}", reducer=reducer)
    output = small_disk / "0.out"
    if output.exists():  # there was room in time
        succeeded(done)
        assert output.read_bytes() == oracle(["cat"], ["cat"], [data], 1)[0]
    else:
        failed(done, 6, f"cannot write {output}: No space left on device; free some space")


@pytest.mark.parametrize("role", ["mapper", "reducer"])
def test_a_child_writes_after_its_parent_has_ended(pool: OurPool, job: Job, role: str):
    """Hadoop reads a program's stdout to its end, whoever holds it [PipeMapRed]."""
    job.inputs(b"early\t1\n")
    script = "#!/bin/sh\ncat\n(sleep 0.2; echo 'late\t2') &\n"
    programs = {"mapper": "cat", "reducer": "cat", role: job.script("script.sh", script)}
    succeeded(job.run(pool.urls, mapper=programs["mapper"], reducer=programs["reducer"]))
    assert job.outputs() == [b"early\t1\nlate\t2\n"]


def test_disk_that_is_full_of_spills(our_pool: OurPoolFactory, name: str, small_disk: Path):
    with our_pool(1, "--memory=1MB", f"--spillDir={small_disk}") as own_pool:
        job = Job(own_pool.root, name)
        job.inputs(b"".join(b"%d\n" % number for number in range(1_000_000)))
        done = failed(job.run(own_pool.urls), 6, f"cannot spill to {small_disk}: No space left")
        assert "--spillDir" in done.stderr
        assert job.outputs() == []
        assert list(small_disk.iterdir()) == []
        job.inputs(b"z\n")
        succeeded(job.run(own_pool.urls))


def test_disk_that_is_full_of_spills_on_one_worker(
    our_pool: OurPoolFactory, pool: OurPool, name: str, small_disk: Path
):
    """The job succeeds on the other worker; a single failed attempt of a program would end it."""
    with our_pool(1, "--memory=1MB", f"--spillDir={small_disk}") as full:
        job = Job(full.root, name)
        lines = b"".join(b"%d\ty\n" % number for number in range(300_000))
        data = [b"%d\tx\n" % number + lines for number in range(4)]
        job.inputs(*data)
        urls = [full.urls[0], pool.urls[0]]
        done = succeeded(job.run(urls, "--maxAttempts=1", num_reducers=2))
        assert f"{full.urls[0]} is in trouble with " in done.stderr
        assert f"cannot spill to {small_disk}: No space left" in done.stderr
        assert pool.urls[0] not in done.stderr
        assert job.outputs() == oracle(["cat"], ["cat"], data, 2)


def test_record_larger_than_the_memory(our_pool: OurPoolFactory, name: str):
    with our_pool(1, "--memory=2MB") as own_pool:
        job = Job(own_pool.root, name)
        large, small = b"k\t" + b"x" * (3 << 20) + b"\n", b"k\t" + b"x" * (1 << 20) + b"\n"
        job.inputs(small, large)
        done = failed(job.run(own_pool.urls), 4, "map 1 attempt 0: wrote a record of more than")
        assert "--memory" in done.stderr
        assert job.outputs() == []
        job.inputs(small, small)
        succeeded(job.run(own_pool.urls))
        assert job.outputs() == oracle(["cat"], ["cat"], [small, small], 1)


def test_old_outputs_of_a_failed_job_are_named(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    succeeded(job.run(pool.urls, num_reducers=2))
    done = failed(job.run(pool.urls, mapper="false", num_reducers=2), 4)
    old = f"{job.name}/0.out, {job.name}/1.out"
    assert f"warning: these are of an earlier run, not of this job: {old}\n" in done.stderr


def test_other_jobs_go_on(pool: OurPool, job: Job, name: str):
    """On the same workers one job fails while another one waits, and a third one succeeds."""
    other = Job(pool.root, f"{name}-failing")
    gate = job.gated("waits.sh")
    inputs = [b"a\n", b"b\n", b"c\n"]
    job.inputs(*inputs)
    other.inputs(*inputs)
    urls = pool.urls[:2]
    with job.started(urls, mapper=gate.path) as waiting:
        waiting.comes_to(gate, 2)
        failed(other.run(urls, mapper="false"), 4)
        succeeded(other.run(urls))
        gate.open()
        succeeded(waiting.end())
    assert job.outputs() == other.outputs() == [b"a\t\nb\t\nc\t\n"]


def test_same_job_twice_at_once_and_after(pool: OurPool, job: Job):
    """Only one at a time may write to a directory."""
    inputs = [b"%d\tx\n" % i for i in range(20)]
    job.inputs(*inputs)
    gate = job.gated("waits.sh")
    with job.started(pool.urls[:2], num_reducers=3, mapper=gate.path) as one:
        one.comes_to(gate)
        failed(job.run(pool.urls[:2], num_reducers=3), 6, "another job", " is writing to ")
        gate.open()
        succeeded(one.end())
    expected = oracle(["cat"], ["cat"], inputs, 3)
    assert job.outputs() == expected
    succeeded(job.run(pool.urls[:2], num_reducers=3))
    assert job.outputs() == expected
