"""Jobs on Spark whose inputs and outputs lie in a real HDFS."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.engines.hadoop.cluster import running_cluster
from tests.hadoop.maven import Unavailable
from tests.hdfs.cluster import Dfs
from tests.hdfs.test_jobs import MAPPER, PROGRAMS, REDUCER, expected, lines
from tests.oracle import REPOSITORY

pytestmark = [
    pytest.mark.hdfs,
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed"),
]
MASTER = ("--engine=spark", "--master=local[2]", "--property=spark.ui.enabled=false")
ON_YARN = (
    "--engine=spark",
    "--master=yarn",
    "--property=spark.ui.enabled=false",
    "--property=spark.driver.memory=512m",
    "--property=spark.executor.memory=512m",
    "--property=spark.executor.instances=1",
    # The cluster of the tests has a class for its racks that Spark has not.
    "--property=spark.hadoop.net.topology.node.switch.mapping.impl="
    "org.apache.hadoop.net.ScriptBasedMapping",
)
HOSTS = """\
import sys, pyspark
from hadoopless.engines.spark.hosts import hosts_of, numbers_at
from hadoopless.hdfs import settings
from hadoopless.job import JobSpec, Split
from hadoopless.rules import Rules
conf = pyspark.SparkConf().setMaster("local[1]").set("spark.ui.enabled", "false")
context = pyspark.SparkContext(conf=conf)
splits = tuple(Split(sys.argv[1], start, 1 << 20) for start in (0, 1 << 20))
spec = JobSpec("m", "r", splits, 1, "o", "/", rules=Rules(hdfs=settings.of_process()))
(first, second), hosts = hosts_of(context, spec), [["one", "two"], ["three"]]
numbers = numbers_at(context, hosts)
jvm = numbers._jrdd.rdd()
preferred = [jvm.preferredLocations(part).mkString(",") for part in jvm.partitions()]
print(len(first), len(second), preferred, numbers.glom().collect())
"""


def run(
    dfs: Dfs, cwd: Path, *words: str, on: Sequence[str] = MASTER
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(REPOSITORY / "coordinator.py"), *on, *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=dfs.environment())


def test_a_job_from_hdfs_to_it(dfs: Dfs, tmp_path: Path) -> None:
    data = lines(60_000)
    dfs.put("/spark/in/one é.txt", data)
    words = ("--inputPath=hdfs:///spark/in", "--outputPath=hdfs:///spark/out", "--splitSize=1MB")
    done = run(dfs, tmp_path, *PROGRAMS, *words, "--numReducers=2")
    assert done.returncode == 0, done.stderr
    assert dfs.files("/spark/out") == expected([data], 2)
    assert dfs.names("/spark/out") == ["0.out", "1.out"]


def test_a_failure_is_told_and_leaves_nothing(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/sparkfails/in.txt", lines(10))
    words = ("--inputPath=hdfs:///sparkfails/in.txt", "--outputPath=hdfs:///sparkfails/out")
    fail = "--reducerPath=sh -c 'echo why >&2; exit 3'"
    done = run(dfs, tmp_path, f"--mapperPath={MAPPER}", fail, *words)
    assert done.returncode == 4, done.stderr
    assert "reduce 0 attempt 0: ended with exit code 3" in done.stderr
    assert "why" in done.stderr
    assert dfs.names("/sparkfails/out") == []


def test_hadoop_jar(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/sparkjar/in.txt", lines(1000))
    words = ["-files", f"{MAPPER},{REDUCER}", "-mapper", "mapper.py", "-reducer", "reducer.py"]
    words += ["-input", "/sparkjar/in.txt", "-output", "/sparkjar/out"]
    done = subprocess.run(
        [str(REPOSITORY / "bin" / "hadoop"), "jar", "any.jar", *MASTER[:2], *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=dfs.environment(),
    )
    assert done.returncode == 0, done.stderr
    (part,) = expected([lines(1000)], 1).values()
    assert dfs.files("/sparkjar/out") == {"part-00000": part, "_SUCCESS": b""}


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_on_yarn_beside_its_hdfs(tmp_path: Path) -> None:
    try:
        with running_cluster(tmp_path / "cluster") as home:
            dfs = Dfs(home / "etc" / "hadoop")
            data = lines(60_000)
            dfs.put("/yarn/in.txt", data)
            words = ["--inputPath=hdfs:///yarn/in.txt", "--outputPath=hdfs:///yarn/out"]
            words += ["--numReducers=2", "--splitSize=1MB"]
            done = run(dfs, tmp_path, *PROGRAMS, *words, on=ON_YARN)
            assert done.returncode == 0, done.stderr
            assert dfs.files("/yarn/out") == expected([data], 2)
    except Unavailable as reason:
        pytest.skip(f"no cluster here: {reason}")


def test_tasks_prefer_the_hosts_of_their_blocks(dfs: Dfs, tmp_path: Path) -> None:
    name = dfs.put("/hosts.txt", lines(60_000))
    done = subprocess.run(
        [sys.executable, "-c", HOSTS, name],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env=dfs.environment(),
    )
    assert done.stdout == "1 1 ['one,two', 'three'] [[0], [1]]\n", done.stderr
