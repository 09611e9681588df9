"""The peers' programs: installed below the work directory, or the reason why one is not there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.hadoop import real_hadoop
from benchmarks.measure import ROOT
from tests.hadoop.maven import HADOOP_VERSION, Unavailable, jars

REQUIREMENTS = ROOT / "benchmarks" / "requirements-peers.txt"
_SECONDS = 600
_VERSION = "from importlib.metadata import version; import sys; print(version(sys.argv[1]))"


@dataclass
class Tools:
    """The programs of the peers, and why some are not there."""

    #: The Python of the peers' virtualenv.
    python: Path
    parallel: Path | None = None
    #: The command of a real ``hadoop jar hadoop-streaming.jar``.
    hadoop: list[str] = field(default_factory=list)
    #: The URLs of the running pool of this project.
    pool: tuple[str, ...] = ()
    #: Versions by the name of the peer or program.
    versions: dict[str, str] = field(default_factory=dict)
    #: Reasons by the name of the peer that cannot run.
    missing: dict[str, str] = field(default_factory=dict)


def install(work: Path, peers: Sequence[str], say: Callable[[str], None]) -> Tools:
    """Install those of *peers* that others have made; the reason of a failure is kept."""
    tools = Tools(work / "peers-venv" / "bin" / "python")
    tools.versions = {
        "python3 of the programs": last_word(_output(["python3", "--version"])),
        "sort": last_word(first_line(_output(["sort", "--version"]))),
    }
    for name in peers:
        try:
            _install(tools, name, work)
        except Unavailable as error:
            tools.missing[name] = str(error)
            say(f"{name} is left out: {error}")
    return tools


def _install(tools: Tools, name: str, work: Path) -> None:
    if name == "parallel":
        tools.parallel = _parallel(work / "parallel")
        version = first_line(_output([str(tools.parallel), "--version"]))
        tools.versions[name] = last_word(version)
    elif name == "hadoop":
        tools.hadoop = real_hadoop(jars())
        tools.versions |= {"hadoop": HADOOP_VERSION, "java": java_version()}
    elif name in pins():
        if name == "pyspark":
            tools.versions["java"] = java_version()
        add_package(tools.python, name)
        tools.versions[name] = _output([str(tools.python), "-c", _VERSION, name]).strip()


def pins() -> dict[str, str]:
    """The lines of the requirements, by the name of the package."""
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    return {re.split(r"[\[=]", line)[0]: line for line in lines}


def add_package(python: Path, name: str) -> None:
    """Install the stated version of *name* beside *python*, in a virtualenv made if need be."""
    requirement = pins()[name]
    if not python.exists():
        _output([sys.executable, "-m", "venv", str(python.parent.parent)])
    stamp = python.parent.parent / f"{name}.installed"
    if not stamp.exists() or stamp.read_text() != requirement:
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        _output([str(python), *pip])
        stamp.write_text(requirement)


def java_version() -> str:
    """The version of the java on PATH."""
    if shutil.which("java") is None:
        raise Unavailable("there is no java")
    found = re.search(r'version "([^"]+)"', _output(["java", "-version"]))
    return found[1] if found else "?"


def _parallel(place: Path) -> Path:
    """GNU parallel of this machine, or else of Debian's package, unpacked into *place*."""
    if installed := shutil.which("parallel"):
        return Path(installed)
    program = place / "usr" / "bin" / "parallel"
    if not program.exists():
        for needed in ("apt-get", "dpkg-deb", "perl"):
            if shutil.which(needed) is None:
                raise Unavailable(f"GNU parallel is not installed, and there is no {needed}")
        place.mkdir(parents=True, exist_ok=True)
        _output(["apt-get", "download", "parallel"], cwd=place)
        for package in place.glob("parallel_*.deb"):
            _output(["dpkg-deb", "-x", str(package), str(place)])
    return program


def _output(argv: Sequence[str], cwd: Path = ROOT) -> str:
    """All that a command writes; raises Unavailable when it fails."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if done.returncode:
        raise Unavailable(last_line(done.stdout) or f"{argv[0]} failed")
    return done.stdout


def first_line(text: str) -> str:
    """The first line of *text*, or nothing."""
    return text.partition("\n")[0]


def last_line(text: str) -> str:
    """The last line of *text* that is not empty, or nothing."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "")


def last_word(text: str) -> str:
    """The last word of *text*."""
    return text.split()[-1]
