"""A real Spark standalone cluster on loopback: a master and two workers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from tests.oracle import REPOSITORY

_PATIENCE = 90.0
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_CONNECT = "org.apache.spark.sql.connect.service.SparkConnectServer"
#: The configuration of every job here: quick to start, and small.
_DEFAULTS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    # There is place for three applications at a time, each on both workers.
    "spark.cores.max": "2",
    "spark.python.worker.memory": "64m",
    # Map outputs of a worker that was killed are not there the second time either.
    "spark.shuffle.io.maxRetries": "1",
    "spark.shuffle.io.retryWait": "100ms",
    # A backup comes early, so that a test need not wait for it.
    "spark.speculation": "true",
    "spark.speculation.interval": "200ms",
    "spark.speculation.multiplier": "3",
    "spark.speculation.quantile": "0.7",
    "spark.speculation.minTaskRuntime": "3s",
}


def missing() -> str:
    """The reason why there can be no cluster here; "" if there can be one."""
    if find_spec("pyspark") is None:
        return "PySpark is not installed; python -m tests.spark installs it, and runs these tests"
    return no_java()


def no_java() -> str:
    """The reason why nothing of Java can run here; "" if it can."""
    return "" if which("java") else "there is no java, which Spark needs"


@dataclass
class Cluster:
    """The running processes of a cluster."""

    directory: Path
    master: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that begins a job."""
        return os.environ | {
            "SPARK_CONF_DIR": str(self.directory / "conf"),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "PYSPARK_PYTHON": sys.executable,
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])
            ),
        }

    def start(self) -> None:
        """Start all processes, and wait until both workers are registered."""
        conf = self.directory / "conf"
        conf.mkdir(parents=True)
        lines = [f"{name} {value}\n" for name, value in _DEFAULTS.items()]
        (conf / "spark-defaults.conf").write_text("".join(lines))
        log = self._begin(
            "master", _MASTER, "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"
        )
        self.master = self._waited_for(log, r"Starting Spark master at (spark://\S+)")
        for number in range(2):
            self.start_worker(number)
        for number in range(2):
            self._waited_for(self.directory / f"worker-{number}.log", "(registered) with master")

    def worker_of(self, pid: int) -> int:
        """The number of the worker below which the process *pid* runs."""
        workers = {process.pid: number for number, process in enumerate(self.processes[1:])}
        while pid not in workers:
            status = Path(f"/proc/{pid}/stat").read_text()
            pid = int(status.rpartition(")")[2].split()[1])
        return workers[pid]

    def kill_worker(self, number: int) -> None:
        """Kill a worker with its executors, and start another one in its place."""
        process = self.processes[1 + number]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.start_worker(number)
        self.processes[1 + number] = self.processes.pop()

    def start_worker(self, number: int) -> None:
        """Start one worker, which has a directory of its own."""
        # Hosts of their own: Spark starts no backup on the host of the first attempt.
        host = f"127.0.0.{number + 2}"
        options = ["--host", host, "--cores", "3", "--memory", "2g", "--port", "0"]
        options += ["--webui-port", "0"]
        work = self.directory / f"work-{number}"
        self._begin(f"worker-{number}", _WORKER, *options, "-d", str(work), self.master, ip=host)

    def start_connect(self) -> str:
        """Start a server of Spark Connect, and return its address."""
        options = ["--class", _CONNECT, "--master", self.master]
        options += ["--conf", "spark.connect.grpc.binding.address=127.0.0.1"]
        options += ["--conf", "spark.connect.grpc.binding.port=0"]
        submit = "org.apache.spark.deploy.SparkSubmit"
        log = self._begin("connect", submit, *options, "spark-internal", memory="700m")
        return "sc://" + self._waited_for(log, r"Connect server started at: (\S+)")

    def _begin(self, name: str, *words: str, ip: str = "127.0.0.1", memory: str = "128m") -> Path:
        import pyspark

        home = Path(pyspark.__file__).parent
        log = self.directory / f"{name}.log"
        with log.open("ab") as file:
            process = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=self.environment | {"SPARK_DAEMON_MEMORY": memory, "SPARK_LOCAL_IP": ip},
                cwd=REPOSITORY,
                start_new_session=True,
            )
        self.processes.append(process)
        return log

    def _waited_for(self, log: Path, pattern: str) -> str:
        deadline = time.monotonic() + _PATIENCE
        process = self.processes[-1]
        while time.monotonic() < deadline and process.poll() is None:
            found = re.search(pattern, log.read_text(errors="replace"))
            if found:
                return found[1]
            time.sleep(0.1)  # another process writes the file
        raise TimeoutError(f"{log} does not say {pattern}:\n{log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Kill all processes."""
        for process in self.processes:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


@contextmanager
def running(directory: Path) -> Iterator[Cluster]:
    """A cluster whose files are in *directory*."""
    cluster = Cluster(directory)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
