"""The end of a job for programs."""

from __future__ import annotations

import json

import pytest

from hadoopless.errors import Cancelled, InputError, ProgramFailed
from hadoopless.failure import Failure, Role
from hadoopless.job import JobResult, TaskReport
from hadoopless.ui.as_json import job_object, shown

RESULT = JobResult(
    outputs=("out/0.out",),
    maps=(
        TaskReport(input_bytes=10, output_records=3, output_bytes=12, seconds=0.5, program_cpu=0.2),
        TaskReport(input_bytes=5, output_records=1, output_bytes=4, seconds=0.25, program_cpu=0.1),
    ),
    reduces=(TaskReport(input_bytes=16, input_records=4, output_bytes=8, seconds=1.0),),
    seconds=2.5,
    retries=1,
    workers=2,
    counters=(("mine", "a", 1), ("mine", "b", 2), ("other", "a", 3)),
    warnings=("much",),
)


def test_a_job_that_succeeded() -> None:
    told = job_object(RESULT)
    assert told["object"] == "job"
    assert told["schema"] == 1
    assert (told["status"], told["exitCode"]) == ("succeeded", 0)
    assert told["maps"] == {
        "tasks": 2,
        "inputBytes": 15,
        "inputRecords": 0,
        "outputBytes": 16,
        "outputRecords": 4,
        "skippedRecords": 0,
        "programCpuSeconds": pytest.approx(0.3),
        "slowestSeconds": 0.5,
    }
    assert told["reduces"]["inputRecords"] == 4
    assert told["counters"] == {"mine": {"a": 1, "b": 2}, "other": {"a": 3}}
    assert told["outputs"] == ["out/0.out"]
    assert told["warnings"] == ["much"]


def test_a_job_without_reduces() -> None:
    assert job_object(JobResult(("0.out",), RESULT.maps, (), 1.0))["reduces"]["tasks"] == 0


def test_a_program_that_failed() -> None:
    failure = Failure(
        "ended with exit code 3", Role.MAPPER, "./m", 3, "bad\n", "in", replay="./m <in"
    )
    told = job_object(ProgramFailed(failure, "map 3 attempt 1"))
    assert (told["status"], told["exitCode"]) == ("failed", 4)
    assert told["error"] == {
        "kind": "program",
        "message": failure.told("map 3 attempt 1"),
        "task": "map 3 attempt 1",
        "role": "mapper",
        "command": "./m",
        "exit": 3,
        "stderr": "bad\n",
        "input": "in",
        "replay": "./m <in",
    }


def test_other_ends() -> None:
    assert job_object(InputError("no such input: x")) == {
        "object": "job",
        "schema": 1,
        "status": "failed",
        "exitCode": 3,
        "error": {"kind": "input", "message": "no such input: x"},
    }
    assert job_object(Cancelled("stop"))["status"] == "cancelled"


def test_the_text_is_one_line_of_ascii() -> None:
    text = shown({"name": "ü\udcff\n"})
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text) == {"name": "ü\udcff\n"}
