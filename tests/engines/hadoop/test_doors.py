"""Whole jobs of both front doors, with a Hadoop that only tells how it was called."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.hadoop.fakes import SUBMITTED, WRITES, called, fake_hadoop
from tests.oracle import REPOSITORY
from tests.processes import until

FAILS = """\
echo 'Error: java.lang.RuntimeException: subprocess failed with code 3' >&2
echo 'INFO mapreduce.Job: Job job_17_0001 failed with state FAILED due to: Task failed' >&2
exit 1
"""
COUNTS = r"""
printf 'INFO mapreduce.Job: Counters: 1\n\tMine\n\t\tseen=4\n\tJob Counters \n\t\tother=1\n' >&2
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a job."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "in").write_bytes(b"b 1\na 2\n")
    (work / "m.sh").write_text("#!/bin/sh\ncat\n")
    (work / "m.sh").chmod(0o755)
    return work


def environment(**more: str) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    return {"PATH": path, "MAPREDUCE_HISTORY": "off", "MAPREDUCE_PYTHON": sys.executable, **more}


def plain_argv(home: Path, *more: str) -> list[str]:
    argv = [sys.executable, str(REPOSITORY / "coordinator.py"), "--mapperPath=./m.sh"]
    argv += ["--reducerPath=cat", "--inputPath=in", "--outputPath=out", "--engine=hadoop"]
    return [*argv, f"--hadoop={home}", *more]


def jar_argv(home: Path, *more: str) -> list[str]:
    argv = [str(REPOSITORY / "bin" / "hadoop"), "jar", "any.jar", "--engine=hadoop"]
    options = [word for word in more if word.startswith("--")]
    words = [word for word in more if not word.startswith("--")]
    words = words or ["-files", "m.sh", "-input", "in", "-output", "o", "-mapper", "m.sh"]
    return [*argv, f"--hadoop={home}", *options, *words]


