"""The same wishes under Hadoop Streaming, and what is told there of tasks that fail."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import pytest

from hadoopless.hadoop_commands import main
from tests.oracle import run
from tests.pools import OurPool
from tests.system.jobs import Job
from tests.system.test_orders import remove_kept

LIB = "org.apache.hadoop.mapred.lib"
COMPARATOR = (
    f"-Dmapreduce.job.output.key.comparator.class={LIB}.KeyFieldBasedComparator",
    "-Dmapreduce.map.output.key.field.separator=.",
)
KEEP = "-Dmapreduce.task.files.preserve.failedtasks=true"
ONCE = ("-Dmapreduce.map.maxattempts=1", "-Dmapreduce.reduce.maxattempts=1")

#: Writes back what it reads; then it fails, or does not end.
FAILING = "#!/bin/sh\nexec 3>&2\ntee /dev/fd/3 2>/dev/null\necho advice >&2\n%s\n"


class End(NamedTuple):
    """The end of a client."""

    status: int
    log: str


Hadoop = Callable[..., End]


@pytest.fixture
def hadoop(
    pool: OurPool, job: Job, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Hadoop:
    """``hadoop jar`` in the directory of a job, within this process."""
    monkeypatch.chdir(job.path)
    monkeypatch.setenv("MAPREDUCE_WORKERS", ",".join(pool.urls))

    def hadoop(*options: str, mapper: str = "cat", reducer: str = "cat") -> End:
        argv = ["jar", "any.jar", *options, "-input", "*.in", "-output", "out"]
        status = main("hadoop", [*argv, "-mapper", mapper, "-reducer", reducer])
        return End(status, capfd.readouterr().err)

    return hadoop


def parts(job: Job) -> list[bytes]:
    """The part files, in order."""
    return [path.read_bytes() for path in sorted((job.path / "out").glob("part-*"))]


def lines(data: bytes) -> bytes:
    """The keys of records."""
    return b"".join(line.split(b"\t")[0] + b"\n" for line in data.splitlines())


ORDERS: dict[str, tuple[list[str], list[str]]] = {
    "bytes": (["-Dstream.total.order=true"], ["-k1,1"]),
    "a class": (["-partitioner", f"{LIB}.TotalOrderPartitioner"], ["-k1,1"]),
    "numbers": (
        [
            *COMPARATOR,
            "-Dmapreduce.partition.keycomparator.options=-k2n -k1r",
            "-Dstream.total.order=true",
        ],
        ["-t.", "-k2,2n", "-k1,1r"],
    ),
}


@pytest.mark.parametrize("order", ["bytes", "a class", "numbers"])
def test_streaming_total_order(hadoop: Hadoop, job: Job, order: str):
    keys = [b"%c.%d" % (97 + i * 7 % 26, i * 7919 % 1000) for i in range(3000)]
    job.inputs(b"\n".join(keys[:2000]), b"\n".join(keys[2000:]))
    options, sort = ORDERS[order]
    end = hadoop(*options, "-numReduceTasks", "4")
    assert end.status == 0, end.log
    found = parts(job)
    assert lines(b"".join(found)) == run(["sort", *sort], b"\n".join(keys))
    assert len(found) == 4
    assert all(500 < part.count(b"\n") < 1000 for part in found)


def test_streaming_total_order_of_keys_that_are_numbers(hadoop: Hadoop, job: Job):
    job.inputs(b"line\n" * 3000)
    end = hadoop(
        "-Dstream.total.order=true",
        "-Dmapreduce.job.output.key.class=org.apache.hadoop.io.LongWritable",
        *("-numReduceTasks", "3"),
        mapper=f"{LIB}.IdentityMapper",
        reducer=f"{LIB}.IdentityReducer",
    )
    assert end.status == 0, end.log
    found = parts(job)
    assert lines(b"".join(found)) == b"".join(b"%d\n" % (5 * i) for i in range(3000))
    assert all(800 < part.count(b"\n") < 1200 for part in found)


def test_streaming_sorted_values_and_small_files(hadoop: Hadoop, job: Job):
    job.inputs(b"k\tb\nk\ta", b"j\tz\nk\tA\n", b"k\n")
    end = hadoop("-Dstream.sort.values=true", "-Dstream.combine.small.files=64MB")
    assert end.status == 0, end.log
    assert parts(job) == [b"j\tz\nk\t\nk\tA\nk\ta\nk\tb\n"]
    assert "number of splits:1\n" in end.log
    assert "Launched map tasks=1\n" in end.log


PARTITIONER = "#!/bin/sh\nexec sed 's/.*\\(.\\)$/\\1/'\n"


def test_streaming_a_partitioner(hadoop: Hadoop, job: Job):
    job.inputs(b"a2\tx\nb0\nc0\n", b"a2\ty\n")
    job.script("part.sh", PARTITIONER)
    end = hadoop("-files", "part.sh", "-partitioner", "./part.sh", "-numReduceTasks", "3")
    assert end.status == 0, end.log
    assert parts(job)[:2] == [b"b0\t\nc0\t\n", b""]
    assert sorted(parts(job)[2].splitlines()) == [b"a2\tx", b"a2\ty"]


WRONG = {
    "out of range": (PARTITIONER, "wrote 3 for the key b3, which is none of them"),
    "no number": ("#!/bin/sh\nexec cat\n", "wrote a2 for the key a2, which is no number"),
    "too few": ("#!/bin/sh\nexec head -n 1\n", "wrote 1 lines for 2 keys"),
    "too many": ("#!/bin/sh\nexec sed p\n", "wrote more than 2 lines for 2 keys"),
    "dies": (FAILING % "exit 5", "ended with exit code 5"),
    "hangs": (FAILING % "exec sleep 99", "has neither read nor written anything"),
}


@pytest.mark.parametrize("how", WRONG)
def test_streaming_a_partitioner_that_fails(hadoop: Hadoop, job: Job, how: str):
    job.inputs(b"a2\tx\nb3\ty\n")
    source, says = WRONG[how]
    job.script("part.sh", source)
    options = ["-files", "part.sh", "-partitioner", "part.sh", "-numReduceTasks", "3"]
    limit = f"-Dmapreduce.task.timeout={1000 if how == 'hangs' else 60_000}"
    end = hadoop(*ONCE, KEEP, limit, "-Dmapreduce.job.maps=1", *options)
    assert end.status == 1
    assert f"the partitioner {says}" in end.log
    assert "  command: ./part.sh 3\n" in end.log
    assert "  input:   2 keys of what the mapper made of " in end.log
    if how in ("dies", "hangs"):
        assert "  last lines of its stderr:\n    a2\n    b3\n    advice\n  command:" in end.log
    if how == "hangs":
        remove_kept(end.log)
        return
    by_hand = again(end)
    assert by_hand.returncode == (5 if how == "dies" else 0)
    assert by_hand.stdout.startswith("2\n3\n" if how == "out of range" else "a2\n")


def again(end: End) -> subprocess.CompletedProcess[str]:
    """Do what is said: run the program that failed once more; then remove what was kept."""
    found = re.search(r"to run just this task by hand:\n    (.*)\n", end.log)
    assert found, end.log
    try:
        return subprocess.run(
            ["bash", "-c", found[1]], cwd="/", capture_output=True, text=True, timeout=60
        )
    finally:
        if kept := re.fullmatch(r"sh (\S+/task-\w+)/again/run.sh", found[1]):
            shutil.rmtree(kept[1])


@pytest.mark.parametrize("program", ["mapper", "combiner", "reducer"])
def test_streaming_kept_directories(hadoop: Hadoop, job: Job, program: str):
    """They hold what the program has read, its environment, and the files of the job."""
    job.inputs(b"b\tx\na\n")
    job.script("bad.sh", FAILING % "cat words/*; echo $COLOUR; exit 7")
    (job.path / "words").mkdir()
    (job.path / "words/1").write_text("a word\n")
    options = ["-cmdenv", "COLOUR=red"]
    if program == "combiner":
        options += ["-combiner", "bad.sh"]
    mapper, reducer = ("bad.sh" if program == one else "cat" for one in ("mapper", "reducer"))
    end = hadoop(
        *(*ONCE, KEEP, "-Dmapreduce.job.maps=1", "-files", "bad.sh,words", *options),
        mapper=mapper,
        reducer=reducer,
    )
    assert end.status == 1
    read = "b\tx\na\n" if program == "mapper" else "a\t\nb\tx\n"
    stderr = "".join(f"    {line}\n" for line in (read + "advice").splitlines())
    assert f"  last lines of its stderr:\n{stderr}  command: ./bad.sh\n" in end.log
    os.remove(job.path / "bad.sh")
    shutil.rmtree(job.path / "words")
    by_hand = again(end)
    assert by_hand.returncode == 7
    assert by_hand.stdout == f"{read}a word\nred\n"


@pytest.mark.parametrize("program", ["mapper", "combiner", "partitioner", "reducer"])
def test_by_hand_without_what_is_kept(hadoop: Hadoop, job: Job, program: str):
    """The line makes anew what the program has read, as far as a shell can."""
    job.inputs(b"b2\tx\na0\nb2\tw\n", b"c2\n")
    job.script("bad.sh", FAILING % "echo $COLOUR; exit 7", mode=0o644)
    options = ["-files", "bad.sh#worse.sh", "-cmdenv", "COLOUR=red", "-numReduceTasks", "3"]
    if program in ("combiner", "partitioner"):
        options += [f"-{program}", "worse.sh"]
    mapper, reducer = ("worse.sh" if program == one else "cat" for one in ("mapper", "reducer"))
    end = hadoop(*ONCE, "-Dmapreduce.job.maps=3", *options, mapper=mapper, reducer=reducer)
    assert end.status == 1
    by_hand = again(end)
    assert by_hand.returncode == 7, by_hand
    *read, last = by_hand.stdout.splitlines()
    assert last == "red"
    said = re.search(r"stderr:\n((?:    .*\n)+)", end.log)
    assert said
    assert read == [line[4:] for line in said[1].splitlines()][:-1]


def test_streaming_jobs_that_no_shell_could_do_again(hadoop: Hadoop, job: Job):
    job.inputs(b"x\n")
    end = hadoop(*ONCE, "-Dstream.map.input=typedbytes", mapper="false")
    assert end.status == 1
    assert "    hadoop jar ... -D mapreduce.task.files.preserve.failedtasks=true ..." in end.log
