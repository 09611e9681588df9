"""Installs the wheel as a user does, on one of the machines, and runs its commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.homes import NO_HOME
from tests.mrjob.runs import JOBS
from tests.oracle import REPOSITORY
from tests.package.machines import Machine

#: All users may write in these directories; in those of pytest others may not even look.
_WORK = "installed-"


@dataclass(frozen=True)
class Installed:
    """An installed package; all paths are those of its machine."""

    machine: Machine
    #: The virtualenv.
    venv: Path
    #: The samples of this repository, and the jobs of mrjob.
    given: Path

    def started(
        self, user: str, work: Path, *command: str | Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run *command* for *user*, who cannot write HOME, in the directory *work*."""
        path = f"{self.venv}/bin:/usr/local/bin:/usr/bin:/bin"
        surroundings = {"HOME": NO_HOME, "USER": "me", "PATH": path, **environment}
        return self.machine.run(*command, cwd=work, environment=surroundings, user=user)

    def new_directory(self) -> Path:
        """A new directory that every user may write."""
        return _new_directory(self.machine)


def build_wheel(directory: Path, machine: str = "x86_64") -> Path:
    """Build the wheel of this checkout for a kind of *machine* into the new *directory*."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w"]
    # The second is what pipx sets.
    changed = {"HADOOPLESS_WHEEL_MACHINE": machine, "PYTHONSAFEPATH": "1"}
    environment = os.environ | changed
    subprocess.run([*build, directory, REPOSITORY], env=environment, check=True)
    (wheel,) = directory.iterdir()
    return wheel


def install(wheel: Path, extra: str, python: Path, machine: Machine) -> Installed:
    """Install the *wheel* with an *extra* in a new virtualenv of *python*."""
    work = _new_directory(machine)
    for sample in ("wordcount", "fish_jobs"):
        shutil.copytree(REPOSITORY / sample, machine.outside(work / "given" / sample))
    shutil.copytree(JOBS, machine.outside(work / "given" / "mrjob"))
    shutil.copy(wheel, machine.outside(work))
    venv = work / "venv"
    installing = (
        (python, "-m", "venv", venv),
        (venv / "bin" / "pip", "install", "--quiet", f"{work / wheel.name}[{extra}]"),
    )
    for command in installing:
        done = machine.run(*command, cwd=work, environment={"HOME": str(work)})
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")
    return Installed(machine, venv, work / "given")


def _new_directory(machine: Machine) -> Path:
    above = machine.outside(Path(tempfile.gettempdir() if not machine.is_fresh else "/tmp"))
    made = Path(tempfile.mkdtemp(prefix=_WORK, dir=above))
    made.chmod(0o777)
    return machine.within(made)
