"""The rules of a job: how its inputs, records, programs and outputs are treated.

There are two kinds. Under the *plain* rules (:data:`PLAIN_RULES`) the project's own front door runs
its jobs; all others are those of Hadoop Streaming, which a front end makes of options and
properties. A :class:`Rules` belongs to a JobSpec and travels with each task; it tells the road all
that it must know, and nothing of who asked for it. Frozen; no behaviour but :func:`to_json` and
:func:`from_json`. Names in brackets are Hadoop's classes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import types
import typing
from dataclasses import dataclass
from enum import Enum
from typing import Any

#: Bound of a signed 64-bit integer.
_NUMBERS = 1 << 63


class Pipe(Enum):
    """How pairs are written on a program's stdin or stdout [IdentifierResolver]."""

    #: ``key separator value NL``; values that are no text are shown as Java's toString does.
    TEXT = "text"
    #: ``key NL``; pairs that are read have no value (null), so that none is written later either.
    KEY_ONLY_TEXT = "keyonlytext"
    #: Length (4 bytes, big-endian) and bytes of the key, then of the value.
    RAW_BYTES = "rawbytes"
    #: A type code and its payload, for the key and for the value [TypedBytesOutput].
    TYPED_BYTES = "typedbytes"
    #: As RAW_BYTES, but what is in it is text; a length of 2**32 - 1 is a null value. So the
    #: road's own programs speak (the ready-made classes).
    PAIRS = "pairs"


@dataclass(frozen=True, slots=True)
class PairFormat:
    """One edge between the road and a program."""

    pipe: Pipe = Pipe.TEXT
    separator: bytes = b"\t"
    #: When text is read: the key ends at this occurrence of the separator.
    key_fields: int = 1


class Reader(Enum):
    """What a record of an input is."""

    #: Key: byte offset; value: line [LineRecordReader].
    LINES = "lines"
    #: Key and value: the line around the first separator [KeyValueLineRecordReader].
    KEY_VALUE = "key-value"
    #: Key: from ``begin`` to ``end`` inclusive; value: empty [StreamXmlRecordReader].
    XML = "xml"


@dataclass(frozen=True, slots=True)
class InputRules:
    """How a split becomes records, and how these reach the mapper."""

    reader: Reader = Reader.LINES
    #: Ends a record in place of LF, CR and CRLF.
    delimiter: bytes | None = None
    #: Lines of more bytes are left out.
    longest_line: int | None = None
    #: Of KEY_VALUE: one byte.
    key_separator: bytes = b"\t"
    begin: bytes = b""
    end: bytes = b""
    slow_match: bool = False
    longest_record: int = 50_000
    look_ahead: int = 100_000
    #: Whether the mapper gets the values alone.
    ignore_key: bool = True
    #: Of the mapper's stdin; its separator joins key and value.
    pairs: PairFormat = PairFormat()


@dataclass(frozen=True, slots=True)
class FieldRange:
    """A ``-k`` of KeyFieldHelper: from a character of a field to a character of a field.

    Fields and characters count from 1; ``end_field`` 0: to the end of the key; ``end_char`` 0: to
    the end of that field; ``start_char`` 0: from the byte before the field, missing in the first.
    """

    start_field: int = 1
    start_char: int = 1
    end_field: int = 0
    end_char: int = 0
    numeric: bool = False
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class KeyFields:
    """Parts of a key, to compare or to hash them one after the other."""

    ranges: tuple[FieldRange, ...]
    separator: bytes = b"\t"


class Partitioner(Enum):
    """Which partition a key belongs to."""

    #: [HashPartitioner] on the bytes of the key.
    HASH = "hash"
    #: [KeyFieldBasedPartitioner]: the bytes of the chosen fields.
    FIELDS = "fields"
    #: [KeyFieldBasedPartitioner] without options: Java's String.hashCode of the key.
    JAVA_STRING = "java-string"
    #: [TotalOrderPartitioner]: partition *i* holds the keys below ``boundaries[i]``.
    RANGES = "ranges"
    #: A program that reads keys and writes a number for each.
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class PartitionRules:
    """How a key's partition is found."""

    kind: Partitioner = Partitioner.HASH
    fields: KeyFields | None = None
    boundaries: tuple[bytes, ...] = ()
    command: str = ""


class Codec(Enum):
    """How output files are compressed; the value is the ending of their names."""

    NONE = ""
    DEFLATE = ".deflate"
    GZIP = ".gz"
    BZIP2 = ".bz2"
    ZSTANDARD = ".zst"


