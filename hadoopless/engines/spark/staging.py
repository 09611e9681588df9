"""The hidden directory in which attempts leave their outputs, until the job has succeeded.

It lies in the output directory, so that a commit is a rename. Each attempt has a directory of its
own there; of two attempts at a task, Spark tells of one. When the job ends, the whole directory
goes: an attempt that still runs finds no place any more.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from hadoopless.data.output.commit import move_into
from hadoopless.engines.spark import failures
from hadoopless.engines.spark.place import Done
from hadoopless.errors import DiskError
from hadoopless.hdfs import changing
from hadoopless.hdfs.files import found
from hadoopless.hdfs.located import located
from hadoopless.hdfs.names import HdfsName, work_directory
from hadoopless.job import JobSpec


class Staging:
    """The staging directory of one job; a context manager that removes it."""

    def __init__(self, spec: JobSpec) -> None:
        self._output = located(spec.cwd, spec.output_dir)
        if isinstance(self._output, HdfsName):
            self.path = work_directory(spec.output_dir, spec.job_id)
        else:
            self.path = str(self._output / f".hadoopless-{spec.job_id}")

    def __enter__(self) -> Staging:
        if isinstance(self._output, HdfsName):
            changing.make_directory(HdfsName(self.path).child(failures.DIRECTORY))
            return self
        try:
            os.makedirs(os.path.join(self.path, failures.DIRECTORY))
        except OSError as error:
            raise DiskError(f"cannot make {self.path}: {error.strerror}") from error
        return self

    def commit(self, writers: Iterable[Done]) -> None:
        """Give the outputs of *writers* their final names; DiskError."""
        for done in writers:
            left = os.path.join(self.path, done.directory)
            if isinstance(self._output, HdfsName):
                is_there = found(HdfsName(left)) is not None
            else:
                is_there = os.path.isdir(left)
            if not is_there:
                raise DiskError(f"the output of a task that has succeeded is not there: {left}")
            if isinstance(self._output, HdfsName):
                changing.move_into(HdfsName(left), self._output)
            else:
                move_into(Path(left), self._output)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(self._output, HdfsName):
            changing.tidy(HdfsName(self.path))
            changing.remove_if_empty(HdfsName(self.path).parent)
            return
        # Hidden at once as a whole: an attempt that still runs may write while files are removed.
        gone = f"{self.path}.gone"
        try:
            os.rename(self.path, gone)
        except OSError:
            gone = self.path
        shutil.rmtree(gone, ignore_errors=True)
