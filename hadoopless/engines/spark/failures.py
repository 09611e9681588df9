"""Failed attempts, told by a file each, because Spark tells of an error only as text.

An attempt leaves its file in the staging directory; the driver reads it while the job goes on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress

from hadoopless.errors import MapReduceError
from hadoopless.filesystem import anywhere
from hadoopless.hadoop_names import attempt_named
from hadoopless.hdfs import changing
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import AttemptId
from hadoopless.wire.failures import error_reply, parse_error

#: The directory of the files in the staging directory.
DIRECTORY = "failed"
_ENDING = ".json"


def tell(
    staging: Located, attempt: AttemptId, worker: str, error: MapReduceError, unique: int
) -> None:
    """Tell the driver that *attempt* has failed; *unique* is a number of no other attempt.

    Where that cannot be told, Spark still has the text of the error.
    """
    message = {"attempt": attempt.name, "worker": worker, "error": error_reply(error)}
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

    def new(self) -> Iterator[tuple[AttemptId, str, MapReduceError]]:
        """The attempts that have failed since the last call: who, where, and why."""
        try:
            names = sorted(anywhere.names_of(self._directory))
        except (OSError, MapReduceError):
            return
        for name in names:
            if name.endswith(_ENDING) and name not in self._read:
                self._read.add(name)
                with anywhere.open_file(os.path.join(self._directory, name)) as file:
                    message = json.load(file)
                attempt = attempt_named(message["attempt"])
                if attempt is not None:
                    yield attempt, message["worker"], parse_error(message["error"])
