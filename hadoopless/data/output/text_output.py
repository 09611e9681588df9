"""Writes the stdout of a program to an output file, as Hadoop does with its TextOutputFormat."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.output.compression import CompressedFile, Sink
from hadoopless.data.output.reduce_output import LineWriter, line_writer_of
from hadoopless.data.record.stdout import ReadInto, Stdout
from hadoopless.rules import OutputRules, PairFormat


class OutputCounts(Struct, frozen=True):
    """The pairs that a program wrote, and the bytes of the file (compressed, if it is)."""

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
    file = CompressedFile(sink, output.codec)
    writer = line_writer_of(source, output.separator, _ignore if output.nothing else file.write)
    _write_all(Stdout(read_into, source, PIECE, max_record, unify_line_ends=True), writer)
    if not output.nothing and (writer.records or not output.lazy):
        file.finish()
    return OutputCounts(writer.records, file.size)


def _ignore(data: memoryview) -> None:
    """Takes the bytes where no file is wanted."""


def _write_all(stdout: Stdout, writer: LineWriter) -> None:
    """Write all that the program writes, until it ends or its output is over."""
    while not stdout.ended:
        if size := stdout.fill():
            stdout.drop(writer.write(stdout.view(size)))
        if writer.is_over:
            stdout.discard()
    stdout.check_end()
