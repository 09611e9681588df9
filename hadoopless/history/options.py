"""The options that change what a verdict blames, in the words of the program that ran the job."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.history.events import JobBegan

_KB, _MB = 1 << 10, 1 << 20


class Options(Struct, frozen=True):
    """The options of ``coordinator.py``, or of Hadoop Streaming, that a job may still be given."""

    is_hadoop: bool = False
    #: False where a combiner is there already, or nothing that it could combine.
    takes_combiner: bool = True
    #: True where small files share map tasks already.
    combines_files: bool = False
    has_partitioner: bool = False
    #: True where workers join by themselves.
    is_pull: bool = False
    #: True where Spark has run the tasks.
    is_spark: bool = False

    def split_size(self, size: int) -> str:
        """Splits of about *size* bytes."""
        unit, name = (_MB, "MB") if size >= _MB else (_KB, "KB")
        count = max(1, round(size / unit))
        if self.is_hadoop:
            return f"-D mapreduce.input.fileinputformat.split.maxsize={count * unit}"
        option = "--combineSmallFiles" if self.combines_files else "--splitSize"
        return f"{option}={count}{name}"

    def reducers(self, count: int) -> str:
        """So many reduce tasks."""
        return f"-D mapreduce.job.reduces={count}" if self.is_hadoop else f"--numReducers={count}"

    def combiner(self) -> str:
        """A combiner, as the end of a sentence; "" where none can be added."""
        if not self.takes_combiner:
            return ""
        option = "-combiner" if self.is_hadoop else "--combinerPath"
        return f"a combiner ({option}) leaves less of it, where the reducer allows one"

    def combine_small(self) -> str:
        """Small files that share map tasks."""
        if self.is_hadoop:
            return "-inputformat org.apache.hadoop.mapred.lib.CombineTextInputFormat"
        return "--combineSmallFiles=64MB"

    def more_at_a_time(self, slots: int) -> str:
        """More tasks at a time than the *slots* of a worker, as the end of a sentence."""
        if self.is_spark:
            return "more cores (spark.executor.cores) run more of them at a time"
        if self.is_hadoop or self.is_pull:
            return "more workers run more of them at a time"
        return f"--slots={2 * slots} runs more of them at a time"


def options_of(job: JobBegan | None) -> Options:
    """The options of the program that ran *job*."""
    if job is None:
        return Options()
    return Options(
        any(word.endswith(("hadoop", "mapred", "yarn")) for word in job.command[:2]),
        bool(job.reduces) and not job.combiner,
        "combineSmallFiles" in job.settings,
        bool(job.partitioner),
        job.mode == "pull",
        job.mode == "spark",
    )