@dataclass(frozen=True, slots=True)
class OutputRules:
    """How the pairs that leave a job are written [TextOutputFormat]."""

    separator: bytes = b"\t"
    codec: Codec = Codec.NONE
    #: No file for a task that writes no record.
    lazy: bool = False
    #: No files at all [NullOutputFormat].
    nothing: bool = False

    def wants_file(self, records: int) -> bool:
        """A task that has written *records* leaves a file."""
        return not self.nothing and (records > 0 or not self.lazy)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one job. The defaults are those of Hadoop Streaming. Times in seconds."""

    #: The project's own simple rules. Of the other fields, only ``partition``, ``sort_values`` and
    #: ``keep_failed`` count then. The properties below say what else it means; ask for those.
    plain: bool = False
    input: InputRules = InputRules()
    map_output: PairFormat = PairFormat()
    reduce_input: PairFormat = PairFormat()
    reduce_output: PairFormat = PairFormat()
    partition: PartitionRules = PartitionRules()
    #: None: keys are compared as bytes. Equal in all ranges is equal.
    order: KeyFields | None = None
    #: Values of equal keys are sorted as bytes, too.
    sort_values: bool = False
    output: OutputRules = OutputRules()
    #: The mappers' output is the job's; there is nothing to reduce.
    map_only: bool = False
    #: Keys and values between map and reduce are Java's longs, if only in counters of their bytes.
    long_keys: bool = False
    long_values: bool = False
    #: What the combiner reads and writes, where that is not what the reducer does.
    combiner_pairs: tuple[PairFormat, PairFormat] | None = None
    #: For the environment of each program, besides what the task adds.
    environment: tuple[tuple[str, str], ...] = ()
    #: What takes the place of anything there, also of what the task adds (-cmdenv).
    overrides: tuple[tuple[str, str], ...] = ()
    #: Names in the working directory of each task -> what they link to (absolute paths).
    links: tuple[tuple[str, str], ...] = ()
    #: Directories -> the URIs by which users know what is in them; all else is ``file:``.
    uris: tuple[tuple[str, str], ...] = ()
    #: Keep the working directory of a task that failed.
    keep_failed: bool = False
    #: A program must read, write or report something within this time.
    idle_timeout: float | None = None
    #: Whether a program that ends with another status than 0 has failed.
    status_matters: bool = True
    #: A mapper may leave input unread once it was given this many records; None: it may not.
    unread_after: int | None = None
    #: Lines of stderr that begin with it are for the framework.
    reporter_prefix: str = "reporter:"
    #: How many maps and reduces in a hundred may fail without the job failing.
    map_failures_percent: int = 0
    reduce_failures_percent: int = 0
    reduce_attempts: int = 4

    @property
    def own_reduce_attempts(self) -> int | None:
        """Attempts of a reduce task; None: as many as of a map task."""
        return None if self.plain else self.reduce_attempts

    @property
    def in_shell_words(self) -> bool:
        """Command lines are read as a shell does, and run in the job's directory.

        Otherwise they are cut at blanks alone, and run in a directory of the task attempt.
        """
        return self.plain

    @property
    def feeds_bytes(self) -> bool:
        """A mapper reads the bytes of its split as they are; otherwise its records."""
        return self.plain

    @property
    def keeps_bytes(self) -> bool:
        """Output files are what the programs wrote, as it is; otherwise what Hadoop makes of it."""
        return self.plain


#: The rules of a job for which nobody has given any, as in the three plain calls (docs/http.md).
PLAIN_RULES = Rules(plain=True)


def to_json(rules: Rules) -> str:
    """*rules* as text, what equals its default left out; bytes are written as Latin-1."""
    return json.dumps(_plain(rules), separators=(",", ":"))


def from_json(text: str) -> Rules:
    """The rules behind *text*; raises ValueError when they make no sense."""
    try:
        rules = _made(json.loads(text), Rules)
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not the rules of a job: {error}") from error
    if not isinstance(rules, Rules):
        raise ValueError("not the rules of a job")
    if rules.input.delimiter == b"" or len(rules.input.key_separator) != 1:
        raise ValueError("a delimiter has a byte at least, a key separator just one")
    if rules.order is not None and not rules.order.ranges:
        raise ValueError("an order has a range at least")
    return rules


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        pairs = ((f, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {f.name: _plain(item) for f, item in pairs if item != f.default}
    return value


def _made(plain: Any, kind: Any) -> Any:
    """*plain* as what the annotation *kind* says."""
    origin = typing.get_origin(kind)
    if origin is types.UnionType:
        wanted = next(k for k in typing.get_args(kind) if k is not types.NoneType)
        return None if plain is None else _made(plain, wanted)
    if origin is tuple:
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            return tuple(_made(item, inner[0]) for item in plain)
        return tuple(_made(item, k) for item, k in zip(plain, inner, strict=True))
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _made(item, hints[name]) for name, item in plain.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(plain)
    if kind is bytes:
        return plain.encode("latin-1")
    if kind is float and isinstance(plain, int):
        plain = float(plain)
    if not isinstance(plain, kind) or (kind is int and isinstance(plain, bool)):
        raise ValueError(f"{plain!r} is no {kind.__name__}")
    if kind is str and b"\0" in os.fsencode(plain):  # programs could not be told
        raise ValueError("a text with a NUL")
    if kind is int and not -_NUMBERS <= plain < _NUMBERS:
        raise ValueError(f"{plain} is too large a number")
    return plain
