"""The first records of an input, with which a job is tried out before Hadoop gets it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hadoopless.codecs import is_compressed, unpacked
from hadoopless.errors import InputError

#: The most bytes of a sample.
MOST_BYTES = 1 << 18


@contextmanager
def sample_of(paths: Iterable[str]) -> Iterator[Path | None]:
    """A directory with the file ``sample.in``: whole lines from the first input that has any.

    None: no input has a byte. Raises InputError.
    """
    for path in paths:
        if data := beginning(path):
            break
    else:
        yield None
        return
    with TemporaryDirectory(prefix="preflight-") as directory:
        Path(directory, "sample.in").write_bytes(data)
        yield Path(directory)


def beginning(path: str) -> bytes:
    """The first lines of the file at *path*, unpacked; raises InputError, BadInput."""
    try:
        with open(path, "rb") as file:
            if not is_compressed(path):
                data = file.read(MOST_BYTES)
            else:
                data = b""
                for piece in unpacked(os.path.basename(path), file):
                    data += piece
                    if len(data) >= MOST_BYTES:
                        break
    except OSError as error:
        raise InputError(f"cannot read the input {path}: {error.strerror}") from error
    # A file without the end of a line is one record, whatever its length.
    whole = data[:MOST_BYTES].rfind(b"\n") + 1
    return data[:whole] if whole and len(data) >= MOST_BYTES else data
