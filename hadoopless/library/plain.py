"""The classes of ``org.apache.hadoop.mapred.lib`` that need no options.

IdentityMapper, IdentityReducer, InverseMapper, TokenCountMapper, LongSumReducer; and the
HashPartitioner of keys that are numbers.
"""

from __future__ import annotations

from hadoopless.java.text import valid, wrapped
from hadoopless.library.pairs import TYPE_CHECKING, field, read_pairs

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from hadoopless.library.pairs import Options

_PIECE = 1 << 16
_ONE = field(b"1")
#: The number of different tokens whose encoded pairs are remembered.
_KNOWN = 1 << 16


def identity(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write the pairs that were read."""
    while piece := stdin.read1(_PIECE):
        yield piece


def inverse(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write each pair with key and value exchanged."""
    for key, value in read_pairs(stdin):
        yield field(value) + field(key)


class _Pairs(dict[bytes, bytes]):
    """Token -> the bytes of the pair (token, 1)."""

    def __missing__(self, token: bytes) -> bytes:
        if len(self) >= _KNOWN:
            self.clear()
        pair = self[token] = field(token) + _ONE
        return pair


def token_count(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write each token of the value with the count 1."""
    pair = _Pairs().__getitem__
    for _, value in read_pairs(stdin):
        yield b"".join(map(pair, tokens(valid(value))))


def tokens(data: bytes) -> list[bytes]:
    """The pieces of *data* between Java's five blanks [StringTokenizer]."""
    if b"\v" not in data:
        return data.split()
    # Python knows a sixth blank; it is hidden behind 0xFF, a byte that occurs in no UTF-8 text.
    return [token.replace(b"\xff", b"\v") for token in data.replace(b"\v", b"\xff").split()]


def long_sum(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write the sum of each key's values."""
    last: bytes | None = None
    total = 0
    for key, value in read_pairs(stdin):
        if key != last:
            if last is not None:
                yield _sum_of(last, total)
            last, total = key, 0
        total += int(value)
    if last is not None:
        yield _sum_of(last, total)


def _sum_of(key: bytes, total: int) -> bytes:
    return field(key) + field(b"%d" % wrapped(total))


def long_partitioner(stdin: io.BufferedReader, options: Options) -> Iterator[bytes]:
    """Write the partition of the key in each line; the only option is the number of partitions."""
    (count,) = map(int, options)
    for line in stdin:
        # The hash code of a LongWritable is the lower half of its value.
        yield b"%d\n" % ((int(line) & 0x7FFFFFFF) % count)
