"""The rules of a job: how its inputs, records, programs and outputs are treated.

There are two kinds. Under the *plain* rules (:data:`PLAIN_RULES`) the project's own front door runs
its jobs; all others are those of Hadoop Streaming, which a front end makes of options and
properties. A :class:`Rules` belongs to a JobSpec and travels with each task; it tells the road all
that it must know, and nothing of who asked for it. Frozen; no behaviour but :func:`to_json` and
:func:`from_json`. Names in brackets are Hadoop's classes.
"""

from __future__ import annotations

import json
import os
import types
import typing
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

#: Bound of a signed 64-bit integer.
_NUMBERS = 1 << 63


class Pipe(Enum):
    """The form of the pairs on a program's stdin or stdout [IdentifierResolver]."""

    #: ``key separator value NL``; values that are no text are shown as Java's toString does.
    TEXT = "text"
    #: ``key NL``; pairs that are read have no value (null), so that none is written later either.
    KEY_ONLY_TEXT = "keyonlytext"
    #: Length (4 bytes, big-endian) and bytes of the key, then of the value.
    RAW_BYTES = "rawbytes"
    #: A type code and its payload, for the key and for the value [TypedBytesOutput].
    TYPED_BYTES = "typedbytes"
    #: The form of RAW_BYTES with text as keys and values; a length of 2**32 - 1 is a null value.
    #: The programs of ``library`` (the ready-made classes) use it.
    PAIRS = "pairs"


class PairFormat(Struct, frozen=True):
    """The form in which pairs are written to a program, or read from one."""

    pipe: Pipe = Pipe.TEXT
    separator: bytes = b"\t"
    #: In text that is read, the key ends at this occurrence of the separator.
    key_fields: int = 1


class Reader(Enum):
    """The kinds of records into which an input may be cut."""

    #: A record is a line; its key is the byte offset [LineRecordReader].
    LINES = "lines"
    #: A record is a line; its key ends at the first separator [KeyValueLineRecordReader].
    KEY_VALUE = "key-value"
    #: A record reaches from ``begin`` to ``end`` inclusive; it is the key, and the value is empty
    #: [StreamXmlRecordReader].
    XML = "xml"


class InputRules(Struct, frozen=True):
    """The rules by which a split becomes records, and by which these reach the mapper."""

    reader: Reader = Reader.LINES
    #: The bytes that end a record in place of LF, CR and CRLF.
    delimiter: bytes | None = None
    #: Lines of more bytes are left out.
    longest_line: int | None = None
    #: For KEY_VALUE, one byte.
    key_separator: bytes = b"\t"
    #: For XML. The last three are properties of StreamXmlRecordReader.
    begin: bytes = b""
    end: bytes = b""
    slow_match: bool = False
    longest_record: int = 50_000
    look_ahead: int = 100_000
    #: The mapper gets the values alone.
    ignore_key: bool = True
    #: The form of the mapper's stdin; its separator joins key and value.
    pairs: PairFormat = PairFormat()


class CounterLimits(Struct, frozen=True):
    """The number of counters, and of groups, that a task or a job may have besides Hadoop's own.

    A worker needs memory for each of them, so there is a limit even where a user wants none.
    """

    counters: int = 120
    groups: int = 50
    #: The most characters of the name of a group, and of a counter; what is longer is cut off.
    group_name: int = 128
    counter_name: int = 64

    def excess(self, counters: int, groups: int) -> str:
        """Hadoop's words for more than is allowed; else empty [LimitExceededException]."""
        if groups > self.groups:
            return f"Too many counter groups: {groups} max={self.groups}"
        if counters > self.counters:
            return f"Too many counters: {counters} max={self.counters}"
        return ""


