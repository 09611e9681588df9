"""Records as the JSON list of [key, value] pairs that ``/retrieveMapOutput`` answers.

The one place on the road that decodes data; bytes that are no UTF-8 travel as lone surrogates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator


def json_list(pieces: Iterable[memoryview]) -> Iterator[bytes]:
    """``key TAB value NL`` lines, cut anywhere into *pieces*, as the pieces of one JSON list."""
    opening = b"["
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + bytes(piece)).split(b"\n")
        if lines:
            yield opening + json.dumps([_pair(line) for line in lines])[1:-1].encode()
            opening = b", "
    yield b"[]" if opening == b"[" else b"]"


def _pair(line: bytes) -> tuple[str, str]:
    key, _, value = line.partition(b"\t")
    return key.decode("utf-8", "surrogateescape"), value.decode("utf-8", "surrogateescape")
