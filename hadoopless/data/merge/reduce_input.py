"""Writes merged records as a reducer or combiner reads them, like Hadoop's InputWriters."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Iterable, Iterator
from enum import Enum

import numpy as np
from msgspec import Struct

from hadoopless.data.machine.buffers import PIECE, Constant, GrowingBuffer, Room, address_of
from hadoopless.data.merge import reduce_input_kernels
from hadoopless.data.record import typed_bytes
from hadoopless.data.record.frame_kernels import NULL
from hadoopless.data.record.frames import frames_in
from hadoopless.data.record.repeats import expanded
from hadoopless.data.record.vint import serialised_text
from hadoopless.data.record.whole import WholeRecords
from hadoopless.job import Sum
from hadoopless.rules import PairFormat, Pipe

_LENGTH = struct.Struct(">I")
_LONG = struct.Struct(">q")


class Kind(Enum):
    """The type of the bytes of a key or a value.

    Null values (NullWritable) are no kind: the record itself says that it has no value.
    """

    #: Text as it is [Text].
    TEXT = "text"
    #: Any bytes; their toString is hexadecimal [BytesWritable].
    BYTES = "bytes"
    #: A type code and its payload [TypedBytesWritable].
    TYPED = "typed"
    #: Eight bytes, big-endian [LongWritable].
    LONG = "long"


class Types(Struct, frozen=True):
    """The kinds of keys and of values."""

    key: Kind = Kind.TEXT
    value: Kind = Kind.TEXT


_KINDS = {Pipe.RAW_BYTES: Kind.BYTES, Pipe.TYPED_BYTES: Kind.TYPED}


def types_of(pairs: PairFormat) -> Types:
    """The types of what a program writes in this format [IdentifierResolver]."""
    kind = _KINDS.get(pairs.pipe, Kind.TEXT)
    return Types(kind, kind)


class PairCounts(Struct):
    """Counts of records, and of groups: consecutive records with the same key."""

    records: int = 0
    groups: int = 0


def stdin_pieces(
    pieces: Iterable[memoryview],
    *,
    framed: bool,
    types: Types,
    target: PairFormat,
    counts: PairCounts,
    together: Sum | None,
) -> Iterable[memoryview]:
    """The records in *pieces*, which may cut them anywhere, as a program reads them.

    *pieces* lie in buffers with PADDING behind their data, as those of a merge do. Plain records
    with counts must be those of *together*, which is None where none has one. *counts* cover the
    pieces that were asked for so far. A piece is valid until the next one. Raises NotAsTold,
    EOFError.
    """
    if not framed and target.pipe is Pipe.TEXT and target.separator == b"\t":
        return expanded(_counted(pieces, counts), together)
    if not framed:
        pieces = expanded(pieces, together)
    form = _form_of(target)
    conversions = _CONVERSIONS[target.pipe]
    convert_key = conversions.get(types.key)
    convert_value = conversions.get(types.value) if form.with_values else None
    if convert_key is None and convert_value is None:
        return _by_kernel(pieces, framed, form, counts)
    both = (convert_key or bytes, convert_value or bytes)
    return _one_by_one(pieces, framed, form, both, counts)


class _Groups:
    """Counts groups: holds the key of the last record, also when its piece has gone."""

    def __init__(self, counts: PairCounts) -> None:
        self._counts = counts
        self._key = GrowingBuffer()
        self.address = self._key.address
        self.length = -1

    def add(self, records: int, groups: int, address: int, length: int) -> None:
        """Count; the last key lies at *address*, for now."""
        self._counts.records += records
        self._counts.groups += groups
        self.address, self.length = address, length

    def keep(self) -> None:
        """Copy the last key: the memory where it lies is about to be used for something else."""
        if self.address != self._key.address and self.length >= 0:
            self._key.make_room(self.length)
            ctypes.memmove(self._key.address, self.address, self.length)
            self.address = self._key.address


def _counted(pieces: Iterable[memoryview], counts: PairCounts) -> Iterator[memoryview]:
    """The plain pieces themselves, counted; a record with a count as often as it comes."""
    records, groups = WholeRecords(framed=False), _Groups(counts)
    for piece in pieces:
        for stretch in records.of(piece):
            groups.add(
                *reduce_input_kernels.count_plain(
                    address_of(stretch), len(stretch), groups.address, groups.length
                )
            )
            groups.keep()
        yield piece
    records.check_end()


class _Form(Struct, frozen=True):
    """The bytes that surround keys and values."""

    with_lengths: bool = False
    with_values: bool = True
    separator: bytes = b""
    ending: bytes = b""
    #: Stands for a value that is null, and for its length.
    null: bytes = b""


class _KernelForm:
    """A form as the kernel wants it."""

    def __init__(self, form: _Form) -> None:
        self._texts = [Constant(text) for text in (form.separator, form.ending, form.null)]
        self.cells = np.zeros(reduce_input_kernels.FORM_CELLS, np.int64)
        self.cells[reduce_input_kernels.WITH_LENGTHS] = form.with_lengths
        self.cells[reduce_input_kernels.WITH_VALUES] = form.with_values
        separator, ending, null = (text.arguments for text in self._texts)
        self.cells[reduce_input_kernels.SEPARATOR :] = (*separator, *ending, *null)


def _form_of(target: PairFormat) -> _Form:
    if target.pipe is Pipe.TEXT:
        return _Form(separator=target.separator, ending=b"\n", null=b"(null)")
    if target.pipe is Pipe.KEY_ONLY_TEXT:
        return _Form(with_values=False, ending=b"\n")
    if target.pipe is Pipe.RAW_BYTES:
        return _Form(with_lengths=True, null=_LENGTH.pack(0))
    if target.pipe is Pipe.PAIRS:
        return _Form(with_lengths=True, null=_LENGTH.pack(NULL))
    return _Form(null=typed_bytes.of_class("org.apache.hadoop.io.NullWritable"))


def _shown_bytes(data: bytes) -> bytes:
    return data.hex(" ").encode()


def _shown_long(data: bytes) -> bytes:
    return str(_LONG.unpack(data)[0]).encode()


Convert = Callable[[bytes], bytes]

#: The kinds of keys and values that are not written as they are, by what the program reads.
_CONVERSIONS: dict[Pipe, dict[Kind, Convert]] = {
    # TextInputWriter makes an exception for BytesWritable, and so for TypedBytesWritable.
    Pipe.TEXT: {Kind.LONG: _shown_long},
    Pipe.KEY_ONLY_TEXT: {Kind.LONG: _shown_long},
    Pipe.RAW_BYTES: {Kind.TEXT: serialised_text},
    Pipe.TYPED_BYTES: {
        Kind.TEXT: typed_bytes.of_text,
        Kind.BYTES: typed_bytes.of_bytes,
        Kind.LONG: typed_bytes.of_long,
    },
    # The road's own programs read text: what toString gives.
    Pipe.PAIRS: {
        Kind.BYTES: _shown_bytes,
        Kind.TYPED: lambda data: typed_bytes.text_of(data).encode(),
        Kind.LONG: _shown_long,
    },
}


def _by_kernel(
    pieces: Iterable[memoryview], framed: bool, form: _Form, counts: PairCounts
) -> Iterator[memoryview]:
    """The records in *form*, keys and values as they are."""
    records, groups = WholeRecords(framed), _Groups(counts)
    kernel_form = _KernelForm(form)
    room = Room(PIECE)
    for piece in pieces:
        for stretch in records.of(piece):
            rest = stretch
            while True:
                taken, written, *counted = reduce_input_kernels.write_pairs(
                    *(address_of(rest), len(rest), framed, kernel_form.cells),
                    *(groups.address, groups.length),
                    *room.free,
                )
                groups.add(*counted)
                room.filled += written
                rest = rest[taken:]
                if not rest:
                    break
                yield from room.emptied()
            groups.keep()
    records.check_end()
    if room.filled:
        yield from room.emptied()


def _one_by_one(
    pieces: Iterable[memoryview],
    framed: bool,
    form: _Form,
    conversions: tuple[Convert, Convert],
    counts: PairCounts,
) -> Iterator[memoryview]:
    """The records in *form*, keys and values as *conversions* make them."""
    convert_key, convert_value = conversions
    records = WholeRecords(framed)
    key_before: bytes | None = None
    for piece in pieces:
        for stretch in records.of(piece):
            written = []
            for key, value in _pairs_in(stretch, framed):
                counts.records += 1
                counts.groups += key != key_before
                key_before = key
                key = convert_key(key)
                written += [_LENGTH.pack(len(key)), key] if form.with_lengths else [key]
                written.append(form.separator)
                if value is None:
                    written.append(form.null)
                elif form.with_values:
                    value = convert_value(value)
                    written += [_LENGTH.pack(len(value)), value] if form.with_lengths else [value]
                written.append(form.ending)
            yield memoryview(b"".join(written))
    records.check_end()


def _pairs_in(stretch: memoryview, framed: bool) -> Iterator[tuple[bytes, bytes | None]]:
    """The keys and values of whole records."""
    if framed:
        yield from ((key, value) for _, key, value in frames_in(stretch))
        return
    for line in bytes(stretch).split(b"\n")[:-1]:
        key, _, value = line.partition(b"\t")
        yield key, value
