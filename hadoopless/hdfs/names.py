"""Names of files in HDFS, ``hdfs://AUTHORITY/PATH``, in which nothing is escaped. Pure.

Nearly all jobs read and write local files. So this module and :mod:`hadoopless.hdfs.located` are
all that they load of the package; the others are imported where a name of HDFS is met.
"""

from __future__ import annotations

import os

from msgspec import Struct

PREFIX = "hdfs://"

#: Properties of Hadoop's clients, sorted by their names.
Settings = tuple[tuple[str, str], ...]


class HdfsName(Struct, frozen=True):
    """A file or directory in HDFS, and the settings with which it is reached.

    ``settings`` is None in the process that plans a job: it has settings of its own.
    """

    name: str
    settings: Settings | None = None

    @property
    def authority(self) -> str:
        """The part of the name that tells the name node: ``nn.example.org:8020``."""
        return self.name.removeprefix(PREFIX).partition("/")[0]

    @property
    def path(self) -> str:
        """The path within HDFS, which begins with a slash."""
        return "/" + self.name.removeprefix(PREFIX).partition("/")[2]

    def beside(self, name: str) -> HdfsName:
        """The file *name*, a whole name in HDFS, reached in the same way."""
        return HdfsName(name, self.settings)

    def child(self, base: str) -> HdfsName:
        """The file with the name *base* in this directory."""
        return self.beside(os.path.join(self.name, base))

    @property
    def parent(self) -> HdfsName:
        """The directory in which the file lies."""
        return self.beside(os.path.dirname(self.name))

    def __str__(self) -> str:
        return self.name


def is_hdfs(name: str) -> bool:
    """True if *name*, as a job holds it, is that of a file in HDFS."""
    return name.startswith(PREFIX)


def work_directory(output: str, job_id: str) -> str:
    """The directory in which the attempts of a job write before they are committed to *output*.

    Hadoop has its own there, and all that list files pass over it.
    """
    return os.path.join(output, "_temporary", f"hadoopless-{job_id}")
