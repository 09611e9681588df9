"""A Python process of a Spark executor, made a worker: its services, and the check of its place."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import MutableMapping

from hadoopless import __version__
from hadoopless.data.machine import kernels
from hadoopless.data.program.commands import Root
from hadoopless.engines.spark.place import Place
from hadoopless.errors import MapReduceError, WorkerError
from hadoopless.hdfs.files import found
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName, is_hdfs
from hadoopless.worker.services import Services, Settings

#: Variables of Spark's own, which users' programs do not inherit.
_OF_SPARK = ("SPARK_", "PYSPARK_", "_PYSPARK")
_made: list[Services] = []


def services(place: Place) -> Services:
    """The services of this process, made for the first task that it runs.

    The process may be killed at any time: then its spawner kills the programs.
    """
    if not _made:
        _check_version(place)
        kernels.load()
        spill = _spill_directory(keep=place.spec.rules.keep_failed)
        restore_environment(os.environ, place)
        settings = Settings(
            root="/", memory=place.memory, spill_directory=spill, inventory=(), token=""
        )
        _made.append(Services(settings, name(), lambda: "", lambda url: None))
    return _made[0]


def name() -> str:
    """The executor for people: its machine, and the process that starts its Python processes."""
    return f"{socket.gethostname()}/{os.getppid()}"


def trouble_of(place: Place) -> str:
    """The reason why no task of the job can run in this process; "" if there is none."""
    host = socket.gethostname()
    try:
        services(place)
    except MapReduceError as error:
        return f"on {host}: {error}"
    spec = place.spec
    first = spec.splits[0].path if spec.splits else spec.cwd
    for path in (spec.cwd, place.staging, first):
        try:
            is_there = _is_there(Root(spec.cwd, hdfs=spec.rules.hdfs).locate(path))
        except MapReduceError as error:
            return f"on {host}: {error}"
        if not is_there:
            path = path if is_hdfs(path) else os.path.join(spec.cwd, path)
            return f"{path} is not there on {host}; every machine must see it by the same path"
    if is_hdfs(place.staging):  # an attempt will tell
        return ""
    if not os.access(place.staging, os.W_OK | os.X_OK):
        return f"{place.staging} cannot be written on {host} by the user of Spark's executors"
    return ""


def _is_there(path: Located) -> bool:
    return found(path) is not None if isinstance(path, HdfsName) else path.exists()


def _check_version(place: Place) -> None:
    if place.version != __version__:
        raise WorkerError(
            f"hadoopless has version {__version__} there, and {place.version} where the job begins;"
            " install the same one"
        )


def _spill_directory(*, keep: bool) -> str:
    """The first directory that Spark has for temporary files; one that outlasts it with *keep*."""
    directories = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    if directories[0] and not keep and os.path.isdir(directories[0]):
        return directories[0]
    return tempfile.gettempdir()


def restore_environment(environ: MutableMapping[str, str], place: Place) -> None:
    """Take out of *environ* what PySpark has put there, so that programs do not inherit it."""
    for variable in list(environ):
        if variable.startswith(_OF_SPARK):
            del environ[variable]
    for variable, value in place.environment:
        environ.pop(variable, None)
        if value is not None:
            environ[variable] = value
