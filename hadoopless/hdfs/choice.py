"""The directory with Hadoop's settings, by which this process knows a real HDFS."""

from __future__ import annotations

import os

VARIABLE = "HADOOP_CONF_DIR"


class _Chosen:
    directory: str | None = None


def choose(directory: str | None) -> None:
    """Take *directory* from now on; None: that of HADOOP_CONF_DIR, if any."""
    _Chosen.directory = os.path.abspath(os.path.expanduser(directory)) if directory else None


def directory() -> str:
    """The directory with the settings; "" where none is named, and so no real HDFS."""
    return _Chosen.directory or os.environ.get(VARIABLE, "")
