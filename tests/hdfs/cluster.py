"""A real HDFS on this machine, in one JVM, and files in it."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.hadoop.in_java import running_source
from tests.hadoop.maven import cluster_jars
from tests.oracle import REPOSITORY

_SOURCE = Path(__file__).with_name("Dfs.java")
#: Seconds until it is there.
_PATIENCE = 120.0
#: Times that a file is written which the name node does not take at once.
_TRIES = 10


def missing() -> str:
    """The reason why there are no tests with it here, or ""."""
    if importlib.util.find_spec("hdfs_native") is None:
        return "there is no hdfs-native; python -m tests.hdfs installs it"
    return ""


class Dfs:
    """A running HDFS; ``conf`` is the directory with the settings of its clients."""

    def __init__(self, conf: Path) -> None:
        import hdfs_native

        found = re.search("<value>(hdfs://[^<]*)</value>", (conf / "core-site.xml").read_text())
        assert found is not None
        self.conf = conf
        self.uri = found[1].rstrip("/")
        self.client: Any = hdfs_native.Client(self.uri)

    def put(self, path: str, data: bytes) -> str:
        """Make the file *path* of blocks of a megabyte; its whole name."""
        import hdfs_native

        options = hdfs_native.WriteOptions(block_size=1 << 20, replication=1, overwrite=True)
        for _ in range(_TRIES):
            file = self.client.create(path, options)
            try:
                file.write(data)
            except RuntimeError as error:
                # The name node has not yet heard of an earlier block; the library asks only once.
                if "NotReplicatedYet" not in str(error):
                    raise
            else:
                file.close()
                return self.uri + path
        raise AssertionError(f"{path} could not be written")

    def get(self, path: str) -> bytes:
        """The bytes of the file *path*."""
        data: bytes = self.client.read(path).read()
        return data

    def files(self, directory: str) -> dict[str, bytes]:
        """All files below *directory*, hidden ones too, by their names from there."""
        return {
            status.path[len(directory) + 1 :]: self.get(status.path)
            for status in self.client.list_status(directory, True)
            if not status.isdir
        }

    def names(self, directory: str) -> list[str]:
        """The names in *directory*, hidden ones too."""
        listed = self.client.list_status(directory)
        return sorted(os.path.basename(status.path) for status in listed)

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a process that knows this HDFS."""
        return {**os.environ, "HADOOP_CONF_DIR": str(self.conf), **more}

    def run(self, *words: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a job of ``coordinator.py`` with workers of its own."""
        return subprocess.run(
            job_words(words), cwd=cwd, capture_output=True, text=True, env=self.environment(**more)
        )


def job_words(words: Sequence[str]) -> list[str]:
    """The words of a job of ``coordinator.py`` with the options *words*."""
    return [sys.executable, str(REPOSITORY / "coordinator.py"), "--workers=embedded", *words]


@contextmanager
def running_dfs(place: Path) -> Iterator[Dfs]:
    """An HDFS in the new directory *place*; raises Unavailable."""
    lib = cluster_jars()
    (place / "conf").mkdir(parents=True)
    site = place / "conf" / "core-site.xml"
    properties = {
        "hadoop.tmp.dir": f"{place}/tmp",
        "hdfs.minidfs.basedir": f"{place}/dfs",
        "dfs.namenode.fs-limits.min-block-size": "1024",
    }
    options = ["-Xmx400m"]
    with running_source(_SOURCE, place, site, lib, properties, options=options, patience=_PATIENCE):
        yield Dfs(place / "conf")
