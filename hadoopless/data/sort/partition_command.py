"""A user's program as the partitioner: it reads keys, one a line, and writes a number for each.

It is run once for each block of keys, and gets the end of its input after it. So it may write its
numbers whenever it likes: one that collects them until the end would never answer otherwise.
"""

from __future__ import annotations

import shlex

import numpy as np

from hadoopless.data.machine.kernels import Int64s
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.data.program.terms import Terms
from hadoopless.faults import BadRun

_READ_SIZE = 1 << 18
_NEWLINE = ord("\n")
_ZERO = ord("0")
#: More digits than any number of a partition has.
_MANY_DIGITS = 9
_SHOWN = 100
#: Bytes for each key, all in all: numbers have digits, and blanks around them at most.
_MANY_BYTES = 64
_PLAIN = Terms()


class PartitionCommand:
    """Finds the partitions of keys with a program, which is told their number as its last word."""

    def __init__(
        self,
        command: Command,
        partitions: int,
        spawner: SpawnerClient,
        cancellation: Cancellation,
        terms: Terms = _PLAIN,
    ) -> None:
        words = (*command.argv, str(partitions))
        #: The program and its arguments as a person would type them.
        self.shell = f"{command.shell} {partitions}"
        self._command = Command(words, self.shell, command.cwd)
        self._partitions = partitions
        self._spawner = spawner
        self._cancellation = cancellation
        self._terms = terms
        #: CPU seconds of all runs together.
        self.cpu_seconds = 0.0
        #: The last lines of the latest run that wrote any.
        self.stderr = ""

    def __call__(self, keys: memoryview, count: int) -> Int64s:
        """The partitions of *count* keys, with an NL behind each; raises BadRun and others.

        With a single partition nobody is asked, as in Hadoop.
        """
        if self._partitions == 1 or count == 0:
            return np.zeros(count, np.int64)
        if _lines(keys) != count:
            raise BadRun(
                "reads a key a line, and there is one with a line end in it",
                command=self._command.shell,
            )
        written, stderr = self._run(keys, count)
        self.stderr = stderr or self.stderr
        return self._numbers(written, keys, count, stderr)

    def _run(self, keys: memoryview, count: int) -> tuple[bytearray, str]:
        """The output of the program for *keys*, with an NL at its end, and its stderr."""
        with Program(
            self._command,
            self._spawner,
            self._cancellation,
            stdin=lambda descriptor: write_all(descriptor, [keys]),
            terms=self._terms,
        ) as program:
            written = _read(program, count)
            self.cpu_seconds += program.finish().cpu_seconds
        return written, program.stderr

    def _numbers(self, written: bytearray, keys: memoryview, count: int, stderr: str) -> Int64s:
        lines = _lines(memoryview(written))
        if lines != count:
            raise self._wrong(
                f"wrote {lines:,} lines for {count:,} keys; it must write a number for each", stderr
            )
        numbers = _plain_numbers(written)
        if numbers is None:
            numbers = np.array([_number(line) for line in written[:-1].split(b"\n")], np.int64)
        wrong = np.flatnonzero((numbers < 0) | (numbers >= self._partitions))
        if len(wrong):
            place = int(wrong[0])
            key, line = (bytes(data).split(b"\n", place + 1)[place] for data in (keys, written))
            problem = "is no number" if numbers[place] == _NO_NUMBER else "is none of them"
            raise self._wrong(
                f"wrote {_shown(line)} for the key {_shown(key)}, which {problem};"
                f" partitions are 0 to {self._partitions - 1}",
                stderr,
            )
        return numbers

    def _wrong(self, what: str, stderr: str) -> BadRun:
        return BadRun(what, command=self._command.shell, stderr=stderr)


def _read(program: Program, count: int) -> bytearray:
    """The output of *program* for *count* keys, with an NL at its end."""
    written = bytearray()
    lines = 0
    buffer = bytearray(_READ_SIZE)
    while size := program.read_into(memoryview(buffer)):
        written += memoryview(buffer)[:size]
        lines += buffer.count(b"\n", 0, size)
        if lines > count:
            raise BadRun(f"wrote more than {count:,} lines for {count:,} keys")
        if len(written) > _READ_SIZE + count * _MANY_BYTES:
            raise BadRun(
                f"wrote {len(written):,} bytes for {count:,} keys; it must write a number for each"
            )
    if written and written[-1] != _NEWLINE:
        written += b"\n"
    return written


#: Stands for a line that is no number; below all numbers.
_NO_NUMBER = np.iinfo(np.int64).min


def _lines(text: memoryview) -> int:
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == _NEWLINE))


def _plain_numbers(written: bytearray) -> Int64s | None:
    """The numbers in lines of digits alone; None: there are other lines."""
    text = np.frombuffer(written, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    if lengths.min() < 1 or lengths.max() > _MANY_DIGITS:
        return None
    digits = text - np.uint8(_ZERO)
    if np.count_nonzero(digits > 9) != len(ends):
        return None
    numbers = digits[starts].astype(np.int64)
    for place in range(1, int(lengths.max())):
        longer = np.flatnonzero(lengths > place)
        numbers[longer] = numbers[longer] * 10 + digits[starts[longer] + place]
    return numbers


def _number(line: bytes | bytearray) -> int:
    try:
        return max(-1, min(int(line), np.iinfo(np.int64).max))
    except ValueError:
        return int(_NO_NUMBER)


def _shown(text: bytes) -> str:
    shown = text.decode("utf-8", "replace")
    return shlex.quote(shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "...")
