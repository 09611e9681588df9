"""The files that the input paths of a job stand for [FileInputFormat.listStatus]."""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct

from hadoopless.errors import MapReduceError
from hadoopless.filesystem import anywhere
from hadoopless.filesystem.paths import FileSystems, Place, names_in
from hadoopless.java.values import split_paths
from hadoopless.streaming.classes import formats
from hadoopless.streaming.exits import crash, launch_failure
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Request


class InputFile(Struct, frozen=True):
    """A file to read, as it was when the job was planned."""

    #: Its absolute path.
    path: str
    #: Its name for Hadoop: ``file:/x/y``.
    uri: str
    size: int
    #: In the area that plays HDFS.
    in_area: bool = False
    #: The size of its blocks in a real HDFS; 0: it has none of its own.
    block_size: int = 0


def list_inputs(request: Request) -> tuple[InputFile, ...]:
    """The files that the inputs of *request* stand for, in the order in which they are named.

    Files of one directory are in the order of their names. Raises StreamingExit with status 5 when
    one of the inputs is not there, with a line for each of them.
    """
    configuration = request.configuration
    _check_filter(configuration)
    listing = _Listing(
        request.file_systems,
        configuration.get_boolean("mapreduce.input.fileinputformat.input.dir.recursive"),
    )
    try:
        for pattern in split_paths(configuration.get("mapreduce.input.fileinputformat.inputdir")):
            listing.add(pattern)
    except MapReduceError as problem:
        raise launch_failure(str(problem)) from problem
    except OSError as problem:  # a directory with names to match
        raise launch_failure(f"{problem.filename}: {problem.strerror}") from problem
    if listing.problems:
        raise launch_failure("\n".join(listing.problems))
    if listing.directories and not _ignores_directories(request):
        raise launch_failure(f"Not a file: {listing.directories[0]}")
    return tuple(listing.files)


def _check_filter(configuration: Configuration) -> None:
    """Refuse filters: there are none here, and files that one leaves out must not be read."""
    name = "mapreduce.input.pathFilter.class"
    value = configuration.get(name)
    if value:
        reason = f"java.lang.ClassNotFoundException: Class {value} not found (property {name})"
        raise crash(f"java.lang.RuntimeException: {reason}")


def _ignores_directories(request: Request) -> bool:
    """True if directories within input directories are passed over; this depends on the format."""
    if request.input_format in (formats.N_LINE_INPUT, formats.COMBINE_INPUT):
        return request.input_format == formats.COMBINE_INPUT
    return request.configuration.get_boolean(
        "mapreduce.input.fileinputformat.input.dir.nonrecursive.ignore.subdirs"
    )


class _Listing:
    """The files and the problems that are found under the inputs, one input after the other."""

    def __init__(self, file_systems: FileSystems, recursive: bool) -> None:
        self.files: list[InputFile] = []
        #: URIs of directories where files should be.
        self.directories: list[str] = []
        self.problems: list[str] = []
        self._file_systems = file_systems
        self._recursive = recursive

    def add(self, pattern: str) -> None:
        """All files that *pattern* stands for."""
        found = [place for place in self._file_systems.glob(pattern) if _is_wanted(place)]
        if not found:
            full = self._file_systems.qualified(pattern)
            if self._file_systems.is_pattern(pattern):
                self.problems.append(f"Input Pattern {full} matches 0 files")
            else:
                self.problems.append(f"Input path does not exist: {full}")
                name = full.removeprefix(self._file_systems.qualified("x")[:-1])
                if full.startswith("hdfs:") and os.path.exists(name):
                    self.problems.append(f"There is a local one; to copy it: hdfs dfs -put {name}")
        for place in found:
            if anywhere.is_directory(place.file):
                for child in self._children(place):
                    self._add_found(child)
            else:
                self._add_file(place)

    def _children(self, directory: Place) -> Iterator[Place]:
        try:
            names = names_in(directory.file)
        except OSError as problem:
            name = self._file_systems.full_name(directory)
            self.problems.append(f"{name}: {problem.strerror}")
            return
        for name in names:
            child = self._file_systems.child(directory, name)
            if _is_wanted(child):
                yield child

    def _add_found(self, place: Place) -> None:
        if not anywhere.is_directory(place.file):
            self._add_file(place)
        elif self._recursive:
            for child in self._children(place):
                self._add_found(child)
        else:
            self.directories.append(self._file_systems.full_name(place))

    def _add_file(self, place: Place) -> None:
        try:
            size, block_size = anywhere.size_and_block(place.file)
        except PermissionError as problem:
            # Local files of Hadoop are passed over, those of HDFS are not.
            self.problems.append(f"{self._file_systems.full_name(place)}: {problem.strerror}")
            return
        except OSError:
            return  # a link that leads nowhere, or a file that has gone meanwhile
        self.files.append(
            InputFile(
                place.file, self._file_systems.full_name(place), size, place.in_area, block_size
            )
        )


def _is_wanted(place: Place) -> bool:
    """Only the last part of a path can hide a file [hiddenFileFilter]."""
    return not place.base.startswith(("_", "."))
