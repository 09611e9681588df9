"""Hadoop's own values of the properties that jobs and their programs ask for [mapred-default]."""

from __future__ import annotations

DEFAULTS: dict[str, str] = {
    "mapreduce.client.submit.file.replication": "10",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.input.fileinputformat.split.minsize": "0",
    "mapreduce.input.lineinputformat.linespermap": "1",
    "mapreduce.job.counters.max": "120",
    "mapreduce.job.maps": "2",
    "mapreduce.job.queuename": "default",
    "mapreduce.job.reduce.slowstart.completedmaps": "0.05",
    "mapreduce.job.reduces": "1",
    "mapreduce.map.maxattempts": "4",
    "mapreduce.map.output.compress": "false",
    "mapreduce.map.output.compress.codec": "org.apache.hadoop.io.compress.DefaultCodec",
    "mapreduce.map.skip.maxrecords": "0",
    "mapreduce.map.sort.spill.percent": "0.80",
    "mapreduce.map.speculative": "true",
    "mapreduce.output.fileoutputformat.compress": "false",
    "mapreduce.output.fileoutputformat.compress.codec": (
        "org.apache.hadoop.io.compress.DefaultCodec"
    ),
    "mapreduce.output.fileoutputformat.compress.type": "RECORD",
    "mapreduce.reduce.maxattempts": "4",
    "mapreduce.reduce.shuffle.parallelcopies": "5",
    "mapreduce.reduce.skip.maxgroups": "0",
    "mapreduce.reduce.speculative": "true",
    "mapreduce.task.io.sort.factor": "10",
    "mapreduce.task.io.sort.mb": "100",
    "mapreduce.task.skip.start.attempts": "2",
    "mapreduce.task.timeout": "600000",
}
