"""Logs of failed attempts, where YARN would leave them: mrjob looks there for a failure's cause."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mapreduce.errors import TaskError
from mapreduce.job import AttemptId, Split


def log_directory(environment: Mapping[str, str], output: Path) -> Path:
    """Where this user wants Hadoop's logs; else beside the output of the job."""
    for name in ("HADOOP_LOG_DIR", "YARN_LOG_DIR"):
        if environment.get(name):
            return Path(environment[name])
    return output / "_logs"


class TaskLogs:
    """Writes ``userlogs/application_…/container_…/{stderr,syslog}`` for failed attempts."""

    def __init__(self, directory: Path, job: str, uri: Mapping[str, str]) -> None:
        """*job* is an id such as ``job_1699000000000_0001``; *uri* holds those of input files."""
        number = job.removeprefix("job_")
        self._directory = directory / "userlogs" / f"application_{number}"
        self._number = number
        self._uri = uri
        self._count = 1

    def keep(self, name: str, attempt: AttemptId, error: TaskError, split: Split | None) -> None:
        """Write the logs of one attempt; where they cannot be written, nobody misses them."""
        self._count += 1
        container = f"container_{self._number}_01_{self._count:06d}"
        place = self._directory / container
        syslog = [f"{name}: {error.what}"]
        if split is not None:
            length = "" if split.length is None else split.length
            source = self._uri.get(split.path, split.path)
            syslog.insert(0, f"Processing split: {source}:{split.start}+{length}")
        stamp = "1970-01-01 00:00:00,000 INFO [main] org.apache.hadoop.mapred.MapTask: "
        try:
            os.makedirs(place, exist_ok=True)
            (place / "stderr").write_text(error.stderr + "\n", "utf-8", "surrogateescape")
            text = "".join(f"{stamp}{line}\n" for line in syslog)
            (place / "syslog").write_text(text, "utf-8", "surrogateescape")
        except OSError:
            pass
