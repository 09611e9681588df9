"""Starts Spark for one job, and says in one line why it cannot be started."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import IO, Any

from msgspec import Struct

from hadoopless import installation
from hadoopless.engines.spark.transports.frames import SETTINGS, Frames
from hadoopless.engines.spark.transports.rdds import Rdds
from hadoopless.engines.spark.transports.transport import Transport
from hadoopless.entry.secrets import without_secret
from hadoopless.errors import NoWorkersError, UsageError

#: The property of the master.
MASTER = "spark.master"
_CONNECT = "sc://"
#: The line of an error of gRPC that says what it was.
_DETAILS = re.compile(r'\n\s*details = "(.*)"\n')
_PROGRAM = re.compile(r'Cannot run program "([^"]+)"')
_TRACE = "Traceback (most recent call last):"
#: Attempts to reach a server of Spark Connect before the job is given up, with some seconds in all.
_TRIES = 3
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
        return self.properties.get(MASTER, "")

    @property
    def connects(self) -> bool:
        """The master is a server of Spark Connect."""
        return self.master.startswith(_CONNECT)

    @property
    def told(self) -> dict[str, str]:
        """The properties for other eyes: without secrets."""
        words = [without_secret(f"{name}={value}") for name, value in self.properties.items()]
        return {name: value for name, _, value in (word.partition("=") for word in words)}


def choice_of(
    master: str | None, properties: Mapping[str, str], *, speculate: bool, verbose: bool
) -> Choice:
    """The choice behind options; raises UsageError for what cannot be had, before anything runs."""
    properties = dict(properties)
    for name in properties:
        if not name.startswith("spark."):
            raise UsageError(f"--property: with --engine=spark, {name} must begin with spark.")
    if master is not None:
        properties[MASTER] = master
    if not properties.get(MASTER):
        raise UsageError(
            "--engine=spark needs --master=URL, such as spark://host:7077, yarn, local[4], or"
            " sc://host of Spark Connect"
        )
    choice = Choice(properties, speculate, verbose)
    if choice.connects:
        _check_installed("pyspark", "grpc", "pandas", "pyarrow", extra="connect")
    else:
        _check_installed("pyspark")
        _check_java()
    return choice


def _check_installed(*modules: str, extra: str = "") -> None:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        command = "pip install 'hadoopless[spark]'"
        if extra or installation.IS_CHECKOUT:
            command = f"pip install 'pyspark[{extra}]'" if extra else "pip install pyspark"
        name = "PySpark" if "pyspark" in missing else f"Spark Connect ({', '.join(missing)})"
        raise UsageError(f"--engine=spark needs {name}, which is not installed; run: {command}")


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (os.path.isfile(os.path.join(home, "bin", "java")) if home else shutil.which("java")):
        raise UsageError("--engine=spark needs Java, which is neither in JAVA_HOME nor in PATH")


@contextmanager
def started(choice: Choice, name: str, max_failures: int) -> Iterator[Transport]:
    """A connection to Spark, which ends in the end; raises NoWorkersError.

    *name* is that of the application, and *max_failures* the attempts that a task may have.
    """
    if choice.connects:
        with _connected(choice) as session:
            yield Frames(session)
    else:
        with _context(choice, name, max_failures) as context:
            yield Rdds(context)


@contextmanager
def _connected(choice: Choice) -> Iterator[Any]:
    """A session of Spark Connect."""
    try:
        with warnings.catch_warnings():  # of versions of pandas, which is not used here
            warnings.simplefilter("ignore")
            session = _new_session(choice)
    except Exception as error:  # of any kind: gRPC's and PySpark's own
        raise NoWorkersError(
            f"Spark Connect cannot be used at {choice.told[MASTER]}: {reason_of(error)}"
        ) from error
    try:
        yield session
    finally:
        session.stop()


def _new_session(choice: Choice) -> Any:
    from pyspark.sql.connect.client.retries import DefaultPolicy
    from pyspark.sql.connect.dataframe import DataFrame
    from pyspark.sql.connect.session import SparkSession

    if not hasattr(DataFrame, "repartitionById"):
        raise NoWorkersError("the PySpark here is older than 4.1")
    session = SparkSession(choice.master)
    try:
        session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
        settings = {**SETTINGS, **choice.properties}
        del settings[MASTER]
        for key, value in settings.items():
            session.conf.set(key, value)
        session.client.set_retry_policies([DefaultPolicy()])
    except BaseException:
        session.client.close()
        raise
    return session


@contextmanager
def _context(choice: Choice, name: str, max_failures: int) -> Iterator[Any]:
    """A SparkContext.

    Where this process has a context already, as in a notebook, that one is used, and stays.
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
            reason = reason_of(error) if "GATEWAY" not in str(error) else _reason_in(said)
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


def _reason_in(said: IO[bytes]) -> str:
    """The reason why Spark's processes have ended, in what they have written."""
    said.seek(0)
    text = said.read().decode("utf-8", "replace")
    if "UnsupportedClassVersionError" in text:
        return "its Java is too old; Spark 4 needs Java 17 or newer (JAVA_HOME)"
    # Neither the trace of Java behind it, nor that Spark's script has found no command then.
    lines = [line.strip() for line in text.split("\n") if "bad array subscript" not in line]
    told = [line for line in lines if line and not line.startswith("at ")]
    return told[-1] if told else "no reason given"


def reason_of(error: BaseException) -> str:
    """The reason in an error of Spark's or PySpark's, in one line."""
    java = getattr(error, "java_exception", None)
    text = str(java.getMessage() or java.toString()) if java is not None else str(error)
    if details := _DETAILS.search(text):
        return details[1]
    if "No module named 'hadoopless'" in text:
        return (
            "hadoopless is not installed for the Python of Spark's executors"
            " (spark.pyspark.python, or PYSPARK_PYTHON)"
        )
    if program := _PROGRAM.search(text):
        return (
            f"the Python of Spark's executors cannot be started: {program[1]}"
            " (spark.pyspark.python, or PYSPARK_PYTHON)"
        )
    if "stopped SparkContext" in text:
        return "its master cannot be reached, or has ended the application"
    if trace := text.partition(_TRACE)[2].partition("\n\n")[0]:
        # The last line of a Python trace says what it was.
        lines = [line for line in trace.split("\n") if line and not line.startswith((" ", "\t"))]
        if lines:
            return lines[-1]
    return text.strip().split("\n")[0] or type(error).__name__
