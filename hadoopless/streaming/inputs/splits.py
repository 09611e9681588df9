"""Cuts input files into the splits of map tasks, as properties say [FileInputFormat.getSplits]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hadoopless.codecs import is_compressed_for_hadoop
from hadoopless.job import Split
from hadoopless.streaming.classes import formats
from hadoopless.streaming.exits import launch_failure
from hadoopless.streaming.inputs.cutting import (
    SizeLimits,
    combined,
    combined_blocks,
    length_of,
    lines_of,
)
from hadoopless.streaming.inputs.listing import InputFile
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Request

#: An input with fewer bytes for each of two maps is not cut just because two maps are usual.
_SMALLEST_SHARE = 10
#: The last split of a file may be larger by this factor.
_SLOP = 1.1
#: Default sizes of the blocks of a file in the area that plays HDFS, and of a local one.
_AREA_BLOCK = 128 << 20
_LOCAL_BLOCK = 32 << 20


def splits_of(files: Sequence[InputFile], request: Request) -> tuple[Split, ...]:
    """The splits of *files* in the order of map tasks: the biggest first, else as they were listed.

    Raises StreamingExit for wrong properties and for files that cannot be read.
    """
    # Hadoop reads this property for all formats, so a wrong number ends the job with any of them.
    maps = max(_wished_maps(files, request), 1)
    try:
        splits = list(_splits(files, request, maps))
    except OSError as problem:
        raise launch_failure(f"{problem.filename}: {problem.strerror}") from problem
    return tuple(sorted(splits, key=length_of, reverse=True))


def _splits(files: Sequence[InputFile], request: Request, maps: int) -> Iterable[Split]:
    configuration = request.configuration
    if request.input_format == formats.N_LINE_INPUT:
        lines = configuration.get_int("mapreduce.input.lineinputformat.linespermap")
        return [split for file in files for split in _by_lines(file, lines)]
    if request.input_format == formats.COMBINE_INPUT:
        return _combined_blocks(files, configuration)
    goal = sum(file.size for file in files) // maps
    least = max(configuration.get_long("mapreduce.input.fileinputformat.split.minsize"), 1)
    splits = [
        split
        for file in files
        for split in _by_size(file, max(least, min(goal, _block_size(file, configuration))))
    ]
    small = configuration.of_tasks().get_size("stream.combine.small.files")
    return splits if small is None else combined(splits, small)


def _wished_maps(files: Sequence[InputFile], request: Request) -> int:
    """The number of maps to aim at.

    On a cluster Hadoop aims at two, in its local mode at one. Unless the user says a number, it is
    one here where people would see the difference to the local mode: for tiny inputs, and for
    jobs without reduces, which have a part file for each map.
    """
    configuration = request.configuration
    if configuration.is_set("mapreduce.job.maps"):
        return configuration.get_int("mapreduce.job.maps")
    size = sum(file.size for file in files)
    return 1 if request.map_only or size < 2 * _SMALLEST_SHARE else 2


def _combined_blocks(files: Sequence[InputFile], configuration: Configuration) -> list[Split]:
    blocks: list[tuple[Split, int | None]] = []
    for file in files:
        # A local file is one block, whatever the size of blocks.
        size = _block_size(file, configuration) if file.in_area else max(file.size, 1)
        blocks.append(
            (Split(file.path, 0, file.size), None if is_compressed_for_hadoop(file.path) else size)
        )
    limits = SizeLimits(
        most=configuration.get_long("mapreduce.input.fileinputformat.split.maxsize"),
        least_of_node=configuration.get_long(
            "mapreduce.input.fileinputformat.split.minsize.per.node"
        ),
        least_of_rack=configuration.get_long(
            "mapreduce.input.fileinputformat.split.minsize.per.rack"
        ),
    )
    try:
        return combined_blocks(blocks, limits)
    except ValueError as problem:
        raise launch_failure(str(problem)) from problem


def _by_size(file: InputFile, size: int) -> Iterator[Split]:
    if is_compressed_for_hadoop(file.path):
        yield Split(file.path, 0, file.size)
        return
    start = 0
    while (file.size - start) / size > _SLOP:
        yield Split(file.path, start, size)
        start += size
    if start < file.size or not file.size:
        yield Split(file.path, start, file.size - start)


def _by_lines(file: InputFile, count: int) -> Iterable[Split]:
    if is_compressed_for_hadoop(file.path) and file.size:
        return [Split(file.path, 0, file.size)]
    return lines_of(file.path, count)


def _block_size(file: InputFile, configuration: Configuration) -> int:
    """The size of Hadoop's blocks of *file*.

    Users of a cluster know dfs.blocksize alone, so it counts for local files, too.
    """
    if file.block_size:
        return file.block_size
    of_cluster = configuration.get_size("dfs.blocksize")
    if file.in_area:
        return of_cluster or _AREA_BLOCK
    return configuration.get_size("fs.local.block.size") or of_cluster or _LOCAL_BLOCK


def bytes_of(splits: Sequence[Split], files: Sequence[InputFile]) -> int:
    """The size of all splits as Hadoop writes them: a name in UTF-8 and two longs [FileSplit]."""
    uris = {file.path: file.uri for file in files}
    return sum(len(uris[split.path].encode("utf-8", "surrogateescape")) + 17 for split in splits)
