"""Hadoop's counters: the names that tasks and programs count under, those shown, and sums."""

from __future__ import annotations

from collections.abc import Iterable

FILE_SYSTEM_GROUP = "org.apache.hadoop.mapreduce.FileSystemCounter"
JOB_GROUP = "org.apache.hadoop.mapreduce.JobCounter"
TASK_GROUP = "org.apache.hadoop.mapreduce.TaskCounter"
INPUT_GROUP = "org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter"
OUTPUT_GROUP = "org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter"
SHUFFLE_GROUP = "Shuffle Errors"

#: Each a group and a name in it.
BYTES_READ = (INPUT_GROUP, "BYTES_READ")
BYTES_WRITTEN = (OUTPUT_GROUP, "BYTES_WRITTEN")

#: Framework group -> (title shown to users, its counters in the order of Hadoop's enum). Hadoop
#: prints these groups first, in this order.
FRAMEWORK_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    FILE_SYSTEM_GROUP: (
        "File System Counters",
        {
            "FILE_BYTES_READ": "FILE: Number of bytes read",
            "FILE_BYTES_WRITTEN": "FILE: Number of bytes written",
        },
    ),
    JOB_GROUP: (
        "Job Counters ",
        {
            "NUM_FAILED_MAPS": "Failed map tasks",
            "NUM_FAILED_REDUCES": "Failed reduce tasks",
            "NUM_KILLED_MAPS": "Killed map tasks",
            "NUM_KILLED_REDUCES": "Killed reduce tasks",
            "TOTAL_LAUNCHED_MAPS": "Launched map tasks",
            "TOTAL_LAUNCHED_REDUCES": "Launched reduce tasks",
            "OTHER_LOCAL_MAPS": "Other local map tasks",
            "DATA_LOCAL_MAPS": "Data-local map tasks",
            "RACK_LOCAL_MAPS": "Rack-local map tasks",
            "MILLIS_MAPS": "Total time spent by all map tasks (ms)",
            "MILLIS_REDUCES": "Total time spent by all reduce tasks (ms)",
        },
    ),
    TASK_GROUP: (
        "Map-Reduce Framework",
        {
            "MAP_INPUT_RECORDS": "Map input records",
            "MAP_OUTPUT_RECORDS": "Map output records",
            "MAP_SKIPPED_RECORDS": "Map skipped records",
            "MAP_OUTPUT_BYTES": "Map output bytes",
            "MAP_OUTPUT_MATERIALIZED_BYTES": "Map output materialized bytes",
            "SPLIT_RAW_BYTES": "Input split bytes",
            "COMBINE_INPUT_RECORDS": "Combine input records",
            "COMBINE_OUTPUT_RECORDS": "Combine output records",
            "REDUCE_INPUT_GROUPS": "Reduce input groups",
            "REDUCE_SHUFFLE_BYTES": "Reduce shuffle bytes",
            "REDUCE_INPUT_RECORDS": "Reduce input records",
            "REDUCE_OUTPUT_RECORDS": "Reduce output records",
            "REDUCE_SKIPPED_GROUPS": "Reduce skipped groups",
            "REDUCE_SKIPPED_RECORDS": "Reduce skipped records",
            "SPILLED_RECORDS": "Spilled Records",
            "SHUFFLED_MAPS": "Shuffled Maps ",
            "FAILED_SHUFFLE": "Failed Shuffles",
            "MERGED_MAP_OUTPUTS": "Merged Map outputs",
            "GC_TIME_MILLIS": "GC time elapsed (ms)",
            "CPU_MILLISECONDS": "CPU time spent (ms)",
            "PHYSICAL_MEMORY_BYTES": "Physical memory (bytes) snapshot",
            "VIRTUAL_MEMORY_BYTES": "Virtual memory (bytes) snapshot",
            "COMMITTED_HEAP_BYTES": "Total committed heap usage (bytes)",
            "MAP_PHYSICAL_MEMORY_BYTES_MAX": "Peak Map Physical memory (bytes)",
            "MAP_VIRTUAL_MEMORY_BYTES_MAX": "Peak Map Virtual memory (bytes)",
            "REDUCE_PHYSICAL_MEMORY_BYTES_MAX": "Peak Reduce Physical memory (bytes)",
            "REDUCE_VIRTUAL_MEMORY_BYTES_MAX": "Peak Reduce Virtual memory (bytes)",
        },
    ),
}

