"""Failed attempts, told by a file each, because Spark tells of an error only as text.

An attempt leaves its file in the staging directory; the driver reads it while the job goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from hadoopless.errors import MapReduceError
from hadoopless.filesystem import anywhere
from hadoopless.hadoop_names import attempt_named
from hadoopless.hdfs import changing
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import AttemptId
from hadoopless.wire.messages.failures import error_reply, parse_error

#: The directory of the files in the staging directory.
DIRECTORY = "failed"
_ENDING = ".json"


class Told(Struct, frozen=True):
    """A failed attempt, where it was, and when (seconds since 1970)."""

    attempt: AttemptId
    worker: str
    error: MapReduceError
    began: float
    ended: float


def tell(staging: Located, told: Told, unique: int) -> None:
    """Tell the driver of a failed attempt; *unique* is a number of no other one.

    Where that cannot be told, Spark still has the text of the error.
    """
    message = {
        "attempt": told.attempt.name,
        "worker": told.worker,
        "error": error_reply(told.error),
        "began": told.began,
        "ended": told.ended,
    }
    name = f"{DIRECTORY}/{unique:012}{_ENDING}"
    if isinstance(staging, HdfsName):
        with suppress(MapReduceError):
            changing.write_file(staging.child(name), json.dumps(message).encode())
        return
    path = staging / name
    hidden = path.with_suffix(".tmp")
    try:
        hidden.write_text(json.dumps(message))
        os.replace(hidden, path)
    except OSError:
        pass


class Failures:
    """The failed attempts of a job, each told once."""

    def __init__(self, staging: str) -> None:
        self._directory = os.path.join(staging, DIRECTORY)
        self._read: set[str] = set()

    def new(self) -> Iterator[Told]:
        """The attempts that have failed since the last call."""
        try:
            names = sorted(anywhere.names_of(self._directory))
        except (OSError, MapReduceError):
            return
        for name in names:
            if name.endswith(_ENDING) and name not in self._read:
                try:
                    with anywhere.open_file(os.path.join(self._directory, name)) as file:
                        message = json.load(file)
                except (OSError, MapReduceError):
                    continue  # it is tried again by the next call
                self._read.add(name)
                attempt = attempt_named(message["attempt"])
                if attempt is not None:
                    error = parse_error(message["error"])
                    times = float(message["began"]), float(message["ended"])
                    yield Told(attempt, message["worker"], error, *times)
