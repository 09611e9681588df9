"""The outcome of a job, whoever ran it: exit code, files, counters, messages."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Counters = dict[str, dict[str, int]]

#: The directory that every job is told to write.
OUTPUT = "out"


@dataclass(frozen=True)
class Outcome:
    """The end of one run."""

    status: int
    stdout: str
    stderr: str
    #: All files of the output directory, names relative to it; None: there is no directory.
    files: dict[str, bytes] | None
    counters: Counters = field(default_factory=dict)


def lay_out(files: Mapping[str, bytes], place: Path) -> None:
    """Write the *files* of a job; scripts are made executable."""
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if data.startswith(b"#!"):
            path.chmod(path.stat().st_mode | stat.S_IXUSR)


def collect(place: Path, status: int, stdout: str, stderr: str) -> Outcome:
    """The outcome of the job whose directory is *place*."""
    output = place / OUTPUT
    files = None
    if output.is_dir():
        files = {
            os.path.relpath(Path(directory) / name, output): Path(directory, name).read_bytes()
            for directory, _, names in os.walk(output)
            for name in names
        }
    return Outcome(status, stdout, stderr, files, counters_in(stderr))


def counters_in(log: str) -> Counters:
    """The last table of counters in *log*: groups stand behind one TAB, counters behind two."""
    tables = re.findall(r"Counters: \d+\n((?:\t.*\n?)+)", log)
    counters: Counters = {}
    group: dict[str, int] = {}
    for line in tables[-1].splitlines() if tables else ():
        if line.startswith("\t\t"):
            name, _, value = line[2:].rpartition("=")
            group[name] = int(value)
        else:
            group = counters.setdefault(line[1:], {})
    return counters
