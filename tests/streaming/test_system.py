"""``bin/hadoop`` with real processes and real faults: who dies on the way, and what is left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.pools import REPOSITORY, Coordinated, OurPool, OurPoolFactory
from tests.processes import table, tree, until, until_gone
from tests.system.jobs import Gate, Job, Running

pytestmark = pytest.mark.cluster

BIN = REPOSITORY / "bin"

#: A map for each.
INPUTS = [b"b\t%d\na\t%d\nc\t%d\n" % (i, i, i) for i in range(4)]
RECORDS = sorted(b"".join(INPUTS).splitlines(keepends=True))


@pytest.fixture(scope="module")
def pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Three workers; the tests here kill them now and then."""
    with our_pool(3) as running:
        yield running


@pytest.fixture
def job(pool: OurPool, request: pytest.FixtureRequest) -> Job:
    """A new directory with inputs, and another one for temporary files."""
    job = Job(pool.root, re.sub(r"\W", "-", request.node.name))
    job.inputs(*INPUTS)
    (job.path / "tmp").mkdir()
    return job


@contextmanager
def started(workers: str, job: Job, argv: list[str], **environment: str) -> Iterator[Running]:
    """A command in the directory of *job* while it runs; it is the leader of its group."""
    number = len(list(job.path.glob("*.stdout")))
    files = [job.path / f"{number}.{name}" for name in ("stdout", "stderr")]
    ours = {"MAPREDUCE_PYTHON": sys.executable, "MAPREDUCE_WORKERS": workers}
    place = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "TMPDIR": str(job.path / "tmp"),
        "XDG_DATA_HOME": str(job.path / "share"),
    }
    with files[0].open("wb") as out, files[1].open("wb") as err:
        process = subprocess.Popen(
            argv,
            cwd=job.path,
            env={**os.environ, **ours, **place, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    try:
        yield Running(process, *files)
    finally:
        process.kill()
        process.wait()


def run(workers: str, job: Job, argv: list[str], **environment: str) -> Coordinated:
    """A command in the directory of *job*, to its end."""
    with started(workers, job, argv, **environment) as running:
        return running.end()


def words(
    *more: str,
    front: str = f"{BIN}/hadoop jar any.jar",
    mapper: str = "cat",
    reducer: str = "cat",
    inputs: str = "*.in",
    output: str = "out",
) -> list[str]:
    """The words of a command."""
    job = ["-input", inputs, "-output", output, "-mapper", mapper, "-reducer", reducer]
    return [*front.split(), *more, *job]


def urls(pool: OurPool) -> str:
    return ",".join(pool.urls)


def program(gate: Gate, job: Job) -> str:
    """A gate as a command: it is there on every machine."""
    return str(job.root / gate.path)


def worker_of(program: int) -> int:
    """The process id of the worker that runs *program*: its parent's parent."""
    processes = table()
    return processes[processes[program].parent].parent


def check_output(output: Path) -> None:
    """It holds what a job of ``cat`` must give, and nothing else."""
    assert set(os.listdir(output)) == {"_SUCCESS", "part-00000"}
    lines = (output / "part-00000").read_bytes().splitlines(keepends=True)
    assert [line[:1] for line in lines] == [line[:1] for line in RECORDS]
    assert sorted(lines) == RECORDS


@pytest.mark.parametrize("phase", ["map", "reduce"])
def test_killed_worker(pool: OurPool, job: Job, phase: str):
    gate = job.gated("waits.sh")
    mapper, reducer = (program(gate, job) if phase == one else "cat" for one in ("map", "reduce"))
    argv = words(mapper=mapper, reducer=reducer)
    with started(urls(pool), job, argv) as running:
        running.comes_to(gate)
        os.kill(worker_of(gate.pids()[0]), signal.SIGKILL)
        gate.open()
        done = running.end()
    assert done.returncode == 0, done.stderr
    assert "completed successfully" in done.stderr
    assert "Status : FAILED" not in done.stderr
    check_output(job.path / "out")
    assert os.listdir(job.path / "tmp") == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(job: Job, number: signal.Signals):
    """The signal comes by Ctrl-C, which all processes of a terminal get, or from elsewhere."""
    gate = job.gated("waits.sh")
    with started("embedded", job, words("-files", "0.in", mapper=program(gate, job))) as running:
        running.comes_to(gate)
        family = tree(running.process.pid)
        if number == signal.SIGINT:
            os.killpg(running.process.pid, number)
        else:
            running.process.send_signal(number)
        done = running.end()
    assert done.returncode == 130
    assert " failed with state KILLED due to: the job was cancelled\n" in done.stderr
    assert "Traceback" not in done.stderr
    until_gone([*family, *gate.pids()])
    assert os.listdir(job.path / "out") == []
    assert os.listdir(job.path / "tmp") == []


def test_killed_client(job: Job):
    gate = job.gated("waits.sh")
    with started("embedded", job, words(mapper=program(gate, job))) as running:
        running.comes_to(gate)
        family = tree(running.process.pid)
        running.process.kill()
        until_gone([*family, *gate.pids()])
    assert os.listdir(job.path / "tmp") == []


def test_at_once_by_all_commands(pool: OurPool, job: Job):
    """The jobs do not get the directories of each other's tasks."""
    fronts = ["hadoop jar any.jar", "yarn jar any.jar", "mapred streaming"]
    gates = [job.gated(f"{front.split()[0]}.sh") for front in fronts]
    with ExitStack() as stack:
        clients = []
        for front, gate in zip(fronts, gates, strict=True):
            name = front.split()[0]
            argv = words(front=f"{BIN}/{front}", mapper=program(gate, job), output=f"{name}.out")
            clients.append(stack.enter_context(started(urls(pool), job, argv)))
        for client, gate in zip(clients, gates, strict=True):
            client.comes_to(gate)
        for gate in gates:
            gate.open()
        for client, front in zip(clients, fronts, strict=True):
            done = client.end()
            assert done.returncode == 0, done.stderr
            check_output(job.path / f"{front.split()[0]}.out")


def test_background(pool: OurPool, job: Job):
    gate = job.gated("waits.sh")
    done = run(urls(pool), job, words("-background", mapper=program(gate, job)))
    assert done.returncode == 0
    assert "Job is running in background." in done.stderr
    log = Path(done.stderr.split("Its log is ")[1].strip())
    until(gate.pids, log.read_text)
    assert not (job.path / "out" / "_SUCCESS").exists()
    gate.open()
    until((job.path / "out" / "_SUCCESS").exists, log.read_text)
    check_output(job.path / "out")


CLUSTER = """\
set -e
hadoop version | head -n 1
hdfs dfs -mkdir -p in
hdfs dfs -put *.in in
hadoop jar /usr/lib/hadoop-mapreduce/hadoop-streaming.jar \\
    -files map.sh -input in -output out -mapper map.sh -reducer 'uniq -c' -numReduceTasks 2
hdfs dfs -cat 'out/part-*' | head
hdfs dfs -ls out
hadoop fs -getmerge out merged.txt
hdfs dfs -rm -r in out
hadoop fs -test -e out || echo gone
"""


def test_script_of_a_cluster(pool: OurPool, job: Job):
    """The script runs as it is, in a directory that plays HDFS."""
    job.script("map.sh", "#!/bin/sh\nexec cut -f 1\n")
    (job.path / "hdfs").mkdir()
    done = run(
        *(urls(pool), job, ["sh", "-c", CLUSTER]),
        MAPREDUCE_FS_ROOT=str(job.path / "hdfs"),
    )
    assert done.returncode == 0, done.stderr
    version, *lines = done.stdout.splitlines()
    assert version.startswith("Hadoop 3.")
    counts = [line.rstrip("\t").split() for line in lines[:3]]
    assert sorted(counts) == [["4", "a"], ["4", "b"], ["4", "c"]]
    assert lines[3] == "Found 3 items"
    assert [line.split()[-1] for line in lines[4:7]] == [
        "out/_SUCCESS",
        "out/part-00000",
        "out/part-00001",
    ]
    assert lines[7:] == ["Deleted in", "Deleted out", "gone"]
    merged = (job.path / "merged.txt").read_text().splitlines()
    assert merged == done.stdout.splitlines()[1:4]


def test_script_that_does_not_go_with_the_job(pool: OurPool, job: Job):
    job.script("map.sh", "#!/bin/sh\nexec cat\n")
    hdfs = job.path / "hdfs"
    hdfs.mkdir()
    argv = words(
        "-Dmapreduce.map.maxattempts=1", mapper="sh map.sh", inputs=f"file:{job.path}/0.in"
    )
    done = run(urls(pool), job, argv, MAPREDUCE_FS_ROOT=str(hdfs))
    assert done.returncode == 1
    assert "Not shipped, so that no task finds it: -files map.sh\n" in done.stderr


#: A mapper that needs two files which no option ships: one in its directory, one beside itself.
NEEDY = """\
#!/bin/sh
beside=$(dirname "$(readlink -f "$0")")/beside.txt
cat words.txt > /dev/null && cat "$beside" > /dev/null && exec cat
"""


@pytest.mark.parametrize(
    "options",
    [
        ["-mapper", "./map.sh"],
        ["-files", "map.sh", "-mapper", "map.sh"],
        ["-mapper", "map.sh", "-file", "map.sh"],
        ["-fs", "hdfs://localhost:9000", "-mapper", "./map.sh"],
        ["-jt", "local", "-mapper", "sh map.sh"],
    ],
)
def test_local_tasks_find_the_directory_of_the_client(pool: OurPool, job: Job, options: list[str]):
    """It is so in Hadoop's local mode, which an HDFS on one machine has unless YARN runs, too."""
    job.script("map.sh", NEEDY)
    for name in ("words.txt", "beside.txt"):
        (job.path / name).write_text("a\n")
    inputs = f"file:{job.path}/*.in"
    argv = [f"{BIN}/hadoop", "jar", "any.jar", *options]
    argv += ["-input", inputs, "-output", f"file:{job.path}/out", "-reducer", "cat"]
    done = run(urls(pool), job, argv)
    assert done.returncode == 0, done.stderr
    check_output(job.path / "out")
    assert sorted(os.listdir(job.path / "tmp")) == []


def test_what_a_cluster_does_not_find_is_named_and_repeated(pool: OurPool, job: Job):
    job.script("map.sh", NEEDY)
    for name in ("words.txt", "beside.txt"):
        (job.path / name).write_text("a\n")
    hdfs = job.path / "hdfs"
    hdfs.mkdir()
    argv = [f"{BIN}/hadoop", "jar", "any.jar", "-files", "map.sh", "-mapper", "map.sh"]
    argv += ["-input", f"file:{job.path}/0.in", "-output", f"file:{job.path}/out"]
    for name, shipped in (("words.txt", "map.sh"), ("beside.txt", "map.sh,words.txt")):
        argv[4] = shipped
        done = run(urls(pool), job, argv, MAPREDUCE_FS_ROOT=str(hdfs))
        assert done.returncode == 1
        assert f"let it go with the job: -files {name}" in done.stderr
        again = done.stderr.split("to run just this task by hand:\n")[1].splitlines()[0]
        by_hand = subprocess.run(["sh", "-c", again], capture_output=True, text=True)
        assert by_hand.returncode == 1
        assert f"{name}: No such file" in by_hand.stderr
        shutil.rmtree(job.path / "out")


def test_failing_mapper(pool: OurPool, job: Job):
    """The mapper's stderr is told once, and kept for each attempt where Hadoop keeps it."""
    source = "#!/bin/sh\ncat > /dev/null\necho some advice >&2\nexit 3\n"
    job.script("bad.sh", source)
    done = run(
        *(urls(pool), job, words("-files", "bad.sh", "-Dmapreduce.job.maps=1", mapper="bad.sh")),
        HADOOP_LOG_DIR=str(job.path / "logs"),
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    attempts = re.findall(r"Task Id : (attempt_\w+), Status : FAILED\n", done.stderr)
    assert len(attempts) >= 4
    assert done.stderr.count("some advice") == 1
    what = "ended with exit code 3 (PipeMapRed.waitOutputThreads(): subprocess failed with code 3)"
    failed = f" failed with state FAILED due to: Task failed task_\\w+: {re.escape(what)}\n"
    assert re.search(failed, done.stderr)
    assert done.stderr.endswith("Streaming Command Failed!\n")
    logs = sorted((job.path / "logs").glob("userlogs/application_*/attempt_*/stderr"))
    assert [log.parent.name for log in logs] == sorted(attempts)
    assert {log.read_text() for log in logs} == {"some advice\n"}
    assert os.listdir(job.path / "out") == []


TOO_MANY = "seq {} | sed 's/.*/reporter:counter:g,c&,1/' >&2; cat"


def test_too_many_counters_fail_a_task_or_the_job(pool: OurPool, job: Job):
    """The limits are those of Hadoop, whose own counters of a job of maps and reduces are eight."""
    lines = {
        "task": TOO_MANY.format(120),
        "job": TOO_MANY.format(113),
        "none": TOO_MANY.format(112),
    }
    ended = {}
    for name, line in lines.items():
        job.script(f"{name}.sh", f"#!/bin/sh\n{line}\n")
        argv = words(
            *("-files", f"{name}.sh", "-Dmapreduce.map.maxattempts=1"),
            *(f"-Dmapreduce.job.name={name}",),
            mapper=f"{name}.sh",
            output=name,
        )
        ended[name] = run(urls(pool), job, argv)
    assert [done.returncode for done in ended.values()] == [1, 1, 0]
    assert "Too many counters: 121 max=120" in ended["task"].stderr
    assert os.listdir(job.path / "task") == []
    assert "LimitExceededException: Too many counters: 121 max=120" in ended["job"].stderr
    assert (job.path / "job" / "_SUCCESS").exists()


def test_a_failed_job_leaves_an_empty_output(pool: OurPool, job: Job):
    """Hadoop does so; the logs are in YARN's directory, where those of yesterday are removed."""
    logs = (
        job.path / "share" / "mapreduce" / "hdfs" / "tmp" / "hadoop-yarn" / "staging" / "userlogs"
    )
    old, other = logs / "application_1_0001", logs / "mine"
    for directory in (old, other):
        directory.mkdir(parents=True)
        os.utime(directory, (0, 0))
    log = logs.parent / "job_1_0001.log"
    log.touch()
    os.utime(log, (0, 0))
    done = run(urls(pool), job, words(mapper="false"))
    assert done.returncode == 1
    assert os.listdir(job.path / "out") == []
    assert not old.exists()
    assert not log.exists()
    assert other.exists()
    assert list(logs.glob("application_*/attempt_*/stderr"))


def test_a_job_without_cleanup_keeps_the_directory_of_its_attempts(pool: OurPool, job: Job):
    skipped = "-Dmapreduce.fileoutputcommitter.cleanup.skipped=true"
    assert run(urls(pool), job, words(skipped)).returncode == 0
    assert (job.path / "out" / "_temporary" / "0" / "_temporary").is_dir()


def test_client_without_streams(job: Job):
    """Some schedulers of jobs start clients so."""
    argv = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words()]
    assert run("embedded", job, argv).returncode == 0
    check_output(job.path / "out")


def test_nobody_reads_the_log(pool: OurPool, job: Job):
    script = 'exec 3> status; { "$@" 2>&1; echo $? >&3; } | true'
    assert run(urls(pool), job, ["sh", "-c", script, "sh", *words()]).returncode == 0
    assert (job.path / "status").read_text() == "0\n"
    check_output(job.path / "out")


def test_stopped_before_it_has_workers(job: Job):
    """Nobody is there to hear the first word of the workers."""
    with started("embedded", job, words("-files", "0.in")) as running:
        until(lambda: "Running job" in running.stderr(), running.stderr)
        running.process.terminate()
        done = running.end()
    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert os.listdir(job.path / "tmp") == []
