"""Finds a real Hadoop on this machine, and never our own commands that have its names."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from hadoopless import installation
from hadoopless.entry import engines
from hadoopless.errors import InputError

#: The places of the streaming jar below the home of a Hadoop, and those of distributions.
_JARS = (
    "share/hadoop/tools/lib/hadoop-streaming*.jar",
    "lib/hadoop-streaming*.jar",
    "hadoop-streaming*.jar",
    "../hadoop-mapreduce/hadoop-streaming*.jar",
    "../hadoop-mapreduce-client/hadoop-streaming*.jar",
)
#: Jars beside it that hold no program.
_OTHER_JARS = ("-sources.jar", "-tests.jar", "-test-sources.jar", "-javadoc.jar")
_ADVICE = "--hadoop=DIR names the home of one, as does HADOOP_HOME"


class RealHadoop(Struct, frozen=True):
    """The commands of a real Hadoop: absolute paths."""

    #: Its command ``hadoop``.
    program: str
    #: Its command ``mapred`` beside that; "": there is none.
    mapred: str = ""
    #: Its streaming jar; "": it is not in one of the usual places.
    jar: str = ""
    #: Its home, if that is known.
    home: str = ""

    @property
    def streaming(self) -> tuple[str, ...]:
        """The words in front of the options of a streaming job."""
        if self.jar:
            return (self.program, "jar", self.jar)
        return (self.mapred, "streaming")

    @property
    def jobs(self) -> tuple[str, ...]:
        """The words in front of what is asked about jobs (``-kill``)."""
        return (self.mapred or self.program, "job")


def find(option: str | None, environ: Mapping[str, str]) -> RealHadoop:
    """The Hadoop that --hadoop (*option*) names, or HADOOP_HOME, or else the one in PATH.

    Raises InputError when there is none.
    """
    program = _named(option, "--hadoop") if option is not None else _usual(environ)
    home = _home_of(program)
    mapred = os.path.join(os.path.dirname(program), "mapred")
    found = RealHadoop(
        program,
        mapred if os.access(mapred, os.X_OK) else "",
        _jar_in(home),
        home,
    )
    if not found.jar and not found.mapred:
        raise InputError(
            f"the Hadoop of {program} has neither a command mapred nor a hadoop-streaming*.jar in"
            " share/hadoop/tools/lib; give the home of a whole Hadoop by --hadoop=DIR"
        )
    return found


def is_ours(path: str) -> bool:
    """True if the command or jar at *path* belongs to an installation of this project."""
    real = os.path.realpath(path)
    if real.startswith(os.path.realpath(installation.HOME) + os.sep):
        return True
    return os.path.exists(os.path.join(os.path.dirname(real), "launch.sh"))


def environment_for(hadoop: RealHadoop, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for the commands of *hadoop*: its own home, and the mark that ends a loop."""
    ours = {"HADOOP_HOME", "HADOOP_PREFIX", "MAPREDUCE_TOKEN"}
    made = {name: value for name, value in environ.items() if name not in ours}
    if hadoop.home:
        made["HADOOP_HOME"] = hadoop.home
    return made | {engines.MARK: "hadoop"}


def _usual(environ: Mapping[str, str]) -> str:
    home = environ.get("HADOOP_HOME") or environ.get("HADOOP_PREFIX")
    if home and not is_ours(os.path.join(home, "bin", "hadoop")):
        return _named(home, "HADOOP_HOME")
    for program in _in_search_path(environ):
        if not is_ours(program):
            return os.path.abspath(program)
    reason = "that of HADOOP_HOME and in PATH is hadoopless itself" if home else "none is in PATH"
    raise InputError(f"--engine=hadoop: there is no real Hadoop: {reason}; {_ADVICE}")


def _in_search_path(environ: Mapping[str, str]) -> Iterator[str]:
    for directory in environ.get("PATH", os.defpath).split(os.pathsep):
        program = os.path.join(directory, "hadoop")
        if os.access(program, os.X_OK) and not os.path.isdir(program):
            yield program


def _named(path: str, what: str) -> str:
    """The command ``hadoop`` of *path*: a home, or the command itself. Raises InputError."""
    path = os.path.abspath(os.path.expanduser(path))
    program = os.path.join(path, "bin", "hadoop") if os.path.isdir(path) else path
    if not os.path.isfile(program):
        raise InputError(f"{what}: there is no {program}; {_ADVICE}")
    if not os.access(program, os.X_OK):
        raise InputError(f"{what}: {program} is not executable")
    if is_ours(program):
        raise InputError(f"{what}: {path} is hadoopless itself, not a real Hadoop; {_ADVICE}")
    return program


def _home_of(program: str) -> str:
    """The home of a *program* in its ``bin``; "": where the command lies does not tell it."""
    home = os.path.dirname(os.path.dirname(os.path.realpath(program)))
    known = ("libexec", "share/hadoop", "etc/hadoop")
    return home if any(os.path.isdir(os.path.join(home, name)) for name in known) else ""


def _jar_in(home: str) -> str:
    for pattern in _JARS if home else ():
        for path in sorted(glob.glob(os.path.join(glob.escape(home), pattern))):
            if not path.endswith(_OTHER_JARS) and not is_ours(path):
                return os.path.normpath(path)
    return ""
