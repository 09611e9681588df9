"""Writes the pairs of a record reader as a mapper gets them on stdin [InputWriter].

:class:`BlockWriter` writes blocks of lines at the speed of a kernel, :class:`PairWriter` writes
pair by pair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from hadoopless.data.input import map_input_kernels as kernels
from hadoopless.data.input.window import Window
from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.machine.memory import PADDING
from hadoopless.data.record.vint import serialised_text
from hadoopless.java.text import text as decoded
from hadoopless.rules import InputRules, Pipe, Reader

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_ENDLESS = 1 << 62

Encode = Callable[[bytes], bytes]


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _raw_text(data: bytes) -> bytes:
    return _sized(serialised_text(data))


def _typed_text(data: bytes) -> bytes:
    # A Text becomes a Java string on its way.
    return b"\7" + _sized(data if data.isascii() else decoded(data).encode())


def _nothing(_: bytes) -> bytes:
    return b""


class PairWriter:
    """Writes one pair at a time."""

    def __init__(self, rules: InputRules) -> None:
        self._pipe = rules.pairs.pipe
        separator = rules.pairs.separator
        key: Encode
        value: Encode
        match self._pipe:
            case Pipe.TEXT:
                key, value = (lambda data: data + separator), (lambda data: data + b"\n")
            case Pipe.KEY_ONLY_TEXT:
                key, value = (lambda data: data + b"\n"), _nothing
            case Pipe.RAW_BYTES:
                key = value = _raw_text
            case Pipe.TYPED_BYTES:
                key = value = _typed_text
            case Pipe.PAIRS:
                key = value = _sized
        self._value = value
        self._key = _nothing if rules.ignore_key else key
        self._ignore_key = rules.ignore_key

    def text(self, key: bytes, value: bytes) -> bytes:
        """A pair of Texts."""
        return self._key(key) + self._value(value)

    def number(self, key: int, value: bytes) -> bytes:
        """A LongWritable and a Text."""
        if self._pipe is Pipe.RAW_BYTES and not self._ignore_key:
            return _sized(key.to_bytes(8, "big")) + self._value(value)
        if self._pipe is Pipe.TYPED_BYTES and not self._ignore_key:
            return b"\4" + key.to_bytes(8, "big") + self._value(value)
        return self._key(b"%d" % key) + self._value(value)

    def values(self, values: Iterable[bytes]) -> bytes:
        """Many values whose keys are ignored."""
        return b"".join(map(self._value, values))


class BlockWriter:
    """Writes the records of a block, a stretch of a window."""

    def __init__(self, rules: InputRules) -> None:
        self._rules = rules
        self._pairs = PairWriter(rules)
        self._longest = _ENDLESS if rules.longest_line is None else rules.longest_line
        self._separator = np.frombuffer(rules.pairs.separator + bytes(PADDING), np.uint8)
        self._pipe = list(Pipe).index(rules.pairs.pipe)
        self._key = kernels.NO_KEY
        if rules.reader is Reader.KEY_VALUE:
            self._key = kernels.UNWANTED_KEY if rules.ignore_key else kernels.TEXT_KEY
        elif not rules.ignore_key:
            self._key = kernels.OFFSET_KEY
        self._out = new_buffer(0)

    def write(self, window: Window, key: int, start: int, end: int) -> tuple[memoryview, int]:
        """The pairs of the records from *start* to *end*, and their number.

        *key* is the offset of the first record. The result is valid until the next call.
        """
        if self._rules.delimiter is not None:
            records = self._delimited(window.cut(start, end), key, self._rules.delimiter)
        elif self._must_be_replaced(window, start, end):
            records = self._lines(window.cut(start, end), key)
        else:
            return self._by_kernel(window.address(start), end - start, key)
        return memoryview(self._written(records)), len(records)

    def _must_be_replaced(self, window: Window, start: int, end: int) -> bool:
        """True if Java makes a string of the records, and they are no UTF-8."""
        if self._rules.pairs.pipe is not Pipe.TYPED_BYTES:
            return False
        data = window.cut(start, end)
        if data.isascii():
            return False
        try:
            data.decode()
        except UnicodeDecodeError:
            return True
        return False

    def _by_kernel(self, address: int, size: int, key: int) -> tuple[memoryview, int]:
        lines = size if size < _FEW else self._count_lines(address, size)
        room = size + lines * (kernels.OVERHEAD + len(self._rules.pairs.separator))
        if len(self._out) < room + PADDING:
            self._out = new_buffer(room + room // 4)
        count, written = kernels.write_lines(
            address,
            size,
            key,
            self._longest,
            self._pipe,
            self._key,
            kernels.repeated(self._rules.key_separator[0]),
            int(self._separator.ctypes.data),
            len(self._rules.pairs.separator),
            int(self._out.ctypes.data),
        )
        return self._out.data[:written], int(count)

    def _count_lines(self, address: int, size: int) -> int:
        """At least as many lines as there are."""
        return int(
            kernels.count_bytes(address, size, kernels.repeated(0x0A))
            + kernels.count_bytes(address, size, kernels.repeated(0x0D))
            + 1
        )

    def _lines(self, data: bytes, key: int) -> list[tuple[int, bytes]]:
        return [
            (key + match.start(), match[0].rstrip(b"\r\n"))
            for match in _LINE.finditer(data)
            if len(match[0]) < self._longest
        ]

    def _delimited(self, data: bytes, key: int, mark: bytes) -> list[tuple[int, bytes]]:
        lines = data.split(mark)
        records = []
        for line in lines[:-1]:
            if len(line) + len(mark) < self._longest:
                records.append((key, line))
            key += len(line) + len(mark)
        if lines[-1] and len(lines[-1]) < self._longest:
            records.append((key, lines[-1]))
        return records

    def _written(self, records: list[tuple[int, bytes]]) -> bytes:
        if self._rules.reader is Reader.KEY_VALUE:
            parts = (line.partition(self._rules.key_separator) for _, line in records)
            return b"".join([self._pairs.text(key, value) for key, _, value in parts])
        if self._rules.ignore_key:
            return self._pairs.values(line for _, line in records)
        return b"".join([self._pairs.number(key, line) for key, line in records])


#: Lines are not counted first in fewer bytes: it would save too little memory.
_FEW = 1 << 12
