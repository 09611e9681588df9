"""The options that cannot be had on Spark: they are refused in one line, before anything starts."""

from __future__ import annotations

import argparse

from hadoopless.coordinator.options import new_parser
from hadoopless.errors import UsageError
from hadoopless.streaming.properties.configuration import Configuration

#: Options of ``coordinator.py``, and the reasons why another value than the usual one is refused.
_OPTIONS = {
    "listen": "Spark's executors run the tasks",
    "workers": "Spark's executors run the tasks",
    "numWorkers": "Spark's executors run the tasks",
    "inventory": "Spark's executors run the tasks",
    "tlsCert": "there are no workers of ours; Spark has spark.ssl of its own",
    "tlsKey": "there are no workers of ours; Spark has spark.ssl of its own",
    "tlsCa": "there are no workers of ours; Spark has spark.ssl of its own",
    "metricsTokenFile": "Spark has metrics of its own",
    "slots": "spark.executor.cores says how many tasks an executor runs at a time",
    "workerTimeout": "spark.network.timeout says when an executor is lost",
    "resume": "Spark keeps no outputs of a driver that has died",
    "skipBadRecords": "Spark's tasks run the mapper once, on all of their input",
    "profile": "its programs run in Spark's executors",
    "metricsPort": "Spark has metrics of its own",
    "dashboard": "the history of the job is written at its end; Spark's own page is live",
    "files": "programs are found where they lie, by a path that every machine sees",
}


def check_options(options: argparse.Namespace) -> None:
    """Raise UsageError for an option that was given and cannot be had.

    Those of the user's files of settings are for our own engine.
    """
    parser = new_parser()
    for name, why in _OPTIONS.items():
        is_usual = vars(options)[name] == parser.get_default(name)
        if not is_usual and name not in options.sources:
            raise UsageError(f"--{name} cannot be had with --engine=spark: {why}")


def check_properties(configuration: Configuration) -> None:
    """Raise UsageError for what properties of ``hadoop jar`` ask for and cannot be had."""
    tasks = configuration.of_tasks()
    for name in ("mapreduce.map.failures.maxpercent", "mapreduce.reduce.failures.maxpercent"):
        if tasks.get_int(name):
            raise UsageError(
                f"{name} cannot be had with --engine=spark: a job ends with the first task that has"
                " failed for good"
            )
