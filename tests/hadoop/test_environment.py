"""The environment of tasks beside that of a real Hadoop."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from hadoopless.streaming.properties.configuration import safe_name
from hadoopless.streaming.properties.table import LISTED_DEFAULTS
from tests.hadoop import ours
from tests.hadoop.maven import Unavailable
from tests.hadoop.oracle import Hadoop
from tests.hadoop.outcome import Outcome

#: Set by the configuration of the real Hadoop of the tests.
SET_THERE = {
    "hadoop_tmp_dir",
    "mapreduce_client_progressmonitor_pollinterval",
    "mapreduce_task_io_sort_mb",
}
SHOW = b"#!/bin/sh\ncat > /dev/null\nenv\n"


def variables(outcome: Outcome) -> dict[str, str]:
    assert outcome.status == 0, outcome.stderr
    assert outcome.files is not None
    lines = outcome.files["part-00000"].decode().splitlines()
    return dict(line.rstrip("\t").split("=", 1) for line in lines if "=" in line)


@pytest.mark.cluster
@pytest.mark.heavy
@pytest.mark.parametrize("role", ["mapper", "reducer"])
def test_variables_of_tasks_are_those_of_hadoop(tmp_path: Path, role: str):
    """Each default has its value, and nothing is added; Hadoop's servers have more variables."""
    args = ["-D", "mapreduce.job.maps=1", "-files", "show.sh", "-input", "in", "-output", "out"]
    args += ["-mapper", "cat", "-combiner", "cat"] if role == "reducer" else []
    args += [f"-{role}", "show.sh"]
    if role == "mapper":
        args += ["-reducer", "cat"]
    files = {"in": b"a\n", "show.sh": SHOW}
    try:
        with Hadoop(tmp_path / "jvm") as hadoop:
            theirs = variables(hadoop.run(files, args))
    except Unavailable as reason:
        pytest.skip(f"no Hadoop to compare with: {reason}")
    mine = variables(ours.run(files, args, tmp_path / "ours"))
    properties = {name for name in mine if re.search("[a-z]", name)} - os.environ.keys()
    assert properties <= theirs.keys()
    assert len(properties) > 170
    defaults = {safe_name(name) for name in LISTED_DEFAULTS} & properties - SET_THERE
    # Values that are the job's own differ, as two jobs differ; defaults do not.
    job = {"mapreduce_job_maps", "mapreduce_job_reduces", "mapreduce_job_name"}
    for name in sorted(defaults - job):
        assert mine[name] == theirs[name], name
