"""Shell lines with which a person runs one task by hand, without any worker. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from mapreduce.job import Split

_PARTITION = Path(__file__).parent / "data" / "partition.py"
_UNPACK = {".gz": "gzip -dc", ".bz2": "bzip2 -dc", ".zst": "zstd -dc"}


def split_source(split: Split) -> str:
    """A command that writes the bytes of *split*."""
    path = shlex.quote(split.path)
    unpack = _UNPACK.get(Path(split.path).suffix)
    if unpack:
        return f"{unpack} {path}"
    if split.whole:
        return f"cat {path}"
    tail = f"tail -c +{split.start + 1} {path}"
    return tail if split.length is None else f"{tail} | head -c {split.length}"


def map_line(command: str, split: Split, cwd: str) -> str:
    """The shell line of one map task."""
    if split.whole and Path(split.path).suffix not in _UNPACK:
        run = f"{command} < {shlex.quote(split.path)}"
    else:
        run = f"{split_source(split)} | {command}"
    return f"cd {shlex.quote(cwd)} && {run}"


def _all_maps(mapper: str, splits: Sequence[Split]) -> str:
    if all(split.whole and Path(split.path).suffix not in _UNPACK for split in splits):
        names = " ".join(shlex.quote(split.path) for split in splits)
        return f'for f in {names}; do {mapper} < "$f"; done'
    return "{ " + "; ".join(f"{split_source(split)} | {mapper}" for split in splits) + "; }"


def reduce_line(
    mapper: str, reducer: str, splits: Sequence[Split], index: int, num_reducers: int, cwd: str
) -> str:
    """The shell line of reduce task *index*: all its maps, its partition, sorted, to the reducer.

    *mapper* and *reducer* are shell commands.
    """
    keep = f"python3 {shlex.quote(str(_PARTITION))} {index} {num_reducers}"
    sort = "LC_ALL=C sort -s -t \"$(printf '\\t')\" -k1,1"
    return f"cd {shlex.quote(cwd)} && {_all_maps(mapper, splits)} | {keep} | {sort} | {reducer}"
