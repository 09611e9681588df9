"""Feeds the records of a split to a mapper under Hadoop's rules.

There are three ways: a fast one for lines without keys (:mod:`hadoopless.data.input.lines`), one
for all other lines (:mod:`hadoopless.data.input.line_records`), and one for records between marks
(:mod:`hadoopless.data.input.xml_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

from hadoopless.codecs import is_compressed_for_hadoop
from hadoopless.data.input.line_records import AnyLineEnd, Blocks, Delimiter
from hadoopless.data.input.lines import LinePieces
from hadoopless.data.input.map_input import BlockWriter, PairWriter
from hadoopless.data.input.raw import check_unchanged
from hadoopless.data.input.source import ENDLESS, Source, open_source
from hadoopless.data.input.xml_records import xml_records
from hadoopless.data.program.stdin import write_all
from hadoopless.job import Split
from hadoopless.rules import InputRules, Pipe, Reader

_XML_PIECE = 1 << 16

Piece = tuple[memoryview, int]


class RecordFeed:
    """Feeds the records of a split to a program; call it once, with the pipe."""

    def __init__(
        self,
        split: Split,
        locate: Callable[[str], Path],
        rules: InputRules,
        limit: int = ENDLESS,
    ) -> None:
        """*locate* gives the path of a file. *limit*: of the bytes of a record held whole."""
        #: Records that were read, also those that the program did not take.
        self.records = 0
        #: Bytes that were read from the disk.
        self.bytes_read = 0
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
                self.records += count
                write_all(target, (data,))
        finally:
            self._pieces.close()

    def _read(self, split: Split, locate: Callable[[str], Path]) -> Generator[Piece, None, None]:
        for piece in split.pieces:
            source = open_source(piece.path, locate(piece.path), piece.state)
            before = self.bytes_read
            try:
                for written in _pieces(source, piece, self._rules, self._limit):
                    self.bytes_read = before + source.bytes_read
                    yield written
                check_unchanged(piece, locate)
            finally:
                self.bytes_read = before + source.bytes_read
                source.close()


def _pieces(source: Source, split: Split, rules: InputRules, limit: int) -> Iterator[Piece]:
    """The records of one piece of a split, as bytes and their number."""
    end = ENDLESS
    # The length of a compressed file says nothing of its contents.
    if split.length is not None and not is_compressed_for_hadoop(split.path):
        end = split.start + split.length
    if rules.reader is Reader.XML:
        return _xml_pieces(source, split.start, end, rules, limit)
    if _is_plain(rules):
        return iter(LinePieces(source, split.start, end))
    return _block_pieces(source, split.start, end, rules, limit)


def _is_plain(rules: InputRules) -> bool:
    return (
        rules.reader is Reader.LINES
        and rules.ignore_key
        and rules.pairs.pipe is Pipe.TEXT
        and rules.delimiter is None
        and rules.longest_line is None
    )


def _block_pieces(
    source: Source, start: int, end: int, rules: InputRules, limit: int
) -> Iterator[Piece]:
    ends = AnyLineEnd() if rules.delimiter is None else Delimiter(rules.delimiter)
    blocks = Blocks(source, start, end, ends, rules.longest_line, limit)
    writer = BlockWriter(rules)
    for block in blocks:
        yield writer.write(blocks.window, *block)


def _xml_pieces(
    source: Source, start: int, end: int, rules: InputRules, limit: int
) -> Iterator[Piece]:
    writer = PairWriter(rules)
    waiting: list[bytes] = []
    size = 0
    for record in xml_records(source, start, end, rules, limit):
        waiting.append(writer.text(record, b""))
        size += len(waiting[-1])
        if size >= _XML_PIECE:
            yield memoryview(b"".join(waiting)), len(waiting)
            waiting, size = [], 0
    yield memoryview(b"".join(waiting)), len(waiting)
