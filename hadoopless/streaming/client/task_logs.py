"""Writes the logs of failed attempts to where mrjob looks for the cause [mrjob.logs.task]."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from hadoopless.failure import Failure
from hadoopless.job import AttemptId, Split
from hadoopless.streaming.log import Log

#: The directory of HDFS in which YARN has its files, and mrjob looks for logs.
_STAGING = "tmp/hadoop-yarn/staging"
_USERLOGS = "userlogs"
#: Nobody needs the logs in _STAGING any longer after so many seconds.
_KEPT = 24 * 60 * 60.0


def log_directory(environment: Mapping[str, str], area: str) -> Path:
    """The directory that the user names for Hadoop's logs; else one below *area*, our HDFS."""
    for name in ("HADOOP_LOG_DIR", "YARN_LOG_DIR"):
        if environment.get(name):
            return Path(environment[name])
    return Path(area, _STAGING)


def remove_old(directory: Path, now: float) -> None:
    """Remove what jobs have left in *directory* a day ago, unless its user has named it."""
    if not directory.match(_STAGING):
        return
    for old in (*directory.glob(f"{_USERLOGS}/application_*"), *directory.glob("job_*.log")):
        try:
            if now - old.stat().st_mtime <= _KEPT:
                continue
            if old.is_dir():
                shutil.rmtree(old)
            else:
                old.unlink()
        except OSError:
            pass  # The logs of another user, or another job is removing them.


class TaskLogs:
    """Writes ``userlogs/application_…/attempt_…/{stderr,syslog}`` for failed attempts.

    YARN names the innermost directory after a container. Then mrjob needs a history of the job, a
    file of its own form, to know which attempt ran there; after attempts it looks without one.
    """

    def __init__(self, directory: Path, job: str, uri: Mapping[str, str]) -> None:
        """*job* is an id such as ``job_1699000000000_0001``; *uri* holds those of input files."""
        application = job.replace("job_", "application_", 1)
        self._directory = directory / _USERLOGS / application
        self._uri = uri

    def keep(self, name: str, attempt: AttemptId, failure: Failure, split: Split | None) -> None:
        """Write the logs of one attempt; where they cannot be written, nobody misses them."""
        place = self._directory / name
        try:
            os.makedirs(place, exist_ok=True)
            _write(place / "stderr", failure.stderr or "")
            _write(place / "syslog", self._syslog(attempt, failure, split))
        except OSError:
            pass

    def _syslog(self, attempt: AttemptId, failure: Failure, split: Split | None) -> str:
        lines: list[str] = []
        log = Log(lines.append)
        if split is not None:
            source = self._uri.get(split.path, split.path)
            length = "" if split.length is None else split.length
            log.info("mapred.MapTask", f"Processing split: {source}:{split.start}+{length}")
        # mrjob takes for an error what has a line of a Java stack trace: ours is of no Java.
        where = failure.command or "a worker"
        what = f"{attempt}: {failure.sentence}\n\tat {where} (Native Method)"
        log.warn("mapred.YarnChild", f"Exception running child : {what}")
        return "\n".join(lines)


def _write(path: Path, text: str) -> None:
    path.write_text(f"{text}\n", "utf-8", "surrogateescape")
