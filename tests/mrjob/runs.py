"""Runs mrjob's jobs as a user does, with any of its runners, and reads what it tells of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from tests.pools import REPOSITORY

JOBS = Path(__file__).parent / "jobs"
_PATIENCE = 90.0  # seconds

#: Counters by group and name.
Counters = dict[str, dict[str, int]]

_HADOOPS_GROUPS = {
    "File Input Format Counters",
    "File Output Format Counters",
    "Job Counters",
    "Map-Reduce Framework",
    "Shuffle Errors",
}


def examples() -> Path:
    """The directory of mrjob's own examples."""
    spec = find_spec("mrjob")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "examples"


@dataclass(frozen=True)
class Outcome:
    """The end of a job of mrjob."""

    status: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """The lines of the output, sorted, without what is nowhere defined."""
        return sorted(map(_normal, self.stdout.splitlines()))

    @property
    def pairs(self) -> dict[object, object]:
        """The output of a job that writes JSON, whose keys occur only once."""
        pairs = [[json.loads(text) for text in line.split("\t")] for line in self.lines]
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    @property
    def counters(self) -> list[Counters]:
        """All counters that mrjob has printed, of each step that has some."""
        steps: list[Counters] = []
        names: dict[str, int] = {}
        inside = False
        for line in self.stderr.splitlines():
            if re.match(r"Counters: \d+$", line):
                steps.append({})
                inside = True
            elif found := inside and re.match(r"\t\t(.*)=(\d+)$", line):
                names[found[1]] = int(found[2])
            elif found := inside and re.match(r"\t(\S.*)$", line):
                names = steps[-1].setdefault(found[1].rstrip(), {})
            else:
                inside = False
        return steps

    @property
    def own_counters(self) -> list[Counters]:
        """The counters that the job itself has counted, of each step that has some."""
        steps = (
            {group: names for group, names in step.items() if group not in _HADOOPS_GROUPS}
            for step in self.counters
        )
        return [step for step in steps if step]

    @property
    def cause(self) -> str:
        """The probable cause of a failure."""
        return self.stderr.partition("Probable cause of failure:")[2]


@dataclass(frozen=True)
class MRJob:
    """Runs jobs in *place*, a directory that exists; *environment* names workers and HDFS."""

    place: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, runner: str, job: Path, args: Sequence[str]) -> Outcome:
        """Run *job*, with a configuration or with another one in *args*, and wait for its end."""
        words = [str(job), "-r", runner, f"--conf-path={self._configuration()}", *args]
        path = f"{REPOSITORY / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.place,
            env={**os.environ, **_FASTER, **self.environment, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
        _remove_locks(done.stderr)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def _configuration(self) -> Path:
        places = {"local_tmp_dir": str(self.place)}
        hadoop = {
            "hadoop_bin": str(REPOSITORY / "bin" / "hadoop"),
            "hadoop_streaming_jar": "any.jar",
            "cmdenv": _FASTER,
        }
        # Tasks find mrjob where the tests do, unless a run asks for more; that is faster.
        common = {"python_bin": sys.executable, "bootstrap_mrjob": False, **places}
        runners = {"hadoop": common | hadoop, "local": common, "inline": places}
        path = self.place / "mrjob.conf"
        path.write_text(json.dumps({"runners": runners}))
        return path


#: Python 3.11 loads its own distutils, and not that of setuptools, which takes twice the time.
_FASTER = {"SETUPTOOLS_USE_DISTUTILS": "stdlib"}


def _normal(line: str) -> str:
    """*line*, but with the entries of JSON objects in order, and fewer digits.

    Hadoop ends a key that has no value with a TAB. In which order values come and are added up is
    not defined, so neither are the order of what is made of them and the last digits of sums.
    """
    words = line.removesuffix("\t").split("\t")
    try:
        words = [json.dumps(json.loads(word), sort_keys=True) for word in words]
    except ValueError:
        return "\t".join(words)
    return re.sub(r"(\.\d{10})\d+", r"\1", "\t".join(words))


def _remove_locks(stderr: str) -> None:
    """Remove the file that mrjob's setup scripts lock, wherever TMPDIR is, and leave."""
    for key in re.findall(r"^Creating temp directory .*/(\S+)$", stderr, re.MULTILINE):
        Path(f"/tmp/wrapper.lock.{key}").unlink(missing_ok=True)
