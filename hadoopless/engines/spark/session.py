"""Starts Spark for one job, and says in one line why it cannot be started."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, Any

from msgspec import Struct

from hadoopless import installation
from hadoopless.errors import NoWorkersError, UsageError
from hadoopless.job import JobSpec

_MASTER = "spark.master"
_CONNECT = "sc:"
#: Variables that PySpark sets in the processes of executors.
CHANGED = ("PYTHONPATH", "PYTHONHASHSEED")


class Choice(Struct, frozen=True):
    """The Spark that a user wants: properties by their names, among them the master."""

    properties: Mapping[str, str]
    #: A slow task gets a second attempt.
    speculate: bool = True
    #: The words of Spark's own processes are shown.
    verbose: bool = False

    @property
    def master(self) -> str:
        """The URL of the master; "" if Spark's own configuration has to name it."""
        return self.properties.get(_MASTER, "")

    def plan_of(self, spec: JobSpec) -> list[str]:
        """The lines that tell how Spark would run *spec*, for a user who only wants to see that."""
        tasks = f"map: {len(spec.splits)}, reduce: {spec.num_reducers}"
        properties = [f"  {name}={value}" for name, value in sorted(self.properties.items())]
        return [f"Spark would run these numbers of tasks: {tasks}; with", *properties]


def choice_of(
    master: str | None, properties: Mapping[str, str], *, speculate: bool, verbose: bool
) -> Choice:
    """The choice behind options; raises UsageError for what cannot be had, before anything runs."""
    properties = dict(properties)
    for name in properties:
        if not name.startswith("spark."):
            raise UsageError(f"--property: with --engine=spark, {name} must begin with spark.")
    if master is not None:
        properties[_MASTER] = master
    if not properties.get(_MASTER):
        raise UsageError(
            "--engine=spark needs --master=URL, such as spark://host:7077, yarn, or local[4]"
        )
    if properties[_MASTER].startswith(_CONNECT):
        raise UsageError(
            f"--master={properties[_MASTER]}: Spark Connect has no RDDs, which this engine needs;"
            " name the master itself, such as spark://host:7077"
        )
    _check_installed()
    return Choice(properties, speculate, verbose)


def _check_installed() -> None:
    if find_spec("pyspark") is None:
        command = "pip install 'hadoopless[spark]'"
        if installation.IS_CHECKOUT:
            command = "pip install pyspark"
        raise UsageError(f"--engine=spark needs PySpark, which is not installed; run: {command}")
    home = os.environ.get("JAVA_HOME")
    if not (os.path.isfile(os.path.join(home, "bin", "java")) if home else shutil.which("java")):
        raise UsageError("--engine=spark needs Java, which is neither in JAVA_HOME nor in PATH")


@contextmanager
def started(choice: Choice, name: str, max_failures: int) -> Iterator[Any]:
    """A SparkContext, which is stopped in the end; raises NoWorkersError.

    *name* is that of the application, and *max_failures* the attempts that a task may have. Where
    this process has a context already, as in a notebook, that one is used, and stays.
    """
    import pyspark

    if pyspark.SparkContext._active_spark_context is not None:
        yield pyspark.SparkContext.getOrCreate()
        return
    conf = pyspark.SparkConf().setAppName(name)
    # A checkout is no installed package: its tasks find it by the same path.
    path = os.pathsep.join(filter(None, [installation.ABOVE, os.environ.get("PYTHONPATH")]))
    settings = {
        "spark.task.maxFailures": str(max_failures),
        "spark.speculation": str(choice.speculate).lower(),
        "spark.ui.showConsoleProgress": "false",
        "spark.executorEnv.PYTHONPATH": path,
        **choice.properties,
    }
    for key, value in settings.items():
        conf.set(key, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    handler = signal.getsignal(signal.SIGINT)
    with tempfile.TemporaryFile() as said:
        try:
            with _into(said, choice.verbose):
                context = pyspark.SparkContext(conf=conf)
        except Exception as error:  # of any kind: Java's and PySpark's own
            reason = reason_of(error) if "GATEWAY" not in str(error) else _last_line(said)
            raise NoWorkersError(
                f"Spark cannot be started with --master={choice.master}: {reason}"
            ) from error
        finally:
            _restore(handler)
        try:
            yield context
        finally:
            context.stop()


def _restore(handler: Any) -> None:
    """PySpark has its own handler of Ctrl-C, which the job has not to meet."""
    try:
        signal.signal(signal.SIGINT, handler)
    except ValueError:
        pass  # not in the main thread, where PySpark sets none either


@contextmanager
def _into(said: IO[bytes], verbose: bool) -> Iterator[None]:
    """Let processes that begin meanwhile write to *said*, not to our stdout and stderr."""
    if verbose:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [(os.dup(descriptor), descriptor) for descriptor in (1, 2)]
    try:
        for _, descriptor in kept:
            os.dup2(said.fileno(), descriptor)
        yield
    finally:
        for copy, descriptor in kept:
            os.dup2(copy, descriptor)
            os.close(copy)


def _last_line(said: IO[bytes]) -> str:
    """The last line that Spark's processes have written."""
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason given")


def reason_of(error: BaseException) -> str:
    """The reason in an error of Spark's or PySpark's, in one line."""
    java = getattr(error, "java_exception", None)
    text = str(java.getMessage() or java.toString()) if java is not None else str(error)
    if "No module named 'hadoopless'" in text:
        return (
            "hadoopless is not installed for the Python of Spark's executors"
            " (spark.pyspark.python, or PYSPARK_PYTHON)"
        )
    if "PythonException" in text:
        # The last line of a Python trace says what it was.
        trace = text.partition("PythonException")[2].partition("\n\n")[0]
        lines = [line for line in trace.split("\n") if line and not line.startswith((" ", "\t"))]
        return lines[-1]
    return text.strip().split("\n")[0] or type(error).__name__
