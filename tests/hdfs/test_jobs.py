"""Jobs of ``coordinator.py`` from a real HDFS to it, on our own workers."""

from __future__ import annotations

import bz2
import gzip
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.hdfs.cluster import Dfs, job_words
from tests.oracle import REPOSITORY, oracle
from tests.processes import children, tree, until

pytestmark = [pytest.mark.hdfs, pytest.mark.cluster, pytest.mark.slow]

MAPPER = str(REPOSITORY / "wordcount" / "mapper.py")
REDUCER = str(REPOSITORY / "wordcount" / "reducer.py")
PROGRAMS = (f"--mapperPath={MAPPER}", f"--reducerPath={REDUCER}")
#: A line of 33 bytes, so that no block ends where a line does.
LINE = "the quick brown fox of {:>9}\n"


def lines(count: int, first: int = 0) -> bytes:
    return b"".join(LINE.format(number % 977).encode() for number in range(first, first + count))


def expected(inputs: list[bytes], reducers: int) -> dict[str, bytes]:
    outputs = oracle([MAPPER], [REDUCER], inputs, reducers)
    return {f"{number}.out": data for number, data in enumerate(outputs)}


def test_splits_across_blocks_give_the_same_bytes(dfs: Dfs, tmp_path: Path) -> None:
    data = lines(150_000)
    dfs.put("/blocks/in/one.txt", data)
    words = ("--inputPath=hdfs:///blocks/in", "--outputPath=hdfs:///blocks/out")
    done = dfs.run(*PROGRAMS, *words, "--numReducers=3", "--splitSize=700KB", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "7 map + 3 reduce tasks" in done.stdout
    assert dfs.files("/blocks/out") == expected([data], 3)
    assert dfs.names("/blocks/out") == ["0.out", "1.out", "2.out"]


def test_directories_globs_packed_files_and_odd_names(dfs: Dfs, tmp_path: Path) -> None:
    inputs = {
        "/odd/in/1 a%20b é.txt": lines(300),
        "/odd/in/2.txt.gz": gzip.compress(lines(200, 7)),
        "/odd/in/10.txt.bz2": bz2.compress(lines(100, 9)),
        "/odd/in/11.txt": b"",
        "/odd/more/x,y.log": lines(50, 3),
        "/odd/more/deep/z.log": b"no end of line",
        "/odd/in/_hidden": b"never\n",
        "/odd/in/.hidden": b"never\n",
    }
    for name, data in inputs.items():
        dfs.put(name, data)
    uri = dfs.uri
    done = dfs.run(
        *PROGRAMS,
        f"--inputPath={uri}/odd/in",
        r"--inputPath=hdfs:/odd/more/*\,y.log,hdfs:/odd/m*/**/z.log",
        f"--outputPath={uri}/odd/out",
        "--numReducers=2",
        cwd=tmp_path,
        LC_ALL="C",
    )
    assert done.returncode == 0, done.stderr
    splits = [lines(300), lines(200, 7), lines(100, 9), b"", lines(50, 3), b"no end of line"]
    assert dfs.files("/odd/out") == expected(splits, 2)


def test_few_descriptors_a_job_directory_and_a_second_run(dfs: Dfs, tmp_path: Path) -> None:
    for number in (2, 10):
        dfs.put(f"/job/{number}.in", lines(100, number))
    words = job_words([*PROGRAMS, "--jobPath=hdfs:///job", "--numReducers=2"])
    for _ in range(2):
        done = subprocess.run(
            ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=dfs.environment(),
        )
        assert done.returncode == 0, done.stderr
    inputs = {f"{number}.in": lines(100, number) for number in (2, 10)}
    assert dfs.files("/job") == inputs | expected([lines(100, 2), lines(100, 10)], 2)


def test_from_hdfs_to_a_local_directory_and_back_without_reducers(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/mixed/a.txt", lines(1000))
    cat = ("--mapperPath=cat", "--numReducers=0")
    there = ("--inputPath=hdfs:///mixed/a.txt", "--outputPath=here", "--splitSize=10KB")
    done = dfs.run(*cat, *there, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    back = dfs.run(*cat, "--inputPath=here", "--outputPath=hdfs:///mixed/back", cwd=tmp_path)
    assert back.returncode == 0, back.stderr
    found = dfs.files("/mixed/back")
    assert b"".join(found[name] for name in sorted(found)) == lines(1000)


def test_total_order_and_bad_records(dfs: Dfs, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "#!/usr/bin/env python3\nimport sys\nfor line in sys.stdin:\n"
        "    if 'BAD' in line:\n        sys.exit(3)\n    print(line.split()[-1], 1, sep='\\t')\n"
    )
    bad.chmod(0o755)
    dfs.put("/order/in.txt", lines(4000) + b"x BAD\n" + lines(4000, 5))
    done = dfs.run(
        f"--mapperPath={bad}",
        "--reducerPath=cat",
        "--inputPath=hdfs:///order/in.txt",
        "--outputPath=hdfs:///order/out",
        "--numReducers=2",
        "--totalOrder",
        "--skipBadRecords",
        "--splitSize=60KB",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = dfs.files("/order/out")
    skipped = [name for name in found if name.endswith(".skipped")]
    assert [found[name] for name in skipped] == [b"x BAD\n"]
    keys = (found["0.out"] + found["1.out"]).splitlines()
    assert len(keys) == 8000
    assert keys == sorted(keys)


def test_a_failing_reducer_leaves_nothing(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/fails/in.txt", lines(100))
    words = ("--inputPath=hdfs:///fails/in.txt", "--outputPath=hdfs:///fails/out")
    fail = ("--reducerPath=sh -c 'cat; exit 3'", "--maxAttempts=2")
    done = dfs.run(f"--mapperPath={MAPPER}", *fail, *words, cwd=tmp_path)
    assert done.returncode == 4, done.stderr
    assert "exit code 3" in done.stderr
    assert "hadoop fs -cat" in done.stderr  # the line that repeats the task
    assert dfs.names("/fails/out") == []


def test_a_killed_worker_leaves_nothing(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/killed/in.txt", lines(100))
    reducer = tmp_path / "slow.sh"
    # Its first run writes, tells that it runs, and stays; later ones end.
    reducer.write_text(
        "#!/bin/sh\ncat\nif mkdir first 2>/dev/null; then head -c 9000000 /dev/zero; echo > ready;"
        " sleep 600; fi\n"
    )
    reducer.chmod(0o755)
    words = ("--inputPath=hdfs:///killed/in.txt", "--outputPath=hdfs:///killed/out")
    job = subprocess.Popen(
        job_words([f"--mapperPath={MAPPER}", f"--reducerPath={reducer}", *words]),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=dfs.environment(),
    )
    try:
        until(lambda: (tmp_path / "ready").exists(), lambda: dfs.files("/killed"), 60)
        work = until(lambda: dfs.names("/killed/out"), lambda: "no work directory")
        assert work == ["_temporary"]
        (pool,) = children(job.pid)
        sleeper = [pid for pid in tree(job.pid) if _command(pid) == "sleep 600"]
        worker = _ancestor_below(sleeper[0], pool)
        os.kill(worker, signal.SIGKILL)
        _, told = job.communicate(timeout=100)
    finally:
        job.kill()
    assert job.returncode == 0, told
    assert dfs.names("/killed/out") == ["0.out"]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def _ancestor_below(pid: int, top: int) -> int:
    """The child of *top* from which *pid* descends."""
    while True:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if parent == top:
            return pid
        pid = parent


def job_that_waits(dfs: Dfs, tmp_path: Path, name: str) -> subprocess.Popen[str]:
    """A job to /*name*/out whose mapper waits for the file ``go``."""
    dfs.put(f"/{name}/in.txt", lines(100))
    mapper = tmp_path / "m.sh"
    mapper.write_text("#!/bin/sh\ncat\necho > ready\nwhile [ ! -e go ]; do sleep 0.1; done\n")
    mapper.chmod(0o755)
    words = (f"--inputPath=hdfs:///{name}/in.txt", f"--outputPath=hdfs:///{name}/out")
    job = subprocess.Popen(
        job_words([f"--mapperPath={mapper}", "--reducerPath=cat", *words]),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=dfs.environment(),
    )
    until(lambda: (tmp_path / "ready").exists(), lambda: list(tmp_path.iterdir()), 60)
    return job


def ended(job: subprocess.Popen[str]) -> str:
    """The stderr of *job*, which ends or is killed."""
    try:
        return job.communicate(timeout=100)[1]
    finally:
        job.kill()


def test_an_output_directory_that_goes_is_told(dfs: Dfs, tmp_path: Path) -> None:
    job = job_that_waits(dfs, tmp_path, "goes")
    dfs.client.delete("/goes/out", True)
    (tmp_path / "go").touch()
    told = ended(job)
    assert job.returncode == 6, told
    assert "Parent directory doesn't exist: /goes/out/_temporary/" in told.splitlines()[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing(dfs: Dfs, tmp_path: Path, number: signal.Signals) -> None:
    job = job_that_waits(dfs, tmp_path, "signal")
    job.send_signal(number)
    told = ended(job)
    assert job.returncode == 130, told
    assert dfs.names("/signal/out") == []


def test_what_another_job_writes_or_has_left_is_told(dfs: Dfs, tmp_path: Path) -> None:
    job = job_that_waits(dfs, tmp_path, "left")
    job.kill()
    ended(job)
    (left,) = dfs.names("/left/out/_temporary")
    words = ("--inputPath=hdfs:///left/in.txt", "--outputPath=hdfs:///left/out")
    done = dfs.run(*PROGRAMS, *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"warning: another job writes to {dfs.uri}/left/out, or was killed there:" in done.stderr
    assert f"_temporary/{left}; if none runs" in done.stderr
    assert dfs.names("/left/out") == ["0.out", "_temporary"]


def test_blocks_that_the_name_node_refuses_are_told_first(dfs: Dfs, tmp_path: Path) -> None:
    site = (dfs.conf / "core-site.xml").read_text().replace(">1m<", ">100<")
    (tmp_path / "core-site.xml").write_text(site)
    (tmp_path / "a.in").write_text("a\n")
    words = ("--inputPath=a.in", "--outputPath=hdfs:///small")
    done = dfs.run(*PROGRAMS, *words, f"--hadoopConf={tmp_path}", cwd=tmp_path)
    assert done.returncode == 6
    (line,) = done.stderr.splitlines()
    assert "the output directory" in line
    assert "Specified block size is less than configured minimum value" in line


def test_an_input_that_changes_fails_the_job(dfs: Dfs, tmp_path: Path) -> None:
    name = dfs.put("/changes/in.txt", lines(100))
    mapper = tmp_path / "m.sh"
    mapper.write_text("#!/bin/sh\ncat\necho > ready\nwhile [ ! -e go ]; do sleep 0.1; done\n")
    mapper.chmod(0o755)
    job = subprocess.Popen(
        job_words(
            [
                f"--mapperPath={mapper}",
                "--reducerPath=cat",
                f"--inputPath={name}",
                "--outputPath=hdfs:///changes/out",
            ]
        ),
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=dfs.environment(),
    )
    try:
        until(lambda: (tmp_path / "ready").exists(), lambda: list(tmp_path.iterdir()), 60)
        dfs.put("/changes/in.txt", lines(101))
        (tmp_path / "go").touch()
        _, told = job.communicate(timeout=100)
    finally:
        job.kill()
    assert job.returncode == 3, told
    assert f"the input {name} has changed since the job was planned" in told
    assert dfs.names("/changes/out") == []


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        (["--inputPath=hdfs:///nowhere"], 3, "no such input: {uri}/nowhere"),
        (["--inputPath=hdfs:///none/*.x"], 3, "no such input: {uri}/none/*.x"),
        (["--inputPath=s3://bucket/x"], 3, "is in a file system that cannot be read here; copy"),
        (["--inputPath=hdfs:///file", "--resume"], 2, "--resume needs a journal"),
        (["--inputPath=-"], 2, "--inputPath=- keeps what comes over stdin in the output directory"),
    ],
)
def test_mistakes_are_told_in_one_line(
    dfs: Dfs, tmp_path: Path, more: list[str], code: int, text: str
) -> None:
    dfs.put("/file", b"a\n")
    done = dfs.run(*PROGRAMS, "--outputPath=hdfs:///mistakes", *more, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    (line,) = done.stderr.splitlines()
    assert text.format(uri=dfs.uri) in line


def test_permissions_are_told(dfs: Dfs, tmp_path: Path) -> None:
    name = dfs.put("/private", b"a\n")
    dfs.client.set_permission("/private", 0o600)
    words = (f"--inputPath={name}", "--outputPath=out")
    done = dfs.run(*PROGRAMS, *words, cwd=tmp_path, HADOOP_USER_NAME="nobody")
    assert done.returncode == 3
    (line,) = done.stderr.splitlines()
    assert f"cannot read {name}: Permission denied: user=nobody, access=READ" in line
    dfs.put("/halls/open/a", b"a\n")
    dfs.put("/halls/shut/a", b"a\n")
    dfs.client.set_permission("/halls/shut", 0o700)
    for pattern in ("*/*", "**", "*/a"):
        words = (f"--inputPath={dfs.uri}/halls/{pattern}", "--outputPath=out")
        done = dfs.run(*PROGRAMS, *words, cwd=tmp_path, HADOOP_USER_NAME="nobody")
        assert done.returncode == 3, pattern
        (line,) = done.stderr.splitlines()
        assert "/halls/shut" in line
        assert "Permission denied: user=nobody" in line
    (tmp_path / "a.in").write_text("a\n")
    dfs.client.mkdirs("/closed", 0o755, create_parent=True)
    words = ("--inputPath=a.in", "--outputPath=hdfs:///closed")
    done = dfs.run(*PROGRAMS, *words, cwd=tmp_path, HADOOP_USER_NAME="nobody")
    assert done.returncode == 6
    (line,) = done.stderr.splitlines()
    assert f"the output directory {dfs.uri}/closed cannot be written" in line
    assert "Permission denied: user=nobody, access=WRITE" in line


def test_workers_that_join_need_no_settings(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/joined/in.txt", lines(500))
    words = [*PROGRAMS, "--inputPath=hdfs:///joined", "--outputPath=hdfs:///joined/out"]
    words = job_words([*words, f"--listen=unix:{tmp_path}/s", "--numWorkers=1"])
    words.remove("--workers=embedded")
    environ = {**os.environ, "MAPREDUCE_TOKEN": "t" * 32}
    job = subprocess.Popen(
        words,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env=environ | {"HADOOP_CONF_DIR": str(dfs.conf)},
    )
    join = [words[0], str(REPOSITORY / "workers.py"), f"--join=unix:{tmp_path}/s", "--id=0"]
    worker = subprocess.Popen(join, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=environ)
    try:
        _, told = job.communicate(timeout=100)
    finally:
        job.kill()
        worker.terminate()
        _, own = worker.communicate()
    assert job.returncode == 0, told + own
    assert dfs.files("/joined/out") == expected([lines(500)], 1)
