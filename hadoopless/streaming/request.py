"""A job as its command line asks for it, read and checked."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from hadoopless.filesystem.paths import FileSystems
from hadoopless.streaming.notices import Notice
from hadoopless.streaming.properties.configuration import Configuration


class Shipped(NamedTuple):
    """A file or directory for the tasks, and its name in their working directories.

    Of two with one name the later one counts.
    """

    #: Absolute; of this machine.
    path: str
    name: str


class CommandOrClass(Struct, frozen=True):
    """A program that a user has named: a command line, or one of Hadoop's own classes."""

    command: str
    #: The full name of the class; None: *command* is a command line.
    java_class: str | None = None


class Request(Struct, frozen=True):
    """The values of all options; those of properties are in ``configuration``.

    The properties that the job itself sets (input and output, formats, number of reduces …) are in
    ``configuration``, too, for the environment of its programs.
    """

    configuration: Configuration
    file_systems: FileSystems
    output: str
    #: None: pairs pass unchanged (IdentityMapper, IdentityReducer).
    mapper: CommandOrClass | None
    combiner: CommandOrClass | None
    reducer: CommandOrClass | None
    #: 0: the mappers' output is the job's.
    num_reduces: int
    #: None: by the hash of the key.
    partitioner: CommandOrClass | None
    #: Full names of classes.
    input_format: str
    output_format: str
    files: tuple[Shipped, ...] = ()
    #: Files of the deprecated -file, from which Hadoop makes a jar. The contents of a directory are
    #: shipped without it.
    bundled: tuple[Shipped, ...] = ()
    archives: tuple[Shipped, ...] = ()
    jars: tuple[Shipped, ...] = ()
    #: Variables of -cmdenv for the environment of programs; stronger than properties.
    cmdenv: tuple[tuple[str, str], ...] = ()
    background: bool = False
    debug: bool = False
    lazy_output: bool = False
    #: For stdout and stderr, before anything runs.
    stdout: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def runs_locally(self) -> bool:
        """True if tasks find the client's directory, as they do in Hadoop's local mode."""
        framework = self.configuration.get("mapreduce.framework.name")
        return framework == "local" if framework else not self.file_systems.has_root

    @property
    def map_only(self) -> bool:
        """True if the job has no reduce tasks."""
        return self.num_reduces == 0
