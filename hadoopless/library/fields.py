"""FieldSelectionMapReduce: some fields of a record become the key, some the value.

The separator is a regular expression where records are split; it is written as it is given.
"""

from __future__ import annotations

from hadoopless.java.errors import JavaError
from hadoopless.java.text import parse_integer, text
from hadoopless.library.pairs import NULL, TYPE_CHECKING, field, read_pairs

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from hadoopless.library.pairs import Options

    Split: TypeAlias = Callable[[str], list[str]]

_SEPARATOR = "mapreduce.fieldsel.data.field.separator"
_MAP_SPEC = "mapreduce.fieldsel.map.output.key.value.fields.spec"
_REDUCE_SPEC = "mapreduce.fieldsel.reduce.output.key.value.fields.spec"
_SPECIAL = frozenset(".$|()[{^?*+\\")


class Selection:
    """The fields of the key and of the value: ``KEY:VALUE``, each a list of ``n n-m n-``."""

    def __init__(self, spec: str, separator: str) -> None:
        keys, _, values = spec.partition(":")
        # An open range among the keys is read and forgotten [parseOutputKeyValueSpec].
        self._keys, _ = _numbers(keys)
        self._values, self._from = _numbers(values.partition(":")[0])
        self._separator = separator
        self._split = splitter(separator)

    def of(self, record: str) -> tuple[str | None, str | None]:
        """The key and the value of *record*; None where no field is selected."""
        parts = self._split(record)
        key = self._joined(parts, self._keys, None)
        return key, self._joined(parts, self._values, self._from)

    def _joined(self, parts: list[str], numbers: list[int], start: int | None) -> str | None:
        if not numbers and start is None:
            return None
        count = len(parts)
        chosen = [parts[number] if number < count else "" for number in numbers]
        if start is not None:
            chosen += parts[start:]
        joined = self._separator.join(chosen)
        if len(self._separator) == 1 or not chosen:
            return joined
        # Hadoop puts the separator behind each field, then removes one character of the last one.
        return (joined + self._separator)[:-1]


def _numbers(spec: str) -> tuple[list[int], int | None]:
    """The fields that are named, and the first field of an open range."""
    numbers: list[int] = []
    start: int | None = None
    for part in spec.split(","):
        first, dash, last = part.partition("-")
        if dash and not last:
            start = _number(first or "0")
        elif dash:
            numbers += range(_number(first or "0"), _number(last) + 1)
        elif part:
            numbers.append(_number(part))
    return numbers, start


def _number(word: str) -> int:
    return parse_integer(word, -(1 << 31), (1 << 31) - 1)


def splitter(separator: str) -> Split:
    """String.split(*separator*): a regular expression; empty fields at the end are dropped."""
    if len(separator) == 2 and separator[0] == "\\" and not separator[1].isalnum():
        return _literal(separator[1])
    if separator and _SPECIAL.isdisjoint(separator):
        return _literal(separator)

    # Few separators need `re`, which is slow to load.
    from hadoopless.java.regex import compiled, split

    pattern = compiled(separator)
    return lambda record: split(pattern, record)


def _literal(separator: str) -> Split:
    def parts(record: str) -> list[str]:
        found = record.split(separator)
        if len(found) > 1:
            while found and not found[-1]:
                found.pop()
        return found

    return parts


def field_mapper(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Select from the value, or (option ``whole``) from the key and the value behind it."""
    selection = Selection(options.get(_MAP_SPEC, "0-:"), options.get(_SEPARATOR, "\t"))
    whole = "whole" in options
    for key, value in read_pairs(stdin):
        # Hadoop puts no separator between key and value here.
        chosen, rest = selection.of(text(key) + text(value) if whole else text(value))
        if chosen is None:
            chosen, rest = rest, None
        yield field((chosen or "").encode()) + field((rest or "").encode())


def field_reducer(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Select from key, separator and value; a half for which no field is selected is null."""
    for chosen, rest in _reduced(stdin, options):
        if chosen is None:
            # Hadoop writes neither a null key nor the separator: the value takes its place.
            chosen, rest = rest, None
        if chosen is not None:
            yield field(chosen.encode()) + (NULL if rest is None else field(rest.encode()))


def field_combiner(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Select as the reducer does; a null is an error, as it cannot be sorted."""
    for chosen, rest in _reduced(stdin, options):
        if chosen is None or rest is None:
            raise JavaError("java.lang.NullPointerException", "a combiner's key or value is null")
        yield field(chosen.encode()) + field(rest.encode())


def _reduced(stdin: io.BufferedReader, options: Options) -> Iterator[tuple[str | None, str | None]]:
    separator = options.get(_SEPARATOR, "\t")
    selection = Selection(options.get(_REDUCE_SPEC, "0-:"), separator)
    for key, value in read_pairs(stdin):
        yield selection.of(text(key) + separator + text(value))
