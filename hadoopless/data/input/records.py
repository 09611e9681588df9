"""Feeds the records of a split to a mapper under Hadoop's rules.

There are three ways: a fast one for lines without keys (:mod:`hadoopless.data.input.lines`), one
for all other lines (:mod:`hadoopless.data.input.line_records`), and one for records between marks
(:mod:`hadoopless.data.input.xml_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

from hadoopless.codecs import is_compressed_for_hadoop
from hadoopless.data.input.line_records import AnyLineEnd, Blocks, Delimiter
from hadoopless.data.input.lines import LinePieces
from hadoopless.data.input.map_input import BlockWriter, PairWriter
from hadoopless.data.input.raw import check_unchanged
from hadoopless.data.input.read_ahead import bytes_in_hadoop, bytes_of_xml_in_hadoop
from hadoopless.data.input.reading import Reading, Stretch
from hadoopless.data.input.source import ENDLESS, Source, open_source
from hadoopless.data.input.xml_records import XmlRecords
from hadoopless.data.program.stdin import write_all
from hadoopless.hdfs.located import Located
from hadoopless.job import Split
from hadoopless.rules import InputRules, Pipe, Reader

_XML_PIECE = 1 << 16

Piece = tuple[memoryview, int]


class RecordFeed:
    """Feeds the records of a split to a program; call it once, with the pipe."""

    def __init__(
        self,
        split: Split,
        locate: Callable[[str], Located],
        rules: InputRules,
        limit: int = ENDLESS,
    ) -> None:
        """*locate* gives the path of a file; a record held whole has at most *limit* bytes."""
        #: The part of the split that was read; records that the program did not take count, too.
        self.reading = Reading()
        self._rules = rules
        self._limit = limit
        self._pieces = self._read(split, locate)

    def __call__(self, target: int) -> None:
        """Write all records to the pipe *target*.

        Raises InputError, BadInput, RecordTooLong, and BrokenPipeError when the program wants
        no more.
        """
        try:
            for data, count in self._pieces:
                self.reading.records += count
                write_all(target, (data,))
        except BrokenPipeError:
            self.reading.stopped_early = True
            raise
        finally:
            self._pieces.close()

    def _read(self, split: Split, locate: Callable[[str], Located]) -> Generator[Piece, None, None]:
        for piece in split.pieces:
            source = open_source(piece.path, locate(piece.path), piece.state)
            try:
                stretch = yield from _pieces(source, piece, self._rules, self._limit)
                check_unchanged(piece, locate)
                if is_compressed_for_hadoop(piece.path):
                    stretch = (0, source.bytes_read)
                if stretch is not None:
                    self.reading.stretches.append(stretch)
            finally:
                self.reading.bytes += source.bytes_read
                source.close()


def _pieces(
    source: Source, split: Split, rules: InputRules, limit: int
) -> Generator[Piece, None, Stretch | None]:
    """The records of one piece of a split, as bytes and their number; returns their stretch."""
    end = ENDLESS
    # The length of a compressed file says nothing of its contents.
    if split.length is not None and not is_compressed_for_hadoop(split.path):
        end = split.start + split.length
    if rules.reader is Reader.XML:
        records = XmlRecords(source, split.start, end, rules, limit)
        yield from _xml_pieces(records, rules)
        if source.size is not None and records.looked_at is not None:
            place = records.looked_at
            source.bytes_read = bytes_of_xml_in_hadoop(split.start, place, source.size)
        return None
    if _is_plain(rules):
        lines = LinePieces(source, split.start, end)
        yield from lines
        _count_as_hadoop(source, split.start, end, lines.looked_at)
        return lines.stretch
    ends = AnyLineEnd() if rules.delimiter is None else Delimiter(rules.delimiter)
    blocks = Blocks(source, split.start, end, ends, rules.longest_line, limit)
    writer = BlockWriter(rules)
    for block in blocks:
        yield writer.write(blocks.window, *block)
    _count_as_hadoop(source, split.start, end, blocks.looked_at)
    return blocks.stretch


def _count_as_hadoop(source: Source, start: int, end: int, looked_at: int) -> None:
    """Count the bytes that Hadoop would have read of a file; see :mod:`read_ahead`."""
    if source.size is not None:
        source.bytes_read = bytes_in_hadoop(start, end, looked_at, source.size)


def _is_plain(rules: InputRules) -> bool:
    return (
        rules.reader is Reader.LINES
        and rules.ignore_key
        and rules.pairs.pipe is Pipe.TEXT
        and rules.delimiter is None
        and rules.longest_line is None
    )


def _xml_pieces(records: XmlRecords, rules: InputRules) -> Iterator[Piece]:
    writer = PairWriter(rules)
    waiting: list[bytes] = []
    size = 0
    for record in records:
        waiting.append(writer.text(record, b""))
        size += len(waiting[-1])
        if size >= _XML_PIECE:
            yield memoryview(b"".join(waiting)), len(waiting)
            waiting, size = [], 0
    yield memoryview(b"".join(waiting)), len(waiting)
