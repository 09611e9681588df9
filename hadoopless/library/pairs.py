"""The format of pairs between the framework and these programs, and the loop that runs a program.

A pair is its key and its value, each a length (4 bytes, big-endian) and that many bytes: the text
of a Java object. The length 2**32 - 1 is a null.
"""

from __future__ import annotations

import sys
from _struct import Struct  # the C part of `struct`, which loads faster

from hadoopless.java.errors import JavaError

#: In place of that of `typing`, which takes longer to load than everything else here.
TYPE_CHECKING = False

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import TypeAlias

    Options: TypeAlias = Mapping[str, str]
    #: A function of this package: it reads pairs from a stream and yields the bytes of others.
    PairFunction: TypeAlias = Callable[[io.BufferedReader, Options], Iterable[bytes]]

_PIECE = 1 << 18

NULL = b"\xff\xff\xff\xff"


def field(data: bytes) -> bytes:
    """*data* as one half of a pair."""
    return len(data).to_bytes(4, "big") + data


def read_pairs(stream: io.BufferedReader) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of *stream*; a null value reads as NullWritable's text, ``(null)``."""
    size_at = Struct(">I").unpack_from
    held = b""
    missing = 0
    while more := stream.read(missing) if missing > _PIECE else stream.read1(_PIECE):
        held += more
        at, end, missing = 0, len(held), 0
        while at + 4 <= end:
            key_end = at + 4 + size_at(held, at)[0]
            if key_end + 4 > end:
                missing = key_end + 4 - end
                break
            value_at = key_end + 4
            value_end = value_at + size_at(held, key_end)[0]
            if value_end <= end:
                yield held[at + 4 : key_end], held[value_at:value_end]
                at = value_end
            elif held[key_end:value_at] == NULL:
                yield held[at + 4 : key_end], b"(null)"
                at = value_at
            else:
                missing = value_end - end
                break
        held = held[at:]
    if held:
        raise EOFError("the input ends within a pair")


def run(
    function: PairFunction,
    stdin: io.BufferedReader,
    stdout: io.BufferedWriter,
    words: Iterable[str],
) -> int:
    """Run *function* on *stdin*; returns 0, or 1 if it failed, with the error on stderr.

    The options ``refuse-input`` and ``refuse-output`` are common to all functions. Their value is
    the error to fail with at the first pair, because its types do not fit the job.
    """
    try:
        options = {name: decoded(value) for name, _, value in (w.partition("=") for w in words)}
        if "refuse-input" in options and stdin.peek(1):
            raise JavaError(options["refuse-input"], "")
        output = function(stdin, options)
        if "refuse-output" in options:
            output = _refused(output, options["refuse-output"])
        stdout.writelines(output)
        stdout.flush()
    except JavaError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Nobody reads the rest. The raw stream is closed so that the buffer is not flushed again.
        stdout.raw.close()
        return 1
    return 0


def _refused(output: Iterable[bytes], message: str) -> Iterator[bytes]:
    for data in output:
        if data:
            raise JavaError(message, "")
        yield data


def decoded(word: str) -> str:
    """*word* with its percent signs decoded (urllib takes longer to load than most tasks run)."""
    first, *rest = word.encode().split(b"%")
    return (first + b"".join(bytes.fromhex(p[:2].decode()) + p[2:] for p in rest)).decode(
        errors="replace"
    )
