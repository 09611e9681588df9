"""A Hadoop that is none: scripts which tell how they were called, and leave what a job leaves."""

from __future__ import annotations

from pathlib import Path

#: Writes what the client of a cluster writes while its job runs.
SUBMITTED = """\
echo 'INFO mapreduce.JobSubmitter: number of splits:2' >&2
echo 'INFO impl.YarnClientImpl: Submitted application application_17_0001' >&2
echo 'INFO mapreduce.Job: Running job: job_17_0001' >&2
"""
#: Writes part-00000 into the directory of -output.
WRITES = """\
while [ "$1" != -output ]; do shift; done
out=${2#file://}
mkdir -p "$out"
printf 'a\\t1\\n' > "$out/part-00000"
touch "$out/_SUCCESS"
"""


def fake_hadoop(place: Path, script: str = SUBMITTED + WRITES) -> Path:
    """Make a home in *place*; ``bin/hadoop`` notes its words in ``called`` and does *script*."""
    (place / "bin").mkdir(parents=True)
    lib = place / "share" / "hadoop" / "tools" / "lib"
    lib.mkdir(parents=True)
    (lib / "hadoop-streaming-3.3.4.jar").touch()
    for name in ("hadoop", "mapred"):
        path = place / "bin" / name
        path.write_text(
            f"#!/bin/sh\necho {name} \"$@\" >> '{place}/called'\nenv >> '{place}/env'\n"
            + (script if name == "hadoop" else "")
        )
        path.chmod(0o755)
    return place


def called(home: Path) -> str:
    """The words of all calls of the Hadoop in *home*."""
    path = home / "called"
    return path.read_text() if path.exists() else ""
