"""Counters as Hadoop prints them."""

from __future__ import annotations

from hadoopless.hadoop_counters import CounterGroups, add
from hadoopless.streaming.client.counters import shown


def test_groups_are_in_hadoops_order() -> None:
    counters: CounterGroups = {}
    add(
        counters,
        [
            ("aaa", "z", 1),
            ("aaa", "b", -2),
            ("Zeta", "x", 0),
            ("org.apache.hadoop.mapreduce.lib.output.FileOutputFormatCounter", "BYTES_WRITTEN", 4),
            ("org.apache.hadoop.mapreduce.lib.input.FileInputFormatCounter", "BYTES_READ", 3),
            ("org.apache.hadoop.mapreduce.TaskCounter", "REDUCE_INPUT_RECORDS", 2),
            ("org.apache.hadoop.mapreduce.TaskCounter", "MAP_INPUT_RECORDS", 1),
            ("org.apache.hadoop.mapreduce.TaskCounter", "MAP_INPUT_RECORDS", 1),
            ("org.apache.hadoop.mapreduce.JobCounter", "TOTAL_LAUNCHED_MAPS", 1),
        ],
    )
    assert shown(counters).split("\n") == [
        "Counters: 8",
        "\tJob Counters ",
        "\t\tLaunched map tasks=1",
        "\tMap-Reduce Framework",
        "\t\tMap input records=2",
        "\t\tReduce input records=2",
        "\tZeta",
        "\t\tx=0",
        "\taaa",
        "\t\tb=-2",
        "\t\tz=1",
        "\tFile Input Format Counters ",
        "\t\tBytes Read=3",
        "\tFile Output Format Counters ",
        "\t\tBytes Written=4",
    ]


def test_sums_wrap_as_in_java() -> None:
    counters: CounterGroups = {}
    add(counters, [("g", "n", 2**63 - 1), ("g", "n", 1)])
    assert counters == {"g": {"n": -(2**63)}}


def test_old_names_of_groups() -> None:
    counters: CounterGroups = {}
    add(
        counters,
        [
            ("org.apache.hadoop.mapred.Task$Counter", "MAP_INPUT_RECORDS", 1),
            ("org.apache.hadoop.mapreduce.TaskCounter", "MAP_INPUT_RECORDS", 1),
            ("Shuffle Errors", "IO_ERROR", 0),
            ("Alpha", "x", 1),
        ],
    )
    assert shown(counters).split("\n") == [
        "Counters: 3",
        "\tMap-Reduce Framework",
        "\t\tMap input records=2",
        "\tAlpha",
        "\t\tx=1",
        "\tShuffle Errors",
        "\t\tIO_ERROR=0",
    ]


def test_no_counters() -> None:
    assert shown({}) == "Counters: 0"
