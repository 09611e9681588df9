"""The right output of a job, made by mapper, Hadoop's hash, GNU sort and reducer in turn.

All tests compare with this; it shares no line with what it judges.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


def oracle(
    mapper_argv: Sequence[str],
    reducer_argv: Sequence[str],
    inputs: Iterable[bytes],
    num_reducers: int,
) -> list[bytes]:
    """The bytes of each output file; *inputs* are the splits, in the order of their map tasks."""
    partitions: list[list[bytes]] = [[] for _ in range(num_reducers)]
    for split in inputs:
        for record in records(run(mapper_argv, split)):
            partitions[partition_of(record, num_reducers)].append(record)
    return [run(reducer_argv, sort_records(partition)) for partition in partitions]


def records(output: bytes) -> list[bytes]:
    """The lines of a mapper's *output*, each with a TAB and without its newline."""
    lines = output.split(b"\n")
    if (
        lines[-1] == b""
    ):  # the rule; otherwise the last line lacks its newline and counts all the same
        lines.pop()
    return [line if b"\t" in line else line + b"\t" for line in lines]


def partition_of(record: bytes, num_reducers: int) -> int:
    """The partition to which Hadoop's default partitioner sends *record*."""
    h = 1
    for byte in record.split(b"\t", 1)[0]:
        signed = byte - 256 if byte > 127 else byte
        h = (31 * h + signed) & 0xFFFFFFFF
    return (h & 0x7FFFFFFF) % num_reducers


def sort_records(lines: Sequence[bytes]) -> bytes:
    """*lines* in the order of their keys, equal keys as they came.

    GNU sort compares any bytes under LC_ALL=C, NUL too; a test holds it to that.
    """
    return run(["sort", "-s", "-k1,1", "-t", "\t"], b"".join(line + b"\n" for line in lines))


def run(argv: Sequence[str], stdin: bytes) -> bytes:
    """The output of a program for *stdin*; paths are relative to the repository."""
    environment = {**os.environ, "LC_ALL": "C"}
    # The container images that set it make each print of a Python script a system call.
    environment.pop("PYTHONUNBUFFERED", None)
    done = subprocess.run(
        argv, input=stdin, stdout=subprocess.PIPE, check=True, cwd=REPOSITORY, env=environment
    )
    return done.stdout
