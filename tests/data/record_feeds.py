"""Runs a RecordFeed, and models the bytes that it should write."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from hadoopless.data.input import line_records, records, window
from hadoopless.data.input import lines as record_lines
from hadoopless.data.input.records import RecordFeed
from hadoopless.job import Split
from hadoopless.rules import InputRules

_LINE_END = re.compile(rb"\r\n|\r|\n")


def fed(split: Split, rules: InputRules) -> tuple[bytes, RecordFeed]:
    """The bytes that the feed of *split* writes, and the feed."""
    feed = RecordFeed(split, Path, rules)
    with tempfile.TemporaryFile() as target:
        feed(target.fileno())
        target.seek(0)
        written = target.read()
    return written, feed


def fed_stretch(path: Path, data: bytes, start: int, length: int, rules: InputRules) -> bytes:
    """The same as :func:`fed`, for *length* bytes from *start* of a new file of *data*."""
    path.write_bytes(data)
    return fed(Split(str(path), start, length), rules)[0]


@contextmanager
def tiny_buffers() -> Iterator[None]:
    """Each record lies across the borders of some buffer."""
    sizes = [
        (window, "_SIZE", 16),
        (line_records, "_MORE", 7),
        (record_lines, "_PIECE", 13),
        (record_lines, "_SHORT", 5),
        (records, "_XML_PIECE", 30),
    ]
    with ExitStack() as stack:
        for module, name, size in sizes:
            stack.enter_context(patch.object(module, name, size))
        yield


def lines_of(data: bytes, start: int, end: int) -> list[tuple[int, bytes]]:
    """The model of LineRecordReader: positions and lines."""

    def following(position: int) -> tuple[int, int]:
        found = _LINE_END.search(data, position)
        return found.span() if found else (len(data), len(data))

    position = following(start)[1] if start else 0
    lines = []
    while position <= end and position < len(data):
        stop, after = following(position)
        lines.append((position, data[position:stop]))
        position = after
    return lines


def all_lines(data: bytes) -> list[bytes]:
    """The lines of a whole file."""
    return [line for _, line in lines_of(data, 0, len(data))]
