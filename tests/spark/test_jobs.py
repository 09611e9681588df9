"""Jobs on a real Spark give the bytes of the oracle, and failures their own words."""

from __future__ import annotations

import gzip
import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY, oracle, partition_of, records, run
from tests.spark.driver import Driver
from tests.spark.jobs import (
    check_a_program_that_fails,
    check_counters_of_a_map_that_is_tried_again,
    failed,
    run_job,
    succeeded,
)
from tests.system.jobs import Job
from tests.system.test_matrix import CASES, HOSTILE, MAPPER, REDUCER, expected, random_lines, sample

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def job(tmp_path: Path) -> Job:
    return Job(tmp_path, "job")


@pytest.mark.parametrize("num_reducers", [1, 3, 16])
@pytest.mark.parametrize("case", CASES)
def test_the_matrix(driver: Driver, job: Job, case: str, num_reducers: int) -> None:
    inputs, mapper, reducer = CASES[case]
    job.inputs(*inputs)
    done = run_job(driver, job, mapper=mapper, reducer=reducer, num_reducers=num_reducers)
    succeeded(done)
    assert job.outputs() == expected(mapper, reducer, inputs, num_reducers)
    assert f"{len(inputs)} map + {num_reducers} reduce tasks" in done.stdout


def test_many_small_splits(driver: Driver, job: Job) -> None:
    data = b"".join(random_lines(seed, 5_000) for seed in range(3))
    job.inputs(data)
    succeeded(run_job(driver, job, "--splitSize=1000B", num_reducers=3))
    assert job.outputs() == expected("cat", "cat", (data,), 3)


@pytest.mark.parametrize("num_reducers", [1, 3])
def test_data_larger_than_the_memory_and_than_a_block(
    driver: Driver, job: Job, num_reducers: int
) -> None:
    """A Python process has 64 MB; half of that is for map outputs."""
    lines = [b"%08d\t%s\n" % (n * 7_919 % 600_000, b"v" * 100) for n in range(600_000)]
    inputs = (b"".join(lines), b"".join(reversed(lines[:10_000])))
    job.inputs(*inputs)
    done = run_job(driver, job, "--verbose", num_reducers=num_reducers)
    succeeded(done)
    assert job.outputs() == expected("cat", "cat", inputs, num_reducers)
    assert "610,000 records" in done.stdout


@pytest.mark.parametrize("options", [(), ("--splitSize=1KB",)])
def test_combiner(driver: Driver, job: Job, options: Sequence[str]) -> None:
    inputs = sample("oas_jobs")
    job.inputs(*inputs)
    more = [f"--combinerPath={REDUCER}", *options]
    succeeded(run_job(driver, job, *more, mapper=MAPPER, reducer=REDUCER, num_reducers=2))
    assert job.outputs() == expected(MAPPER, REDUCER, inputs, 2)


def test_values_in_order(driver: Driver, job: Job) -> None:
    job.inputs(*HOSTILE)
    succeeded(run_job(driver, job, "--sortValues", num_reducers=2))
    outputs = job.outputs()
    parts: list[list[bytes]] = [[], []]
    for data in HOSTILE:
        for record in records(run(["cat"], data)):
            parts[partition_of(record, 2)].append(record)
    for part, output in zip(parts, outputs, strict=True):
        in_order = sorted(part, key=lambda record: record.partition(b"\t")[::2])
        assert output == b"".join(record + b"\n" for record in in_order)


def test_total_order(driver: Driver, job: Job) -> None:
    data = b"".join(b"%06d\t%d\n" % (n * 7_919 % 20_000, n) for n in range(20_000))
    job.inputs(data)
    succeeded(run_job(driver, job, "--totalOrder", num_reducers=3))
    outputs = job.outputs()
    assert b"".join(outputs) == expected("cat", "cat", (data,), 1)[0]
    assert all(outputs)


def test_partitioner(driver: Driver, job: Job) -> None:
    job.inputs(b"a\t1\nb\t2\nc\t3\n", b"b\t4\n")
    program = job.script("parts.sh", "#!/bin/sh\nexec sed 's/a/0/;s/b/1/;s/c/0/'\n")
    succeeded(run_job(driver, job, f"--partitionerPath={program}", num_reducers=2))
    assert job.outputs() == [b"a\t1\nc\t3\n", b"b\t2\nb\t4\n"]