class FieldRange(Struct, frozen=True):
    """A part of a key, from a character of a field to a character of a field [KeyFieldHelper, -k].

    Fields and characters count from 1. With ``end_field`` 0 the part reaches to the end of the key,
    with ``end_char`` 0 to the end of that field. With ``start_char`` 0 it begins at the byte before
    the field, which the first field has not.
    """

    start_field: int = 1
    start_char: int = 1
    end_field: int = 0
    end_char: int = 0
    numeric: bool = False
    reverse: bool = False


class KeyFields(Struct, frozen=True):
    """Parts of a key, which are compared or hashed one after the other."""

    ranges: tuple[FieldRange, ...]
    separator: bytes = b"\t"


class Partitioner(Enum):
    """The kinds of partitioners."""

    #: [HashPartitioner] on the bytes of the key.
    HASH = "hash"
    #: [KeyFieldBasedPartitioner]: the bytes of the chosen fields.
    FIELDS = "fields"
    #: [KeyFieldBasedPartitioner] without options: Java's String.hashCode of the key.
    JAVA_STRING = "java-string"
    #: [TotalOrderPartitioner]: partition *i* holds the keys below ``boundaries[i]``.
    RANGES = "ranges"
    #: A user's program that reads keys and writes the number of a partition for each.
    COMMAND = "command"


class PartitionRules(Struct, frozen=True):
    """The rules by which the partition of a key is found."""

    kind: Partitioner = Partitioner.HASH
    fields: KeyFields | None = None
    boundaries: tuple[bytes, ...] = ()
    command: str = ""


class Codec(Enum):
    """The formats of compressed output files; the value is the ending of their names."""

    NONE = ""
    DEFLATE = ".deflate"
    GZIP = ".gz"
    BZIP2 = ".bz2"
    ZSTANDARD = ".zst"


class OutputRules(Struct, frozen=True):
    """The rules by which the pairs that leave a job are written [TextOutputFormat]."""

    separator: bytes = b"\t"
    codec: Codec = Codec.NONE
    #: A task that writes no record leaves no file.
    lazy: bool = False
    #: No task leaves a file [NullOutputFormat].
    nothing: bool = False

    def wants_file(self, records: int) -> bool:
        """Say if a task that has written *records* leaves a file."""
        return not self.nothing and (records > 0 or not self.lazy)


class Rules(Struct, frozen=True):
    """The rules of one job. The defaults are those of Hadoop Streaming. Times in seconds."""

    #: The project's own simple rules. Of the other fields, only ``partition``, ``sort_values``,
    #: ``map_only``, ``environment``, ``reporter_prefix``, ``keep_failed`` and ``hdfs`` count then.
    #: The properties below say what else it means; ask for those.
    plain: bool = False
    input: InputRules = InputRules()
    map_output: PairFormat = PairFormat()
    reduce_input: PairFormat = PairFormat()
    reduce_output: PairFormat = PairFormat()
    partition: PartitionRules = PartitionRules()
    #: The parts of keys that are compared; None: keys are compared as bytes.
    order: KeyFields | None = None
    #: The values of equal keys are sorted as bytes, too.
    sort_values: bool = False
    output: OutputRules = OutputRules()
    #: The job has no reduces: what the mappers write is its output.
    map_only: bool = False
    #: The counters of bytes take keys, or values, between map and reduce for Java's longs.
    long_keys: bool = False
    long_values: bool = False
    #: The forms that the combiner reads and writes, where they differ from the reducer's.
    combiner_pairs: tuple[PairFormat, PairFormat] | None = None
    #: Variables of each program, besides those that the task adds.
    environment: tuple[tuple[str, str], ...] = ()
    #: Variables that replace all others of the same names, also those of the task (-cmdenv).
    overrides: tuple[tuple[str, str], ...] = ()
    #: Names in the directory of each task attempt, and the absolute paths to which they link.
    links: tuple[tuple[str, str], ...] = ()
    #: A directory whose files are in that of each task attempt, too; empty: there is none.
    client_directory: str = ""
    #: Directories, and the URIs by which users know their contents; all else is ``file:``.
    uris: tuple[tuple[str, str], ...] = ()
    #: The settings with which files in HDFS are reached; empty: the job has none there.
    hdfs: tuple[tuple[str, str], ...] = ()
    #: The directory of an attempt that has failed is kept; in a plain job, the program's input.
    keep_failed: bool = False
    #: A program must read, write or report something within this time.
    idle_timeout: float | None = None
    #: A program that ends with another status than 0 has failed.
    status_matters: bool = True
    #: A mapper that has written this many records may leave input unread; None: it may not.
    unread_after: int | None = None
    #: Lines of stderr that begin with it are for the framework.
    reporter_prefix: str = "reporter:"
    counter_limits: CounterLimits = CounterLimits()
    #: So many maps and reduces in a hundred may fail without the job failing.
    map_failures_percent: int = 0
    reduce_failures_percent: int = 0
    reduce_attempts: int = 4

    @property
    def own_reduce_attempts(self) -> int | None:
        """Attempts of a reduce task; None: as many as of a map task."""
        return None if self.plain else self.reduce_attempts

    @property
    def in_shell_words(self) -> bool:
        """Command lines are cut into words as a shell does, and run in the job's directory.

        Otherwise Hadoop's own rules cut them, and they run in a directory of the task attempt.
        """
        return self.plain

    @property
    def feeds_bytes(self) -> bool:
        """A mapper reads the bytes of its split as they are; otherwise it reads records."""
        return self.plain

    @property
    def keeps_bytes(self) -> bool:
        """An output file holds what its program wrote, byte for byte; otherwise formatted pairs."""
        return self.plain