def run(argv: list[str], place: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv,
        cwd=place,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


# coordinator.py ---------------------------------------------------------------------------------


def test_a_plain_job(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", SUBMITTED + WRITES + COUNTS)
    done = run(plain_argv(home, "--no-preflight"), place, HADOOP_HOME=str(REPOSITORY))
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (place / "out").iterdir()] == ["0.out"]
    assert (place / "out" / "0.out").read_bytes() == b"a\t1\n"
    assert "Running job: job_17_0001" in done.stderr
    assert "2 map + 1 reduce tasks" in done.stdout
    assert "counters of Mine:\n    seen=4\n  output: out/0.out" in done.stdout
    assert "-mapper ./m.sh -reducer cat" in called(home)
    assert f"HADOOP_HOME={home}\n" in (home / "env").read_text()


def test_the_end_as_an_object_and_nothing_else(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    done = run(plain_argv(home, "--no-preflight", "--json", "--quiet"), place)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert (told["status"], told["outputs"]) == ("succeeded", ["out/0.out"])


def test_a_dry_run_starts_nothing(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    done = run(plain_argv(home, "--dryRun"), place)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{home}/bin/hadoop jar {home}/share/hadoop/tools/lib/hadoop-streaming")
    assert f"-files file://{place}/m.sh -input" in line
    assert called(home) == ""
    done = run(jar_argv(home, "--dryRun"), place)
    assert (done.returncode, called(home)) == (0, "")
    assert done.stdout.endswith("3.3.4.jar -files m.sh -input in -output o -mapper m.sh\n")


def test_a_plain_job_that_fails(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", SUBMITTED + FAILS)
    done = run(plain_argv(home, "--no-preflight"), place)
    assert done.returncode == 4
    assert done.stderr.endswith(
        "coordinator.py: job_17_0001: the job failed on Hadoop: subprocess failed with code 3\n"
        "  its logs: yarn logs -applicationId application_17_0001\n"
    )
    assert list((place / "out").iterdir()) == []


def test_a_job_that_hadoop_does_not_take(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", "echo 'ERROR: JAVA_HOME is not set' >&2; exit 1\n")
    done = run(plain_argv(home, "--no-preflight", "--quiet"), place)
    assert done.returncode == 5
    assert done.stderr == "coordinator.py: Hadoop has not taken the job: JAVA_HOME is not set\n"


def test_an_output_of_hadoop_that_is_missing(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", SUBMITTED + WRITES)
    done = run(plain_argv(home, "--no-preflight", "--numReducers=2"), place)
    assert done.returncode == 6
    assert "Hadoop has ended well and left 1 of 2 outputs" in done.stderr


def test_an_output_in_another_file_system(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", SUBMITTED)
    argv = [word for word in plain_argv(home, "--no-preflight") if "outputPath" not in word]
    done = run([*argv, "--outputPath=hdfs:///o"], place)
    assert done.returncode == 0, done.stderr
    assert "output: hdfs:///o" in done.stdout
    assert "-output hdfs:///o" in called(home)


def test_no_real_hadoop(place: Path) -> None:
    argv = [word for word in plain_argv(place) if "--hadoop" not in word]
    done = run(argv, place, PATH=f"{REPOSITORY}/bin:{os.defpath}")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "there is no real Hadoop: none is in PATH" in done.stderr


def test_a_loop_through_another_name_ends(place: Path, tmp_path: Path) -> None:
    """A script that calls our own command, of which nothing tells that it does."""
    script = f"exec '{REPOSITORY}/bin/hadoop' \"$@\"\n"
    home = fake_hadoop(tmp_path / "h", script)
    done = run(plain_argv(home, "--no-preflight"), place)
    assert done.returncode == 5
    assert "this is hadoopless, started in place of a real Hadoop" in done.stderr
    assert called(home).count("hadoop jar") == 1


# The preflight ----------------------------------------------------------------------------------


@pytest.mark.cluster
def test_a_mistake_is_found_before_hadoop_starts(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    (place / "m.sh").write_text("#!/bin/sh\necho oops >&2\nexit 3\n")
    done = run(plain_argv(home), place)
    assert done.returncode == 4
    assert "This was the preflight" in done.stderr
    assert "ended with exit code 3" in done.stderr
    assert "oops" in done.stderr
    done = run(jar_argv(home), place)
    assert done.returncode == 1
    assert "This was the preflight" in done.stderr
    assert "oops" in done.stderr
    assert called(home) == ""


@pytest.mark.cluster
def test_a_job_that_passes_the_preflight(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    done = run(plain_argv(home), place)
    assert done.returncode == 0, done.stderr
    assert "preflight: the job runs on the first 8 bytes of its input" in done.stderr
    done = run(jar_argv(home), place)
    assert done.returncode == 0, done.stderr
    assert "preflight: the job runs on the first records of its input" in done.stderr


def test_what_cannot_be_tried_out_here(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    argv = [word for word in plain_argv(home) if "--inputPath" not in word]
    done = run([*argv, "--inputPath=hdfs:///in"], place)
    assert done.returncode == 0, done.stderr
    assert "preflight: the inputs are not on this machine" in done.stderr
    (home / "etc" / "hadoop").mkdir(parents=True)
    (home / "etc" / "hadoop" / "core-site.xml").write_text(
        "<configuration><property><name>fs.defaultFS</name><value>hdfs://n</value></property>"
        "</configuration>"
    )
    done = run(jar_argv(home), place)
    assert "preflight: the inputs are not on this machine" in done.stderr
    words = ["-fs", "file:///", "-input", "in", "-output", "o", "-mapper", "my.own.Mapper"]
    done = run(jar_argv(home, *words, "-inputformat", "my.own.Format"), place)
    assert done.returncode == 0, done.stderr
    assert "preflight: not run here: " in done.stderr
    assert "-mapper my.own.Mapper" in called(home)


# hadoop jar -------------------------------------------------------------------------------------


def test_a_job_of_hadoop_jar(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", "echo out; echo err >&2; exit 0\n")
    done = run(jar_argv(home, "--no-preflight"), place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")
    assert called(home).endswith("3.3.4.jar -files m.sh -input in -output o -mapper m.sh\n")


def test_a_job_of_hadoop_jar_that_fails(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h", SUBMITTED + FAILS.replace("exit 1", "exit 7"))
    done = run(jar_argv(home, "--no-preflight"), place)
    assert done.returncode == 7
    assert done.stderr.endswith(
        "the job failed on Hadoop: subprocess failed with code 3; its logs: yarn logs"
        " -applicationId application_17_0001\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["-nosuch"], 1, "Unrecognized option: -nosuch"),
        (["-input", "in"], 1, "Required argument: -output"),
        (["-D"], 1, "options parsing failed: Missing argument for option: D"),
        (["-files"], 1, "usage: general options are:"),
        (["-files", "nope", "-input", "in", "-output", "o"], 1, "File nope does not exist"),
        (["-files", "-input", "in", "-output", "o"], 1, "File -input does not exist"),
        (["-input", "in", "-output", "o", "-file", "nope"], 1, "nope does not exist"),
        (
            ["-D", "stream.sort.values=true", "-input", "in", "-output", "o"],
            2,
            "stream.sort.values cannot be had with --engine=hadoop",
        ),
        (
            ["-input", "in", "-output", "o", "-partitioner", "./m.sh"],
            2,
            "-partitioner ./m.sh: a program cannot be had",
        ),
        (
            ["-files", "crlf.sh", "-input", "in", "-output", "o", "-mapper", "crlf.sh"],
            1,
            "-mapper crlf.sh: its #! line ends with a carriage return",
        ),
    ],
)
def test_mistakes_in_words(
    words: list[str], code: int, says: str, place: Path, tmp_path: Path
) -> None:
    (place / "crlf.sh").write_bytes(b"#!/bin/sh\r\ncat\r\n")
    home = fake_hadoop(tmp_path / "h")
    done = run(jar_argv(home, *words), place)
    assert done.returncode == code
    assert says in done.stderr + done.stdout
    assert called(home) == ""


def test_a_program_that_does_not_go_with_the_job(place: Path, tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    words = ["-input", "in", "-output", "o", "-mapper", "m.sh"]
    done = run(jar_argv(home, "--no-preflight", *words), place)
    assert done.returncode == 0
    assert "m.sh lies here, but does not go with the job; a cluster needs -files" in done.stderr


# The end by a signal ----------------------------------------------------------------------------


@pytest.fixture(params=[plain_argv, jar_argv])
def running(
    request: pytest.FixtureRequest, place: Path, tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A job that waits, and the home of its Hadoop."""
    home = fake_hadoop(tmp_path / "h", SUBMITTED + f"touch '{tmp_path}/h/up'\nsleep 600\n")
    process = subprocess.Popen(
        request.param(home, "--no-preflight"),
        cwd=place,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: (home / "up").exists(), lambda: called(home))
    yield process, home
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_job_is_killed(
    running: tuple[subprocess.Popen[str], Path], number: signal.Signals
) -> None:
    process, home = running
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "the job was cancelled" in said
    assert called(home).splitlines()[-1] == "mapred job -kill job_17_0001"