def test_map_only(driver: Driver, job: Job) -> None:
    job.inputs(*HOSTILE)
    options = ["--mapperPath=cat", f"--jobPath={job.name}", "--numReducers=0"]
    succeeded(driver.run(job.root, options))
    assert job.outputs() == list(HOSTILE)


def test_compressed_inputs(driver: Driver, job: Job) -> None:
    contents = (HOSTILE[0], HOSTILE[2])
    for number, data in enumerate(contents):
        (job.path / f"{number}.in.gz").write_bytes(gzip.compress(data))
    succeeded(run_job(driver, job, num_reducers=2))
    assert job.outputs() == expected("cat", "cat", contents, 2)


def test_programs_find_their_own_environment(driver: Driver, job: Job) -> None:
    """Nothing that Spark or this project has put there; and what --env gives."""
    job.inputs(b"x\n")
    mapper = job.script("env.sh", "#!/bin/sh\nexec env\n")
    succeeded(run_job(driver, job, "--env=MINE=a b", mapper=mapper))
    found = dict(line.split(b"=", 1) for line in job.outputs()[0].splitlines() if b"=" in line)
    names = {name.decode() for name in found}
    assert found[b"MINE"].strip() == b"a b"
    assert not [name for name in names if name.startswith(("SPARK_", "PYSPARK_"))]
    assert "PYTHONHASHSEED" not in names or "PYTHONHASHSEED" in os.environ


def test_counters_are_counted_once_each(driver: Driver, job: Job) -> None:
    check_counters_of_a_map_that_is_tried_again(driver, job)


@pytest.mark.parametrize("role", ["mapper", "reducer"])
def test_a_program_that_fails(driver: Driver, job: Job, role: str) -> None:
    ended = check_a_program_that_fails(driver, job, role)
    assert "to run just this task by hand:" in ended.stderr


def test_what_another_attempt_cannot_help_ends_the_job_at_once(driver: Driver, job: Job) -> None:
    job.inputs(b"a\n" * 100)
    (job.path / "1.in.gz").write_bytes(gzip.compress(b"b\n" * 9_999)[:-20])
    failed(run_job(driver, job), 4, "map 1 attempt 0", "1.in.gz")
    assert job.outputs() == []


def test_a_task_that_takes_too_long(driver: Driver, job: Job) -> None:
    job.inputs(b"a\n")
    mapper = job.script("slow.sh", "#!/bin/sh\nexec sleep 600\n")
    ended = run_job(driver, job, "--taskTimeout=1", "--maxAttempts=1", mapper=mapper)
    failed(ended, 4, "ran longer than the time limit of 1 s")


def test_outputs_of_an_earlier_run_stay_when_a_job_fails(driver: Driver, job: Job) -> None:
    job.inputs(b"a\n")
    (job.path / "0.out").write_bytes(b"old\n")
    failed(run_job(driver, job, "--maxAttempts=1", mapper="false"), 4, "of an earlier run")
    assert job.outputs() == [b"old\n"]


def test_side_files_and_the_mark_of_success(driver: Driver, job: Job) -> None:
    (job.path / "in").mkdir()
    for name in "ab":
        (job.path / "in" / name).write_text(f"{name}\n")
    mapper = job.script(
        "side.sh",
        "#!/bin/sh\ncat\n"
        "number=$mapreduce_task_partition\n"
        'echo $number >"${mapreduce_task_output_dir#file:}/side-$number"\n',
    )
    args = ["-D", "mapreduce.job.reduces=0", "-input", "in", "-output", "out"]
    ended = driver.hadoop(job.path, [*args, "-mapper", f"{job.root}/{mapper}"])
    assert ended.status == 0, ended.stderr
    names = sorted(path.name for path in (job.path / "out").iterdir())
    assert names == ["_SUCCESS", "part-00000", "part-00001", "side-0", "side-1"]
    assert (job.path / "out" / "side-1").read_text() == "1\n"


def test_shipped_files_are_seen_by_all(driver: Driver, job: Job) -> None:
    (job.path / "in").mkdir()
    (job.path / "in" / "a").write_text("x\n")
    job.script("shipped.sh", "#!/bin/sh\nls\n")
    args = ["-files", "shipped.sh", "-input", "in", "-output", "new/out", "-mapper", "shipped.sh"]
    ended = driver.hadoop(job.path, [*args, "-numReduceTasks", "0"])
    assert ended.status == 0, ended.stderr
    assert b"shipped.sh" in (job.path / "new/out/part-00000").read_bytes()
    assert not list(job.path.glob("**/mapreduce-files-*"))


