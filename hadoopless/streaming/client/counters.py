"""A job's counters, and how Hadoop prints them [AbstractCounters.toString]. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Counters = dict[str, dict[str, int]]

#: Internal name of a group -> (name that is shown, its counters in the order of the enum).
_FRAMEWORK: dict[str, tuple[str, dict[str, str]]] = {
    "org.apache.hadoop.mapreduce.FileSystemCounter": (
        "File System Counters",
        {
            "FILE_BYTES_READ": "FILE: Number of bytes read",
            "FILE_BYTES_WRITTEN": "FILE: Number of bytes written",
        },
    ),
    "org.apache.hadoop.mapreduce.JobCounter": (
        "Job Counters ",
        {
            "NUM_FAILED_MAPS": "Failed map tasks",
            "NUM_FAILED_REDUCES": "Failed reduce tasks",
            "TOTAL_LAUNCHED_MAPS": "Launched map tasks",
            "TOTAL_LAUNCHED_REDUCES": "Launched reduce tasks",
            "MILLIS_MAPS": "Total time spent by all map tasks (ms)",
            "MILLIS_REDUCES": "Total time spent by all reduce tasks (ms)",
        },
    ),
    "org.apache.hadoop.mapreduce.TaskCounter": (
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
            "CPU_MILLISECONDS": "CPU time spent (ms)",
        },
    ),
}

#: Groups of format counters: framework counters, but sorted in among the user's groups.
_FORMATS: dict[str, tuple[str, dict[str, str]]] = {
    "org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter": (
        "File Input Format Counters ",
        {"BYTES_READ": "Bytes Read"},
    ),
    "org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter": (
        "File Output Format Counters ",
        {"BYTES_WRITTEN": "Bytes Written"},
    ),
}

INPUT = "org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter"
OUTPUT = "org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter"
TASK = "org.apache.hadoop.mapreduce.TaskCounter"
JOB = "org.apache.hadoop.mapreduce.JobCounter"

#: What groups were called before [AbstractCounters, mapred.Counters].
_OLD_NAMES = {
    "FileSystemCounters": "org.apache.hadoop.mapreduce.FileSystemCounter",
    "org.apache.hadoop.mapred.Task$Counter": TASK,
    "org.apache.hadoop.mapred.JobInProgress$Counter": JOB,
    "org.apache.hadoop.mapred.FileInputFormat$Counter": INPUT,
    "org.apache.hadoop.mapred.FileOutputFormat$Counter": OUTPUT,
    "org.apache.hadoop.mapreduce.lib.input.FileInputFormat$Counter": INPUT,
    "org.apache.hadoop.mapreduce.lib.output.FileOutputFormat$Counter": OUTPUT,
}


def add(counters: Counters, more: Iterable[tuple[str, str, int]]) -> None:
    """Add *more* to *counters*; sums wrap as Java's long does."""
    for group, name, amount in more:
        names = counters.setdefault(_OLD_NAMES.get(group, group), {})
        names[name] = _long(names.get(name, 0) + amount)


def _long(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def shown(counters: Mapping[str, Mapping[str, int]]) -> str:
    """The text of all *counters*, from ``Counters: N`` on."""
    groups: list[tuple[str, list[tuple[str, int]]]] = []
    for internal, (title, names) in _FRAMEWORK.items():
        groups.append((title, _of_enum(counters.get(internal, {}), names)))
    others = [name for name in counters if name not in _FRAMEWORK]
    for internal in sorted(others, key=lambda name: name.encode("utf-8", "surrogateescape")):
        if internal in _FORMATS:
            title, names = _FORMATS[internal]
            groups.append((title, _of_enum(counters[internal], names)))
        else:
            by_name = sorted(
                counters[internal].items(),
                key=lambda item: item[0].encode("utf-8", "surrogateescape"),
            )
            groups.append((internal, by_name))
    groups = [(title, rows) for title, rows in groups if rows]
    lines = [f"Counters: {sum(len(rows) for _, rows in groups)}"]
    for title, rows in groups:
        lines.append(f"\t{title}")
        lines.extend(f"\t\t{name}={amount}" for name, amount in rows)
    return "\n".join(lines)


def _of_enum(counters: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(shown, counters[name]) for name, shown in names.items() if name in counters]
