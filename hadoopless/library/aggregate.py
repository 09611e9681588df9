"""``-reducer aggregate``: each key that a mapper writes says how its values are aggregated.

ValueAggregatorReducer, ValueAggregatorCombiner and ValueAggregatorMapper (with the descriptor that
it has by default) of ``org.apache.hadoop.mapred.lib.aggregate``. Keys are ``TYPE:id``.
"""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter

from hadoopless.java.double import double_text
from hadoopless.java.errors import JavaError
from hadoopless.java.text import (
    LONG_MAX,
    LONG_MIN,
    order,
    parse_integer,
    parse_long,
    text,
    valid,
    wrapped,
)
from hadoopless.library.pairs import TYPE_CHECKING, field, read_pairs

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from hadoopless.library.pairs import Options

    Values: TypeAlias = Iterator[bytes]
    #: Values -> the values that the combiner writes, and the report that the reducer writes.
    Aggregator: TypeAlias = Callable[[Values, int], tuple[Iterable[bytes], bytes]]


def _one(result: bytes) -> tuple[Iterable[bytes], bytes]:
    return (result,), result


def long_value_sum(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The sum, as a long that may overflow."""
    return _one(b"%d" % wrapped(sum(map(parse_long, values))))


def long_value_max(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The largest."""
    return _one(b"%d" % max(map(parse_long, values)))


def long_value_min(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The smallest."""
    return _one(b"%d" % min(map(parse_long, values)))


def double_value_sum(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The sum, in the order of the values (Python's own ``sum`` is more exact)."""
    from hadoopless.java.numbers import (
        parse_double,
    )  # imported here because it is slow to load and used nowhere else

    total = 0.0
    for value in values:
        total += parse_double(value)
    return _one(double_text(total).encode())


def string_value_max(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The last in Java's order of strings."""
    return _one(max(map(valid, values), key=order))


def string_value_min(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The first in Java's order of strings."""
    return _one(min(map(valid, values), key=order))


def uniq_value_count(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The number of different values; counting ends when there are more than *most*."""
    seen: set[bytes] = set()
    for value in values:
        if len(seen) > most:
            break
        seen.add(valid(value))
    # The rest of the group must be read as well: groupby does that.
    return sorted(seen, key=order), b"%d" % len(seen)


def value_histogram(values: Values, most: int) -> tuple[Iterable[bytes], bytes]:
    """The number of times of each value; a value may have its own count behind a TAB."""
    counts: dict[bytes, int] = {}
    for value in values:
        name, tab, count = valid(value).rpartition(b"\t")
        if not tab:
            name, count = count, b"1"
        counts[name] = wrapped(counts.get(name, 0) + parse_long(count))
    pairs = (b"%s\t%d" % (name, counts[name]) for name in sorted(counts, key=order))
    return pairs, _histogram_report(sorted(counts.values()))


def _histogram_report(counts: list[int]) -> bytes:
    number = len(counts)
    average = wrapped(sum(counts)) * 1.0 / number
    squares = 0.0
    for count in counts:
        squares += (count - average) * (count - average)
    deviation = math.sqrt(squares / number)
    whole = b"%d\t%d\t%d\t%d" % (number, counts[0], counts[number // 2], counts[-1])
    return b"%s\t%s\t%s" % (whole, double_text(average).encode(), double_text(deviation).encode())


AGGREGATORS: dict[bytes, Aggregator] = {
    b"longvaluesum": long_value_sum,
    b"longvaluemax": long_value_max,
    b"longvaluemin": long_value_min,
    b"doublevaluesum": double_value_sum,
    b"stringvaluemax": string_value_max,
    b"stringvaluemin": string_value_min,
    b"uniqvaluecount": uniq_value_count,
    b"valuehistogram": value_histogram,
}


def aggregate_reducer(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write for each key its id and the report on its values."""
    most = _most(options)
    for key, values in _groups(stdin):
        _, report = _aggregator(key)(values, most)
        yield field(valid(key.partition(b":")[2])) + field(report)


def aggregate_combiner(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write for each key fewer values that stand for all of its values."""
    for key, values in _groups(stdin):
        # Hadoop does not configure a combiner, so it has no limit.
        kept, _ = _aggregator(key)(values, LONG_MAX)
        start = field(key)
        for value in kept:
            yield start + field(value)


def aggregate_mapper(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Count the records of the job and of each input file."""
    import os  # imported here because no other program needs it

    one = field(b"1")
    pairs = field(b"LongValueSum:record_count") + one
    if path := os.environb.get(b"mapreduce_map_input_file"):
        pairs += field(b"LongValueSum:" + valid(path)) + one
    for _ in read_pairs(stdin):
        yield pairs


def _groups(stdin: io.BufferedReader) -> Iterator[tuple[bytes, Values]]:
    for key, pairs in groupby(read_pairs(stdin), key=itemgetter(0)):
        yield key, map(itemgetter(1), pairs)


def _aggregator(key: bytes) -> Aggregator:
    kind, colon, _ = key.partition(b":")
    if not colon:
        raise JavaError(
            "java.lang.StringIndexOutOfBoundsException",
            f"begin 0, end -1, length {len(text(key))} (aggregate: no TYPE: in {text(key)!r})",
        )
    try:
        return AGGREGATORS[kind.lower()]
    except KeyError:
        raise JavaError(
            "java.lang.NullPointerException", f"aggregate: no type {text(kind)!r} ({text(key)!r})"
        ) from None


def _most(options: Options) -> int:
    given = options.get("aggregate.max.num.unique.values")
    number = LONG_MAX if given is None else parse_integer(given.strip(), LONG_MIN, LONG_MAX)
    return number if number > 0 else LONG_MAX
