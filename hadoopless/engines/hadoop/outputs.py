"""The outputs of a plain job on Hadoop: written under a hidden name, then renamed to ``N.out``."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hadoopless.errors import DiskError, WorkerError

_PREFIX = ".hadoop-"
#: A finished file of Hadoop, also a compressed one.
_PART = re.compile(r"part-([0-9]{5,})(\.[a-z0-9]+)?")


@contextmanager
def hidden_directory(output: str) -> Iterator[Path]:
    """A new hidden directory in the directory *output*, which is made if need be; removed at last.

    Machines of a cluster see it where they see the output. Raises DiskError.
    """
    path = Path(output, _PREFIX + uuid.uuid4().hex)
    try:
        path.mkdir(parents=True)
    except OSError as error:
        raise DiskError(f"cannot make the directory {path}: {error.strerror}") from error
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def take_parts(written: Path, output: str, order: Sequence[int], expected: int) -> tuple[str, ...]:
    """Rename the parts that Hadoop has *written* to ``N.out`` in *output*; returns their paths.

    *order* has, for each part, the number that it gets; () keeps Hadoop's numbers. Of *expected*
    parts all must be there; 0: their number is not known. Raises WorkerError and DiskError.
    """
    parts = {
        int(match[1]): (path, match[2] or "")
        for path in written.iterdir()
        if (match := _PART.fullmatch(path.name))
    }
    if sorted(parts) != list(range(expected or len(parts))):
        raise WorkerError(
            f"Hadoop has ended well and left {len(parts)} of {expected} outputs in {written}"
        )
    numbers = order if len(order) == len(parts) else range(len(parts))
    found = {}
    try:
        for part, number in enumerate(numbers):
            path, ending = parts[part]
            found[number] = os.path.join(output, f"{number}.out{ending}")
            os.replace(path, found[number])
    except OSError as error:
        raise DiskError(f"cannot rename {error.filename}: {error.strerror}") from error
    return tuple(found[number] for number in sorted(found))


def order_of_maps(sizes: Sequence[int]) -> tuple[int, ...]:
    """For each map task of Hadoop the number of its piece of the input; *sizes* are in that order.

    The largest pieces come first, equal ones in the order of the inputs [JobSubmitter].
    """
    return tuple(sorted(range(len(sizes)), key=lambda number: -sizes[number]))
