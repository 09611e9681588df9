"""Shell lines with which a person runs one task of a job by hand, without any worker. Pure.

Programs are given as shell commands. ``cwd`` is the directory in which a line must run, or "" where
that does not matter.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote_from_bytes

from hadoopless.codecs import is_compressed, unpacking_command
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import Split
from hadoopless.rules import PLAIN_RULES, Partitioner, Rules

#: Writes the bytes of a file in HDFS.
_CAT = "hadoop fs -cat"
_PARTITION = Path(__file__).with_name("partition.py")


def split_source(split: Split) -> str:
    """The shell command that writes the bytes of *split*."""
    if split.more:
        # awk ends the last line of each file.
        if all(_is_plain(piece) for piece in split.pieces):
            return f"LC_ALL=C awk 1 {' '.join(shlex.quote(piece.path) for piece in split.pieces)}"
        parts = (f"{split_source(piece)} | LC_ALL=C awk 1" for piece in split.pieces)
        return "{ " + "; ".join(parts) + "; }"
    path = shlex.quote(split.path)
    if is_hdfs(split.path):
        return f"{_CAT} {path}{_stretch(split)}"
    if unpack := unpacking_command(split.path):
        return f"{unpack} {path}"
    if split.whole:
        return f"cat {path}"
    tail = f"tail -c +{split.start + 1} {path}"
    return tail if split.length is None else f"{tail} | head -c {split.length}"


def _stretch(split: Split) -> str:
    """The rest of a shell line that cuts *split* out of its file, or unpacks it."""
    if is_compressed(split.path):
        return f" | {unpacking_command(split.path)} /dev/stdin"
    head = "" if split.length is None else f" | head -c {split.length}"
    return f" | tail -c +{split.start + 1}{head}" if split.start else head


def _is_plain(split: Split) -> bool:
    """True of a file that a shell can give to a program as its stdin."""
    return split.whole and not is_compressed(split.path) and not is_hdfs(split.path)


def with_environment(program: str, rules: Rules) -> str:
    """The shell command *program* with the variables that *rules* give to it."""
    if not rules.environment:
        return program
    settings = (shlex.quote(f"{name}={value}") for name, value in rules.environment)
    return f"env {' '.join(settings)} {program}"


def _map(mapper: str, split: Split) -> str:
    if _is_plain(split):
        return f"{mapper} < {shlex.quote(split.path)}"
    return f"{split_source(split)} | {mapper}"


def _within(cwd: str, line: str) -> str:
    return f"cd {shlex.quote(cwd)} && {line}" if cwd else line


def map_line(mapper: str, split: Split, cwd: str) -> str:
    """The shell line of one map task."""
    return _within(cwd, _map(mapper, split))


def combine_line(
    mapper: str, combiner: str, split: Split, num_reducers: int, cwd: str, rules: Rules
) -> str:
    """The shell line of one map task with its combiner, which reads all partitions in order."""
    run = f"{_map(mapper, split)} | {_partition('0', 1, rules)} | {_sorted(rules)}"
    if num_reducers > 1:
        numbers = " ".join(map(str, range(num_reducers)))
        keep = _partition('"$p"', num_reducers, rules)
        run = f"for p in {numbers}; do {_map(mapper, split)} | {keep} | {_sorted(rules)}; done"
    return _within(cwd, f"{run} | {combiner}")


def keys_line(line: str, partitioner: str) -> str:
    """The shell line that gives *partitioner* the keys of the output of *line*, a shell line."""
    return f"{line} | LC_ALL=C cut -f 1 | {partitioner}"


def _partition(index: str, num_reducers: int, rules: Rules) -> str:
    """The command that keeps the lines of one partition; *index* is a word of the shell."""
    words = f"python3 {shlex.quote(str(_PARTITION))} {index} {num_reducers}"
    partition = rules.partition
    if num_reducers == 1:
        return words  # no partitioner is asked, but each line gets its TAB
    if partition.kind is Partitioner.COMMAND:
        return f"{words} --by {partition.command}"
    if partition.kind is Partitioner.RANGES:
        return " ".join([words, "--ranges", *map(quote_from_bytes, partition.boundaries)])
    return words


def _sorted(rules: Rules) -> str:
    values = " -k2" if rules.sort_values else ""
    return f"LC_ALL=C sort -s -t \"$(printf '\\t')\" -k1,1{values}"


def _all_maps(mapper: str, splits: Sequence[Split]) -> str:
    if all(map(_is_plain, splits)):
        names = " ".join(shlex.quote(split.path) for split in splits)
        return f'for f in {names}; do {mapper} < "$f"; done'
    return "{ " + "; ".join(f"{split_source(split)} | {mapper}" for split in splits) + "; }"


def reduce_line(
    mapper: str,
    reducer: str,
    splits: Sequence[Split],
    index: int,
    num_reducers: int,
    cwd: str,
    rules: Rules = PLAIN_RULES,
) -> str:
    """The shell line of reduce task *index*: all maps, its partition of them, sorted, reduced.

    A partitioner in *rules* must be a shell command, too.
    """
    keep = f"{_partition(str(index), num_reducers, rules)} | {_sorted(rules)}"
    return _within(cwd, f"{_all_maps(mapper, splits)} | {keep} | {reducer}")
