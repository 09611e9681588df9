"""``--profile`` samples Python programs, and changes nothing else of a job."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.pools import REPOSITORY, OurPool
from tests.system.jobs import Job, failed, succeeded

BUSY = """\
#!/usr/bin/env python3
import os, sys, time

def compute(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        sum(range(1000))

def is_sampled():
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{process}/cmdline", "rb").read().split(bytes(1))
        except OSError:
            continue
        if str(os.getpid()).encode() in words:
            return True

# A busy machine may take its time to start the sampler.
for _ in range(200 if "wait" in sys.argv else 0):
    if is_sampled():
        break
    compute(0.05)
compute(0.5)
sys.stdout.write(sys.stdin.read())
"""


def told_path(stderr: str) -> Path:
    found = re.search(r"^profile of (\d+) tasks? \([\d,]+ samples\): (.+)$", stderr, re.MULTILINE)
    assert found, stderr
    return Path(found[2])


def test_a_profile_of_mapper_and_reducer(pool: OurPool, job: Job):
    job.inputs(b"b\n", b"a\n")
    job.script("busy.py", BUSY)
    busy = f"{job.name}/busy.py wait"
    done = succeeded(job.run(pool.urls[:2], "--profile=1", mapper=busy, reducer=busy))
    assert job.outputs() == [b"a\t\nb\t\n"]
    path = told_path(done.stderr)
    lines = path.read_text().splitlines()
    assert {line.partition(";")[0] for line in lines} == {"mapper", "reducer"}
    assert all(re.fullmatch(r"\w+;.+ \d+", line) for line in lines)
    assert any("compute (busy.py:" in line for line in lines)
    log = path.with_suffix(".jsonl")
    assert str(path) in command("explain", log)
    assert str(path) in command("logs", log)
    assert f'"profile": "{path}"' in command("explain", log, "--json")


def command(*words: object) -> str:
    return subprocess.run(
        [sys.executable, "-m", "hadoopless", *map(str, words)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_one_in_so_many_tasks(pool: OurPool, job: Job):
    job.inputs(b"b\n", b"a\n", b"c\n")
    job.script("busy.py", BUSY)
    done = succeeded(job.run(pool.urls[:3], "--profile", mapper=f"{job.name}/busy.py"))
    assert "profile of 1 task (" in done.stderr


def test_programs_of_other_languages_have_none(pool: OurPool, job: Job):
    job.inputs(b"a\n")
    done = succeeded(job.run(pool.urls[:1], "--profile=1"))
    assert "no profile: no Python program of a chosen task has ended well\n" in done.stderr


def test_a_failing_program_fails_as_it_does_otherwise(pool: OurPool, job: Job):
    job.inputs(b"a\n")
    job.script("fails.py", BUSY + "sys.exit(7)\n")
    done = job.run(pool.urls[:1], "--profile=1", "--maxAttempts=1", mapper=f"{job.name}/fails.py")
    failed(done, 4, "exit code 7", "no profile: ")


def test_without_a_history_there_is_no_place_for_it(pool: OurPool, job: Job):
    job.inputs(b"a\n")
    done = job.run(pool.urls[:1], "--profile", env={"MAPREDUCE_HISTORY": "off"})
    failed(done, 2, "--profile: its file lies in the history, which MAPREDUCE_HISTORY turns off")
