"""A file of a job, on this machine or in HDFS. Pure."""

from __future__ import annotations

from pathlib import Path

from hadoopless.hdfs.names import HdfsName, is_hdfs

#: A file on this machine, or in HDFS.
Located = Path | HdfsName


def located(cwd: str, name: str) -> Located:
    """The file *name* of a job, for the process that plans it; paths begin at *cwd*."""
    return HdfsName(name) if is_hdfs(name) else Path(cwd, name)
