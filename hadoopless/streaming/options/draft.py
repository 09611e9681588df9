"""A request that is not finished yet, with the lines that are to be printed of it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct, field

from hadoopless.errors import MapReduceError
from hadoopless.filesystem.paths import BadPath, FileSystems
from hadoopless.java.values import split
from hadoopless.streaming.classes import formats
from hadoopless.streaming.exits import failure
from hadoopless.streaming.notices import Notice, error, warning
from hadoopless.streaming.options.command_line import Words
from hadoopless.streaming.options.generic import GenericOptions
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass, Request, Shipped


def _jar_name() -> str:
    """A name as Hadoop gives the jar of a job, and so the job."""
    return f"streamjob{int.from_bytes(os.urandom(8)) >> 1}.jar"


class Draft(Struct):
    """The part of a request that is known so far. Each station of :mod:`.job` adds to it."""

    options: Words
    environ: Mapping[str, str]
    cwd: str
    configuration: Configuration
    file_systems: FileSystems
    files: list[Shipped]
    archives: list[Shipped]
    jars: tuple[Shipped, ...]
    #: Lines to print before anything runs.
    stdout: list[str]
    notices: list[Notice]
    #: The files and directories that -file names.
    bundled: tuple[Shipped, ...] = ()
    #: The real paths of those of them that are files: programs may be named by these.
    bundled_paths: frozenset[str] = frozenset()
    jar_name: str = field(default_factory=_jar_name)
    #: A pair ``name=value`` for each -cmdenv.
    cmdenv: list[str] = field(default_factory=lambda: ["HADOOP_ROOT_LOGGER="])
    output: str = ""
    #: Option of a program -> the command, as typed; None where there is no such option.
    commands: dict[str, str | None] = field(default_factory=dict)
    mapper: CommandOrClass | None = None
    combiner: CommandOrClass | None = None
    reducer: CommandOrClass | None = None
    partitioner: CommandOrClass | None = None
    num_reduces: int = 1
    input_format: str = formats.TEXT_INPUT
    output_format: str = formats.TEXT_OUTPUT

    @classmethod
    def of(
        cls, generic: GenericOptions, options: Words, environ: Mapping[str, str], cwd: str
    ) -> Draft:
        """The draft with which the stations begin."""
        return cls(
            options,
            environ,
            cwd,
            generic.configuration,
            generic.file_systems,
            list(generic.files),
            list(generic.archives),
            generic.jars,
            list(generic.stdout),
            list(generic.notices),
        )

    def request(self) -> Request:
        """The request, when all stations are behind."""
        return Request(
            configuration=self.configuration,
            file_systems=self.file_systems,
            output=self.output,
            mapper=self.mapper,
            combiner=self.combiner,
            reducer=self.reducer,
            num_reduces=self.num_reduces,
            partitioner=self.partitioner,
            input_format=self.input_format,
            output_format=self.output_format,
            files=tuple(self.files),
            bundled=self.bundled,
            archives=tuple(self.archives),
            jars=self.jars,
            cmdenv=_pairs(self.configuration.expanded(" ".join(self.cmdenv))),
            background="background" in self.options,
            debug="debug" in self.options,
            lazy_output="lazyOutput" in self.options,
            stdout=tuple(self.stdout),
            notices=tuple(self.notices),
        )

    def in_working_directory(self, path: str) -> str:
        """*path*, in the directory that a property sets for relative inputs and the output."""
        directory = self.configuration.get("mapreduce.job.working.dir")
        if not directory:
            return path
        try:
            return self.file_systems.under(directory, path)
        except BadPath as problem:
            raise failure(error(str(problem))) from problem

    def qualified(self, path: str) -> str:
        """*path* as a URI; raises StreamingExit for one that Hadoop would refuse."""
        path = self.in_working_directory(path)
        try:
            return self.file_systems.qualified(path)
        except BadPath as problem:
            raise failure(error(str(problem))) from problem
        except MapReduceError:
            # The code that opens it will tell the error.
            return path

    def tell(self, text: str) -> None:
        """Say *text* with -verbose."""
        if "verbose" in self.options:
            self.stdout.append(f"STREAM: {text}")

    def warn_deprecated(self, option: str, instead: str) -> None:
        """Warn of *option*, in Hadoop's words."""
        text = f"-{option} option is deprecated, please use {instead} instead."
        self.notices.append(warning(text))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``a=b c=d`` as pairs, so that a value ends at its first blank, as with Hadoop."""
    found = (word.partition("=") for word in split(text, " "))
    return tuple((name, value) for name, equals, value in found if equals)
