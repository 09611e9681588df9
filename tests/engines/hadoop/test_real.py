"""Jobs on a real Hadoop: its local mode, and a cluster of HDFS and YARN on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.hadoop.cluster import running_cluster
from tests.hadoop.engine import judge
from tests.hadoop.maven import Unavailable, jars
from tests.oracle import REPOSITORY
from tests.processes import until

#: Seeds of random jobs: word counts with modules, cut inputs, sorted values, jobs without reducers.
PLAIN = (1, 2, 3, 115, 129, 1037)
JAR = (1, 2, 3)


@pytest.mark.cluster
@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("door", "seeds"), [("plain", PLAIN), ("jar", JAR)])
def test_random_jobs_give_the_same_bytes(
    door: str, seeds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    try:
        jars()
    except Unavailable as reason:
        pytest.skip(f"no Hadoop to compare with: {reason}")
    assert [verdict for verdict in judge(door, seeds) if verdict[1]] == []


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of a Hadoop with a cluster."""
    try:
        with running_cluster(tmp_path_factory.mktemp("cluster") / "one") as made:
            yield made
    except Unavailable as reason:
        pytest.skip(f"no cluster here: {reason}")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a job whose mapper imports a module."""
    files = {
        "m.py": "#!/usr/bin/env python3\nimport sys, helper\nsys.exit(helper.run(sys.stdin))\n",
        "helper.py": "def run(lines):\n    for line in lines:\n"
        "        for word in line.split():\n            print(word, 1, sep='\\t')\n",
        "sum.sh": "#!/bin/sh\nexec awk '{n[$1]+=$2} END {for (w in n) print w \"\\t\" n[w]}'\n",
        "slow.sh": "#!/bin/sh\ncat\nsleep 600\n",
        "bad.sh": "#!/bin/sh\necho why not >&2\nexit 3\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "in").mkdir()
    for number in range(3):
        (tmp_path / "in" / f"{number}.in").write_text(f"a b{number}\nc a\n" * 100)
    return tmp_path


def argv(home: Path, mapper: str, *more: str) -> list[str]:
    words = [sys.executable, str(REPOSITORY / "coordinator.py"), f"--mapperPath={mapper}"]
    words += ["--reducerPath=./sum.sh", "--numReducers=2"]
    return [*words, "--engine=hadoop", f"--hadoop={home}", *more]


def run(words: list[str], place: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=place, capture_output=True, text=True, env={**os.environ})


def settled(directory: Path) -> dict[str, list[str]]:
    """The lines of each output; awk has no order."""
    return {path.name: sorted(path.read_text().splitlines()) for path in directory.iterdir()}


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_a_job_on_yarn(home: Path, place: Path) -> None:
    mine = [word for word in argv(home, "./m.py") if not word.startswith(("--hadoop", "--engine"))]
    done = run([*mine, "--inputPath=in", "--outputPath=own"], place)
    assert done.returncode == 0, done.stderr
    done = run(argv(home, "./m.py", "--inputPath=in", "--outputPath=out"), place)
    assert done.returncode == 0, done.stderr
    assert "Submitted application" in done.stderr
    assert settled(place / "out") == settled(place / "own")
    assert len(settled(place / "out")) == 2


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_a_job_from_hdfs_to_hdfs(home: Path, place: Path) -> None:
    hadoop = str(home / "bin" / "hadoop")
    run([hadoop, "fs", "-mkdir", "-p", "/in"], place)
    run([hadoop, "fs", "-put", "in/0.in", "in/1.in", "/in"], place)
    done = run(argv(home, "./m.py", "--inputPath=hdfs:///in", "--outputPath=hdfs:///out"), place)
    assert done.returncode == 0, done.stderr
    told = run([hadoop, "fs", "-cat", "/out/part-*"], place).stdout
    assert sorted(told.split("\n")) == ["", "a\t400", "b0\t100", "b1\t100", "c\t200"]


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_a_job_that_fails_on_yarn(home: Path, place: Path) -> None:
    options = ["--inputPath=in", "--outputPath=out", "--no-preflight", "--maxAttempts=2"]
    done = run(argv(home, "./bad.sh", *options), place)
    assert done.returncode == 4
    end = done.stderr[done.stderr.rindex("coordinator.py: job_") :]
    assert "subprocess failed with code 3" in end
    assert "its logs: yarn logs -applicationId application_" in end
    assert list((place / "out").iterdir()) == []


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_ctrl_c_kills_the_job_on_yarn(home: Path, place: Path) -> None:
    options = ["--inputPath=in", "--outputPath=out", "--no-preflight"]
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(argv(home, "./slow.sh", *options), cwd=place, stderr=log)
    said = place / "log"
    until(lambda: "Running job: " in said.read_text(), said.read_text, 120)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
    job = said.read_text().split("Running job: ")[1].split()[0]
    told = run([str(home / "bin" / "mapred"), "job", "-list", "all"], place).stdout
    (line,) = [line for line in told.splitlines() if job in line]
    assert "KILLED" in line
    assert list((place / "out").iterdir()) == []
