"""RegexMapper: writes each match of a regular expression in the value, with the count 1."""

from __future__ import annotations

from hadoopless.java.errors import JavaError
from hadoopless.java.regex import compiled, matches
from hadoopless.java.text import parse_integer, text
from hadoopless.library.pairs import TYPE_CHECKING, field, read_pairs

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from hadoopless.library.pairs import Options

_PATTERN = "mapreduce.mapper.regex"
_GROUP = "mapreduce.mapper.regexmapper..group"


def regex_mapper(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write each match, or one group of it, with the count 1."""
    if _PATTERN not in options:
        raise JavaError("java.lang.NullPointerException", f"{_PATTERN} is not set")
    pattern = compiled(options[_PATTERN])
    group = parse_integer(options.get(_GROUP, "0").strip(), -(1 << 31), (1 << 31) - 1)
    one = field(b"1")
    for _, value in read_pairs(stdin):
        for match in matches(pattern, text(value)):
            if not 0 <= group <= pattern.groups:
                raise JavaError("java.lang.IndexOutOfBoundsException", f"No group {group}")
            found = match[group]
            if found is None:
                reason = f"group {group} takes no part in the match {match[0]!r}"
                raise JavaError("java.lang.NullPointerException", reason)
            yield field(found.encode()) + one
