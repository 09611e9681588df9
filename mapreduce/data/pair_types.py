"""What the keys and values that a program writes are for Hadoop: its Writable classes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from mapreduce.rules import PairFormat, Pipe


class Kind(Enum):
    """What the bytes of a key or of a value stand for.

    Null values (NullWritable) are no kind of their own: a record without a value says so itself.
    """

    #: Text as it is [Text].
    TEXT = "text"
    #: Any bytes; their toString is hexadecimal [BytesWritable].
    BYTES = "bytes"
    #: A type code and its payload [TypedBytesWritable].
    TYPED = "typed"
    #: Eight bytes, big-endian [LongWritable].
    LONG = "long"


@dataclass(frozen=True, slots=True)
class Types:
    """What keys and values are."""

    key: Kind = Kind.TEXT
    value: Kind = Kind.TEXT


_KINDS = {Pipe.RAW_BYTES: Kind.BYTES, Pipe.TYPED_BYTES: Kind.TYPED}


def types_of(pairs: PairFormat) -> Types:
    """The types of what a program writes in this format [IdentifierResolver]."""
    kind = _KINDS.get(pairs.pipe, Kind.TEXT)
    return Types(kind, kind)


class MalformedPairs(ValueError):
    """A program wrote bytes that are no pairs in the format it was to use."""
