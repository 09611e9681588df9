"""A road of a few lines, for jobs whose rules and commands are to be tried without the real one.

One map task, as the local runner of Hadoop has it; files are lines.
"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from hadoopless.data.program.commands import split_arguments
from hadoopless.rules import PairFormat, Partitioner, Pipe, Reader, Rules
from hadoopless.streaming.classes.programs import JobPrograms
from tests.oracle import partition_of

Pair = tuple[bytes, bytes | None]

_NULL = 0xFFFFFFFF


class ProgramFailedError(Exception):
    """A program ended with another status than 0; the text is its stderr."""


@dataclass(frozen=True)
class Road:
    """Runs the programs of a job as the road does, without workers."""

    job: JobPrograms
    reduces: int

    @property
    def rules(self) -> Rules:
        return self.job.rules

    def parts(self, data: bytes) -> list[bytes]:
        """The output files."""
        mapped = self._run(self.job.mapper, self._read(data), self.rules.map_output, self._feed)
        if not self.reduces:
            return [_shown(mapped)]
        return [self._reduced(mapped, index) for index in range(self.reduces)]

    def _reduced(self, mapped: list[Pair], index: int) -> bytes:
        places = self._partitions([key for key, _ in mapped])
        pairs = [pair for pair, place in zip(mapped, places, strict=True) if place == index]
        pairs.sort(key=self._order)
        rules = self.rules
        source, target = rules.combiner_pairs or (rules.reduce_input, rules.reduce_output)
        if self.job.combiner is not None and pairs:
            pairs = self._run(self.job.combiner, pairs, target, lambda p: _written(p, source))
        reduced = self._run(
            self.job.reducer, pairs, rules.reduce_output, lambda p: _written(p, rules.reduce_input)
        )
        return _shown(reduced)

    def _read(self, data: bytes) -> list[Pair]:
        lines = data.splitlines(keepends=True)
        if self.rules.input.reader is Reader.KEY_VALUE:
            halves = (line.rstrip(b"\n").partition(b"\t") for line in lines)
            return [(key, value) for key, _, value in halves]
        found: list[Pair] = []
        at = 0
        for line in lines:
            found.append((b"%d" % at, line.rstrip(b"\n")))
            at += len(line)
        return found

    def _feed(self, pairs: list[Pair]) -> bytes:
        if self.rules.input.ignore_key:
            return b"".join((value or b"") + b"\n" for _, value in pairs)
        return _written(pairs, self.rules.input.pairs)

    def _partitions(self, keys: list[bytes]) -> list[int]:
        if self.reduces == 1:
            return [0] * len(keys)
        partition = self.rules.partition
        if partition.kind is Partitioner.COMMAND:
            words = [*split_arguments(partition.command), str(self.reduces)]
            lines = b"".join(key + b"\n" for key in keys)
            return [int(word) for word in _output_of(words, lines).split()]
        assert partition.kind is Partitioner.HASH
        return [partition_of(key, self.reduces) for key in keys]

    def _order(self, pair: Pair) -> tuple[int, bytes]:
        if self.rules.order is None:
            return 0, pair[0]
        (field,) = self.rules.order.ranges
        assert field.numeric
        return int(pair[0]) * (-1 if field.reverse else 1), b""

    def _run(
        self,
        command: str,
        pairs: list[Pair],
        source: PairFormat,
        write: Callable[[list[Pair]], bytes],
    ) -> list[Pair]:
        return _parsed(_output_of(split_arguments(command), write(pairs)), source)


def _output_of(words: list[str], stdin: bytes) -> bytes:
    done = subprocess.run(words, input=stdin, capture_output=True, timeout=60)
    if done.returncode:
        raise ProgramFailedError(done.stderr.decode().strip())
    return done.stdout


def _written(pairs: list[Pair], target: PairFormat) -> bytes:
    if target.pipe is Pipe.TEXT:
        shown = (b"(null)" if value is None else value for _, value in pairs)
        keys = (key for key, _ in pairs)
        return b"".join(
            key + target.separator + value + b"\n" for key, value in zip(keys, shown, strict=True)
        )
    assert target.pipe is Pipe.PAIRS
    return b"".join(
        struct.pack(">I", _NULL) if half is None else struct.pack(">I", len(half)) + half
        for pair in pairs
        for half in pair
    )


def _parsed(data: bytes, source: PairFormat) -> list[Pair]:
    if source.pipe is Pipe.PAIRS:
        return _pairs(data)
    assert source.key_fields == 1
    lines = data.split(b"\n")[:-1]
    if source.pipe is Pipe.KEY_ONLY_TEXT:
        return [(line, None) for line in lines]
    assert source.pipe is Pipe.TEXT
    halves = (line.partition(source.separator) for line in lines)
    return [(key, value) for key, _, value in halves]


def _pairs(data: bytes) -> list[Pair]:
    halves: list[bytes | None] = []
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        at += 4
        halves.append(None if size == _NULL else data[at : at + size])
        at += 0 if size == _NULL else size
    return [(key or b"", value) for key, value in zip(halves[::2], halves[1::2], strict=True)]


def _shown(pairs: list[Pair]) -> bytes:
    """The pairs as TextOutputFormat writes them."""
    return b"".join(
        key + b"\n" if value is None else key + b"\t" + value + b"\n" for key, value in pairs
    )
