"""The options that change what a verdict blames, in the words of the program that ran the job."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.history.events import JobBegan


class Options(Struct, frozen=True):
    """The options of ``coordinator.py``, or of Hadoop Streaming."""

    is_hadoop: bool = False

    def split_size(self, megabytes: int) -> str:
        """Splits of so many megabytes."""
        if self.is_hadoop:
            return f"-D mapreduce.input.fileinputformat.split.maxsize={megabytes * 1_000_000}"
        return f"--splitSize={megabytes}MB"

    def reducers(self, count: int) -> str:
        """So many reduce tasks."""
        return f"-D mapreduce.job.reduces={count}" if self.is_hadoop else f"--numReducers={count}"

    def combiner(self) -> str:
        """A combiner, as the end of a sentence."""
        option = "-combiner" if self.is_hadoop else "--combinerPath"
        return f"a combiner ({option}) leaves less of it, where the reducer allows one"

    def combine_small(self) -> str:
        """Small files that share map tasks."""
        if self.is_hadoop:
            return "-inputformat org.apache.hadoop.mapred.lib.CombineTextInputFormat"
        return "--combineSmallFiles=64MB"

    def more_at_a_time(self) -> str:
        """More tasks at a time than there are slots now, as the end of a sentence."""
        if self.is_hadoop:
            return "more workers run more of them at a time"
        return "--slots=2 runs more of them at a time"


def options_of(job: JobBegan | None) -> Options:
    """The options of the program that ran *job*."""
    words = job.command[:2] if job is not None else ()
    return Options(any(word.endswith(("hadoop", "mapred", "yarn")) for word in words))
