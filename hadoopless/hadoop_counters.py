"""The names of Hadoop's counters: those that tasks and programs count under, and those shown."""

from __future__ import annotations

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
            "TOTAL_LAUNCHED_MAPS": "Launched map tasks",
            "TOTAL_LAUNCHED_REDUCES": "Launched reduce tasks",
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
            "CPU_MILLISECONDS": "CPU time spent (ms)",
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