#: The rules of a job for which nobody has given any, as in the three plain calls (docs/http.md).
PLAIN_RULES = Rules(plain=True)


def to_json(rules: Rules) -> str:
    """*rules* as text, without what equals its default; bytes are written as Latin-1."""
    return json.dumps(_as_json(rules), separators=(",", ":"))


def from_json(text: str) -> Rules:
    """The rules in *text*; raises ValueError when they make no sense."""
    try:
        rules = _read(json.loads(text), Rules)
    except (TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not the rules of a job: {error}") from error
    if not isinstance(rules, Rules):
        raise ValueError("not the rules of a job")
    if rules.input.delimiter == b"" or len(rules.input.key_separator) != 1:
        raise ValueError("a delimiter has at least one byte, a key separator exactly one")
    if rules.order is not None and not rules.order.ranges:
        raise ValueError("an order has at least one range")
    return rules


def _as_json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, Struct):
        pairs = ((f, getattr(value, f.name)) for f in fields(value))
        return {f.name: _as_json(item) for f, item in pairs if item != f.default}
    return value


def _read(told: Any, kind: Any) -> Any:
    """The value of the annotated type *kind* that *told*, a value of JSON, stands for."""
    origin = typing.get_origin(kind)
    if origin is types.UnionType:
        wanted = next(k for k in typing.get_args(kind) if k is not types.NoneType)
        return None if told is None else _read(told, wanted)
    if origin is tuple:
        inner = typing.get_args(kind)
        if inner[-1] is Ellipsis:
            return tuple(_read(item, inner[0]) for item in told)
        return tuple(_read(item, k) for item, k in zip(told, inner, strict=True))
    if isinstance(kind, type) and issubclass(kind, Struct):
        hints = typing.get_type_hints(kind)
        return kind(**{name: _read(item, hints[name]) for name, item in told.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(told)
    if kind is bytes:
        return told.encode("latin-1")
    if kind is float and isinstance(told, int):
        told = float(told)
    if not isinstance(told, kind) or (kind is int and isinstance(told, bool)):
        raise ValueError(f"{told!r} is no {kind.__name__}")
    if kind is str and b"\0" in os.fsencode(told):  # programs could not be told
        raise ValueError("a text with a NUL")
    if kind is int and not -_NUMBERS <= told < _NUMBERS:
        raise ValueError(f"{told} is too large a number")
    return told
