"""Tells by the name and the first bytes of an input that a mapper would see no text in it.

A mapper that gets packed bytes as its lines writes nonsense, and its job succeeds. The coordinator
looks at every input, so numba and numpy stay out of here.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping

from hadoopless.codecs import (
    ENDINGS,
    is_compressed,
    is_compressed_for_hadoop,
    unpacking_command,
)
from hadoopless.data.input.raw import open_file
from hadoopless.errors import InputError
from hadoopless.hdfs.located import Located, located

#: The beginnings of files, and the ending by which their format is known.
_BEGINNINGS = (
    (b"\x1f\x8b\x08", ".gz"),
    (b"\xfd7zXZ\0", ".xz"),
    (b"\x28\xb5\x2f\xfd", ".zst"),
    (b"PK\x03\x04", ".zip"),
    (b"PK\x05\x06", ".zip"),  # one without a file
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"Rar!\x1a\x07", ".rar"),
    (b"\x04\x22\x4d\x18", ".lz4"),
    (b"\xff\x06\0\0sNaPpY", ".snappy"),
    (b"\x89LZO\0\r\n\x1a\n", ".lzo"),
    (b"LZIP\x01", ".lz"),
)
#: "BZh", the size of a block, and the mark of a block or of the end.
_BZIP2 = (b"1AY&SY", b"\x17rE8P\x90")
_TAR = b"ustar"
_TAR_PLACE = 257
#: Bytes of a file that are looked at.
LOOK = _TAR_PLACE + len(_TAR)

#: The endings of the names of packed files that nothing here unpacks. An archive is refused even
#: where its compression is known: its files would be lines among the bytes around them.
REFUSED_ENDINGS = (
    *(f".tar{ending}" for ending in ENDINGS),
    *(ending for ending in ENDINGS if unpacking_command(ending) is None),
    *(".zip", ".7z", ".Z", ".rar", ".lzo", ".lz", ".br", ".tar", ".tgz", ".tbz", ".tbz2", ".txz"),
)

#: Byte order marks, the longest first, and the names of their encodings for iconv.
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def packed_as(first: bytes) -> str:
    """The ending that a packed file should have which begins with *first*; "" for others."""
    for beginning, ending in _BEGINNINGS:
        if first.startswith(beginning):
            return ending
    if first.startswith(b"BZh") and first[4:10] in _BZIP2 and first[3:4] in b"123456789":
        return ".bz2"
    if first.startswith(b"\x1f\x9d") and first[2:3] and 9 <= first[2] & 0x1F <= 16:
        return ".Z"
    return ".tar" if first.startswith(_TAR, _TAR_PLACE) else ""


class Inspection:
    """A look at the beginning of each input of a plain job."""

    def __init__(self) -> None:
        self._encodings: dict[str, str] = {}

    def look(self, name: str, first: bytes) -> None:
        """Look at the first bytes of the input *name*; InputError where nothing here unpacks it.

        So it is for a packed file whose name does not say so: the name decides how an input is
        unpacked.
        """
        _refuse_packed(name, first)
        if encoding := _encoding_of(first):
            self._encodings[name] = encoding

    def warnings(self) -> list[str]:
        """Lines about inputs that are no text for programs."""
        return _encoding_warnings(self._encodings)


def check_stream(name: str, descriptor: int) -> tuple[str, list[str]]:
    """The ending that a file with the bytes of a stream *name* must have, and warnings.

    A stream has no name of its own that could say how it is packed. Raises InputError for what
    nothing here unpacks.
    """
    first = os.pread(descriptor, LOOK, 0)
    found = packed_as(first)
    _refuse_packed(name + found, first)
    encoding = _encoding_of(first)
    return found, _encoding_warnings({name: encoding} if encoding else {})


def warnings_for_hadoop(files: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Warnings of *files*, pairs of a shown name and a path, of which a mapper gets nonsense.

    The name alone decides in Hadoop, so the packed bytes of a file with another name are its lines.
    """
    encodings: dict[str, str] = {}
    for name, path in files:
        try:
            first = _first_bytes(name, located("/", path))
        except InputError:
            continue  # whoever reads it will tell
        found = "" if is_compressed_for_hadoop(path) else packed_as(first)
        if found:
            yield f"{name} is packed as {found}; Hadoop goes by its name: mappers get packed bytes"
        if encoding := _encoding_of(first):
            encodings[path] = encoding
    yield from _encoding_warnings(encodings)


def _first_bytes(name: str, path: Located) -> bytes:
    try:
        with open_file(name, path) as file:
            return file.read(LOOK)
    except OSError as error:
        raise InputError(f"cannot read the input {name}: {error.strerror}") from error


def _refuse_packed(name: str, first: bytes) -> None:
    refused = next((ending for ending in REFUSED_ENDINGS if name.endswith(ending)), "")
    found = "" if is_compressed(name) else packed_as(first)
    if refused or found in REFUSED_ENDINGS:
        raise InputError(
            f"cannot read the input {name}: it is packed as {refused or found}, which nothing here"
            " unpacks; unpack it first, or pack it as .gz, .bz2, .xz or .zst"
        )
    if found:
        raise InputError(
            f"cannot read the input {name}: it is packed as {found}, and its name does not say so;"
            f" if it is called {name}{found}, it is unpacked"
        )


def _encoding_of(first: bytes) -> str:
    return next((name for mark, name in _BYTE_ORDER_MARKS if first.startswith(mark)), "")


def _encoding_warnings(encodings: Mapping[str, str]) -> list[str]:
    """One line about all inputs, given with their encodings, that are no text for programs."""
    for name, encoding in encodings.items():
        others = f" (and {len(encodings) - 1} more)" if len(encodings) > 1 else ""
        return [
            f"the input {name}{others} begins with the byte order mark of {encoding}, and programs"
            f" see its single bytes; to convert it: iconv -f {encoding} -t UTF-8"
            f" {shlex.quote(name)} > {shlex.quote(name + '.utf8')}"
        ]
    return []
