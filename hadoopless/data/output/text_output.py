"""From a program's stdout to an output file, as Hadoop's OutputReaders and TextOutputFormat do."""

from __future__ import annotations

from dataclasses import dataclass

from hadoopless.data.machine.buffers import PIECE, Buffer, new_buffer
from hadoopless.data.output.compression import PackedFile, Sink
from hadoopless.data.output.reduce_output import Pairs, pairs_of
from hadoopless.data.record.line_ends import LineEnds
from hadoopless.data.sort import sort_kernels
from hadoopless.data.sort.sorter import ReadInto, RecordTooLong
from hadoopless.rules import OutputRules, PairFormat, Pipe

_NEWLINE = ord("\n")


@dataclass(frozen=True, slots=True)
class OutputCounts:
    """The pairs that a program wrote, and the bytes of the file (packed, if it is)."""

    records: int = 0
    bytes: int = 0


def write_output(
    read_into: ReadInto,
    source: PairFormat,
    output: OutputRules,
    sink: Sink,
    *,
    max_record: int = 1 << 30,
) -> OutputCounts:
    """Write the pairs that *read_into* gives (0 at the end), in the format *source*, as text.

    Nothing at all is written where *output* wants no file: for any pairs, or for none. Raises
    RecordTooLong for a pair of more than *max_record* bytes, BadOutput, and what *sink* raises.
    """
    file = PackedFile(sink, output.codec)
    pairs = pairs_of(source, output.separator, _ignore if output.nothing else file.write)
    _read_all(read_into, source, pairs, max_record)
    if not output.nothing and (pairs.records or not output.lazy):
        file.finish()
    return OutputCounts(pairs.records, file.size)


def discard_output(read_into: ReadInto) -> None:
    """Read to the end, and forget: what a reducer without any record writes."""
    target = memoryview(bytearray(PIECE))
    while read_into(target):
        pass


def _ignore(data: memoryview) -> None:
    """In place of a file."""


def _read_all(read_into: ReadInto, source: PairFormat, pairs: Pairs, max_record: int) -> None:
    is_text = source.pipe in (Pipe.TEXT, Pipe.KEY_ONLY_TEXT)
    stdout = _Stdout(read_into, LineEnds() if is_text else None, max_record)
    while not stdout.ended:
        stdout.fill()
        stdout.drop(pairs.write(stdout.view()))
        if pairs.is_over:
            discard_output(read_into)
            return
    pairs.end(stdout.view())


class _Stdout:
    """What was read but not yet written; grows for a long pair, up to *limit*."""

    def __init__(self, read_into: ReadInto, line_ends: LineEnds | None, limit: int) -> None:
        self._read_into = read_into
        self._line_ends = line_ends
        self._limit = limit
        self._size = min(PIECE, limit)
        self._buffer: Buffer = new_buffer(self._size)
        self._filled = 0
        self.ended = False

    def fill(self) -> None:
        """Read until the buffer is full or stdout ends; the last line then ends with an NL."""
        if self._filled == self._size:
            self._grow()
        view = self._buffer.data
        while not self.ended and self._filled < self._size:
            count = self._read_into(view[self._filled : self._size])
            self.ended = count == 0
            if self._line_ends is not None:
                count = self._line_ends.normalise(view[self._filled : self._size], count)
            self._filled += count
        is_open = self._filled > 0 and view[self._filled - 1] != _NEWLINE
        if self.ended and self._line_ends is not None and is_open:
            view[self._filled] = _NEWLINE
            self._filled += 1

    def _grow(self) -> None:
        if self._size >= self._limit:
            raise RecordTooLong(self._limit)
        size = min(2 * self._size, self._limit)
        larger = new_buffer(size)
        larger[: self._filled] = self._buffer[: self._filled]
        self._buffer, self._size = larger, size

    def view(self) -> memoryview:
        return self._buffer.data[: self._filled]

    def drop(self, count: int) -> None:
        """Forget the first *count* bytes."""
        self._filled -= count
        if count:
            base = int(self._buffer.ctypes.data)
            sort_kernels.move_down(base, base + count, self._filled)
