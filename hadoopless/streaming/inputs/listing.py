"""Which files a job reads, and how they are cut into splits [FileInputFormat]; reads no records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hadoopless.data.input.codecs import is_compressed
from hadoopless.errors import MapReduceError
from hadoopless.filesystem.paths import FileSystems, Place, names_in
from hadoopless.java.values import split_paths
from hadoopless.job import Split
from hadoopless.streaming.classes import formats
from hadoopless.streaming.inputs.cutting import (
    SizeLimits,
    combined,
    combined_blocks,
    length_of,
    lines_of,
)
from hadoopless.streaming.notices import StreamingExit, crash, error, failure
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Request

_PREFIX = "mapreduce.input.fileinputformat."
_SLOP = 1.1
_AREA_BLOCK = 128 << 20
_LOCAL_BLOCK = 32 << 20


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file to read, as it was when the job was planned."""

    #: Where it is; absolute.
    path: str
    #: Its name for Hadoop: ``file:/x/y``.
    uri: str
    size: int
    #: In the area that plays HDFS.
    in_area: bool = False


def list_inputs(request: Request) -> tuple[InputFile, ...]:
    """The files that the inputs of *request* stand for, in the order in which they are named.

    Files of one directory are in the order of their names. Raises StreamingExit with status 5 when
    one of the inputs is not there, with a line for each of them.
    """
    configuration = request.configuration
    _check_filter(configuration)
    listing = _Listing(
        request.file_systems, configuration.get_boolean(f"{_PREFIX}input.dir.recursive", False)
    )
    try:
        for pattern in split_paths(configuration.get(f"{_PREFIX}inputdir")):
            listing.add(pattern)
    except MapReduceError as problem:
        raise _refusal(str(problem)) from problem
    except OSError as problem:  # a directory with names to match
        raise _refusal(f"{problem.filename}: {problem.strerror}") from problem
    if listing.problems:
        raise _refusal("\n".join(listing.problems))
    if listing.directories and not _ignores_directories(request):
        raise _refusal(f"Not a file: {listing.directories[0]}")
    return tuple(listing.files)


def _check_filter(configuration: Configuration) -> None:
    """There are no filters here, and to read what one leaves out would be worse than an end."""
    name = "mapreduce.input.pathFilter.class"
    value = configuration.get(name)
    if value:
        reason = f"java.lang.ClassNotFoundException: Class {value} not found (property {name})"
        raise crash(f"java.lang.RuntimeException: {reason}")


def _ignores_directories(request: Request) -> bool:
    """Whether directories in input directories are passed over. Each format has its own mind."""
    if request.input_format in (formats.N_LINE_INPUT, formats.COMBINE_INPUT):
        return request.input_format == formats.COMBINE_INPUT
    return request.configuration.get_boolean(
        f"{_PREFIX}input.dir.nonrecursive.ignore.subdirs", False
    )


def _refusal(text: str) -> StreamingExit:
    return failure(error(f"Error Launching job : {text}"), code=5)


class _Listing:
    """What is found under the inputs, one after the other."""

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
            if os.path.isdir(place.file):
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
        if not os.path.isdir(place.file):
            self._add_file(place)
        elif self._recursive:
            for child in self._children(place):
                self._add_found(child)
        else:
            self.directories.append(self._file_systems.full_name(place))

    def _add_file(self, place: Place) -> None:
        try:
            size = os.stat(place.file).st_size
        except PermissionError as problem:
            # Local files of Hadoop are passed over, those of HDFS are not.
            self.problems.append(f"{self._file_systems.full_name(place)}: {problem.strerror}")
            return
        except OSError:
            return  # a link that leads nowhere, or a file that has gone meanwhile
        self.files.append(
            InputFile(place.file, self._file_systems.full_name(place), size, place.in_area)
        )


def _is_wanted(place: Place) -> bool:
    """Only the last part of a path can hide a file [hiddenFileFilter]."""
    return not place.base.startswith(("_", "."))


def splits_of(files: Sequence[InputFile], request: Request, *, maps_hint: int) -> tuple[Split, ...]:
    """The splits of *files* in the order of map tasks: the biggest first, else as they were listed.

    *maps_hint* is the number of maps that is wished for [mapreduce.job.maps]. Raises StreamingExit
    for wrong properties and for files that cannot be read.
    """
    try:
        splits = list(_splits(files, request, max(maps_hint, 1)))
    except OSError as problem:
        raise _refusal(f"{problem.filename}: {problem.strerror}") from problem
    return tuple(sorted(splits, key=length_of, reverse=True))


def _splits(files: Sequence[InputFile], request: Request, maps_hint: int) -> Iterable[Split]:
    configuration = request.configuration
    if request.input_format == formats.N_LINE_INPUT:
        lines = configuration.get_int("mapreduce.input.lineinputformat.linespermap", 1)
        return [split for file in files for split in _by_lines(file, lines)]
    if request.input_format == formats.COMBINE_INPUT:
        return _combined_blocks(files, configuration)
    goal = sum(file.size for file in files) // maps_hint
    least = max(configuration.get_long(f"{_PREFIX}split.minsize", 1), 1)
    splits = [
        split
        for file in files
        for split in _by_size(file, max(least, min(goal, _block_size(file, configuration))))
    ]
    small = configuration.of_tasks().get_size("stream.combine.small.files", None)
    return splits if small is None else combined(splits, small)


def _combined_blocks(files: Sequence[InputFile], configuration: Configuration) -> list[Split]:
    blocks: list[tuple[Split, int | None]] = []
    for file in files:
        # A local file is one block, whatever the size of blocks.
        size = _block_size(file, configuration) if file.in_area else max(file.size, 1)
        blocks.append((Split(file.path, 0, file.size), None if is_compressed(file.path) else size))
    limits = SizeLimits(
        most=configuration.get_long(f"{_PREFIX}split.maxsize", 0),
        least_of_node=configuration.get_long(f"{_PREFIX}split.minsize.per.node", 0),
        least_of_rack=configuration.get_long(f"{_PREFIX}split.minsize.per.rack", 0),
    )
    try:
        return combined_blocks(blocks, limits)
    except ValueError as problem:
        raise _refusal(str(problem)) from problem


def _by_size(file: InputFile, size: int) -> Iterator[Split]:
    if is_compressed(file.path):
        yield Split(file.path, 0, file.size)
        return
    start = 0
    while (file.size - start) / size > _SLOP:
        yield Split(file.path, start, size)
        start += size
    if start < file.size or not file.size:
        yield Split(file.path, start, file.size - start)


def _by_lines(file: InputFile, count: int) -> Iterable[Split]:
    if is_compressed(file.path) and file.size:
        return [Split(file.path, 0, file.size)]
    return lines_of(file.path, count)


def _block_size(file: InputFile, configuration: Configuration) -> int:
    """How large Hadoop's pieces of *file* are.

    Users of a cluster know dfs.blocksize alone, so it counts for local files, too.
    """
    of_cluster = configuration.get_size("dfs.blocksize", None)
    if file.in_area:
        return of_cluster or _AREA_BLOCK
    return configuration.get_size("fs.local.block.size", None) or of_cluster or _LOCAL_BLOCK