def test_a_straggler_is_overtaken_by_its_backup(driver: Driver, job: Job) -> None:
    """The first attempt at one map waits for ever; the output is that of the other one."""
    inputs = tuple(b"k%d\t1\n" % n for n in range(8))
    job.inputs(*inputs)
    mapper = job.script(
        "straggler.sh",
        "#!/bin/sh\nline=$(cat)\n"
        f"case $line in k7*) mkdir {job.path}/first 2>/dev/null && exec sleep 600 ;; esac\n"
        'sleep 0.3\nprintf "%s\\n" "$line"\n',
    )
    succeeded(run_job(driver, job, mapper=mapper, num_reducers=2))
    assert job.outputs() == oracle(["cat"], ["cat"], inputs, 2)


def test_events_and_verdict(driver: Driver, job: Job) -> None:
    """The history of the job has each task, as for our own engine."""
    job.inputs(b"a\n", b"b\n")
    environment = {"XDG_STATE_HOME": str(job.path / "state")}
    succeeded(driver.run(job.root, job.options("cat", "cat", 2), environment))
    told = driver.run(job.root, [*job.options("cat", "cat", 2), "--json"], environment)
    assert '"log": "' in told.stdout.replace('":"', '": "')
    logs = list((job.path / "state").rglob("*.jsonl*")) or list((job.path / "state").rglob("*"))
    text = b"".join(path.read_bytes() for path in logs if path.is_file())
    assert all(name.encode() in text for name in ("map-0", "map-1", "reduce-0", "reduce-1"))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "java.lang.UnsupportedClassVersionError: launcher/Main",
            "its Java is too old; Spark 4 needs Java 17 or newer (JAVA_HOME)",
        ),
        ("java.lang.Error: Too many open files\n  at java.base/x.Y", "Too many open files"),
    ],
)
def test_a_java_that_cannot_run_spark(driver: Driver, job: Job, said: str, reason: str) -> None:
    job.inputs(b"a\n")
    (job.path / "bin").mkdir()
    (job.path / "said").write_text(said)
    java = job.script("bin/java", f"#!/bin/sh\ncat {job.path}/said >&2\nexit 1\n")
    done = run_command(driver, job, JAVA_HOME=str((job.root / java).parent.parent))
    assert done.returncode == 5, done.stdout + done.stderr
    assert "Spark cannot be started with --master=spark://" in done.stderr
    assert done.stderr.endswith(f"{reason}\n")


def run_command(
    driver: Driver, job: Job, *more: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The word count by a command of its own, without a context that is there already."""
    argv = [sys.executable, str(REPOSITORY / "coordinator.py"), "--engine=spark"]
    argv += [f"--master={driver.master}", *job.options(MAPPER, REDUCER, 2), *more]
    return subprocess.run(
        argv,
        cwd=job.root,
        env=driver.environment | {"MAPREDUCE_PYTHON": sys.executable} | environment,
        capture_output=True,
        text=True,
        timeout=500,
    )


def test_word_count_by_a_command_of_its_own(driver: Driver, job: Job) -> None:
    """All that a user's command does."""
    inputs = sample("fish_jobs")
    job.inputs(*inputs)
    done = run_command(driver, job)
    assert done.returncode == 0, done.stderr
    assert job.outputs() == expected(MAPPER, REDUCER, inputs, 2)
    assert "2 map + 2 reduce tasks" in done.stdout
    assert "WARN" not in done.stderr


def test_the_line_of_a_dry_run_runs_the_job(driver: Driver, job: Job) -> None:
    inputs = sample("fish_jobs")
    job.inputs(*inputs)
    shown = run_command(driver, job, "--dryRun")
    assert shown.returncode == 0, shown.stderr
    assert job.outputs() == []
    home = Path(importlib.import_module("pyspark").__path__[0], "bin")
    environment = driver.environment | {"PATH": f"{home}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", shown.stdout], cwd=job.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert job.outputs() == expected(MAPPER, REDUCER, inputs, 2)