#: The groups of formats have titles, too, but Hadoop sorts them in among the users' own groups.
FORMAT_GROUPS: dict[str, tuple[str, dict[str, str]]] = {
    INPUT_GROUP: ("File Input Format Counters ", {"BYTES_READ": "Bytes Read"}),
    OUTPUT_GROUP: ("File Output Format Counters ", {"BYTES_WRITTEN": "Bytes Written"}),
}

#: The counters of SHUFFLE_GROUP. Hadoop shows them by these names.
SHUFFLE_ERRORS = (
    "BAD_ID",
    "CONNECTION",
    "IO_ERROR",
    "WRONG_LENGTH",
    "WRONG_MAP",
    "WRONG_REDUCE",
)

#: Earlier name of a group -> its name today [AbstractCounters, mapred.Counters].
OLD_GROUPS = {
    "FileSystemCounters": FILE_SYSTEM_GROUP,
    "org.apache.hadoop.mapred.Task$Counter": TASK_GROUP,
    "org.apache.hadoop.mapred.JobInProgress$Counter": JOB_GROUP,
    "org.apache.hadoop.mapred.FileInputFormat$Counter": INPUT_GROUP,
    "org.apache.hadoop.mapred.FileOutputFormat$Counter": OUTPUT_GROUP,
    "org.apache.hadoop.mapreduce.lib.input.FileInputFormat$Counter": INPUT_GROUP,
    "org.apache.hadoop.mapreduce.lib.output.FileOutputFormat$Counter": OUTPUT_GROUP,
}

#: Counters of Hadoop's own groups that nothing counts here; programs may report them all the same.
_ONLY_IN_HADOOP = {
    JOB_GROUP: frozenset(
        {
            "SLOTS_MILLIS_MAPS",
            "SLOTS_MILLIS_REDUCES",
            "FALLOW_SLOTS_MILLIS_MAPS",
            "FALLOW_SLOTS_MILLIS_REDUCES",
            "TOTAL_LAUNCHED_UBERTASKS",
            "NUM_UBER_SUBMAPS",
            "NUM_UBER_SUBREDUCES",
            "NUM_FAILED_UBERTASKS",
            "TASKS_REQ_PREEMPT",
            "CHECKPOINTS",
            "CHECKPOINT_BYTES",
            "CHECKPOINT_TIME",
            "VCORES_MILLIS_MAPS",
            "VCORES_MILLIS_REDUCES",
            "MB_MILLIS_MAPS",
            "MB_MILLIS_REDUCES",
        }
    )
}
#: The counters of each file system; the name of its scheme and an underline come before them.
_FILE_SYSTEM_COUNTERS = frozenset(
    {"BYTES_READ", "BYTES_WRITTEN", "READ_OPS", "LARGE_READ_OPS", "WRITE_OPS", "BYTES_READ_EC"}
)


def is_limited(group: str) -> bool:
    """True if the counters of *group*, by its name of today, count for Hadoop's limits."""
    return group not in FRAMEWORK_GROUPS


def exists(group: str, name: str) -> bool:
    """False if *group*, by its name of today, is one of Hadoop's own and has no such counter."""
    if group == FILE_SYSTEM_GROUP:
        return name.partition("_")[2] in _FILE_SYSTEM_COUNTERS
    if group not in FRAMEWORK_GROUPS:
        return True
    return name in FRAMEWORK_GROUPS[group][1] or name in _ONLY_IN_HADOOP.get(group, ())


#: Group -> name -> count.
CounterGroups = dict[str, dict[str, int]]


def add(counters: CounterGroups, more: Iterable[tuple[str, str, int]]) -> None:
    """Add *more* to *counters*; sums wrap as Java's long does."""
    for group, name, amount in more:
        names = counters.setdefault(OLD_GROUPS.get(group, group), {})
        names[name] = _long(names.get(name, 0) + amount)


def _long(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)
