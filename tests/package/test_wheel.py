"""The wheel with the extra ``mrjob``: on each Python, here and where nothing else is installed.

A test is skipped where its Python is missing, or what makes a fresh Debian.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from hadoopless.page.html.document import SCRIPTS
from tests.mrjob.cases import POEM
from tests.mrjob.runs import Outcome
from tests.oracle import REPOSITORY
from tests.package.installed import Installed, build_wheel, install
from tests.package.machines import NOBODY, Machine, make_fresh_debian, why_no_fresh_debian
from tests.package.pythons import VERSIONS, lendable, python

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.cluster,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        sys.platform != "linux" or os.uname().machine != "x86_64",
        reason="no wheel has kernels for this kind of processor",
    ),
]


class Way(NamedTuple):
    """One way to use the package: a Python, here or in a fresh Debian, and who starts it."""

    version: str
    is_fresh: bool = False
    user: str = "0:0"

    @property
    def name(self) -> str:
        """The way as pytest shows it."""
        where = f"fresh-{'nobody' if self.user == NOBODY else 'root'}" if self.is_fresh else "here"
        return f"{self.version}-{where}"


WAYS = [
    *(Way(version) for version in VERSIONS),
    *(Way(version, True, user) for version in VERSIONS for user in ("0:0", NOBODY)),
]


class Ways:
    """Makes what the ways need, each part once and only when a way asks for it."""

    def __init__(self, work: Path) -> None:
        self._work = work
        self.machine = cache(self._machine)
        self.wheel = cache(lambda: build_wheel(work / "dist"))
        self.installed = cache(self._installed)

    def _machine(self, is_fresh: bool) -> Machine:
        if not is_fresh:
            return Machine()
        if reason := why_no_fresh_debian():
            pytest.skip(reason)
        return make_fresh_debian(self._work / "debian", lendable())

    def _installed(self, version: str, is_fresh: bool) -> Installed:
        machine = self.machine(is_fresh)
        program = python(version, machine)
        if program is None:
            pytest.skip(f"there is no Python {version}")
        return install(self.wheel(), "mrjob", program, machine)


class Shell(NamedTuple):
    """Runs commands of the package in a directory that is new for each test."""

    installed: Installed
    user: str
    work: Path

    def __call__(self, *command: str | Path, **environment: str) -> str:
        """The stdout of *command*, which succeeds."""
        done = self.installed.started(self.user, self.work, *command, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def mrjob(self, runner: str, *arguments: str | Path, **environment: str) -> Outcome:
        """The end of the job ``word_ranks`` on a *runner* of mrjob."""
        job = self.installed.given / "mrjob" / "word_ranks.py"
        command = ("python", job, "-r", runner, "--no-conf", *arguments)
        done = self.installed.started(self.user, self.work, *command, **environment)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def file(self, name: str) -> Path:
        """A file in the working directory, as this machine sees it."""
        return self.installed.machine.outside(self.work / name)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    work = tmp_path_factory.mktemp("wheel")
    yield Ways(work)
    shutil.rmtree(work)  # a Debian takes 300 MB


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def shell(request: pytest.FixtureRequest, ways: Ways) -> Iterator[Shell]:
    way: Way = request.param
    installed = ways.installed(way.version, way.is_fresh)
    work = installed.new_directory()
    yield Shell(installed, way.user, work)
    shutil.rmtree(installed.machine.outside(work))


def job(given: Path) -> tuple[str, ...]:
    """Arguments of a small job whose output is ``out/0.out``."""
    return (
        f"--mapperPath={given}/wordcount/mapper.py",
        f"--reducerPath={given}/wordcount/reducer.py",
        f"--inputPath={given}/fish_jobs/*.in",
        "--outputPath=out",
        "--workers=embedded",
    )


RESULT = "and\t1\nboat\t2\n"


def test_the_wheel_has_all_that_the_page_loads(ways: Ways) -> None:
    with zipfile.ZipFile(ways.wheel()) as wheel:
        inside = {name for name in wheel.namelist() if name.startswith("hadoopless/page/static/")}
    static = REPOSITORY / "hadoopless" / "page" / "static"
    assert inside == {f"hadoopless/page/static/{path.name}" for path in static.iterdir()}
    needed = {*SCRIPTS, "list.js", "page.css", "uPlot.min.css", "uPlot.LICENSE"}
    assert needed <= {Path(name).name for name in inside}


def test_there_is_no_compiler(shell: Shell) -> None:
    names = shell("pip", "list", "--format=freeze")
    assert "hadoopless" in names
    assert not re.search("numba|llvmlite", names)
    if shell.installed.machine.is_fresh:
        # A shell says 127 where there is no such command.
        compiler = ("sh", "-c", "cc --version || gcc --version || clang --version")
        assert shell.installed.started(shell.user, shell.work, *compiler).returncode == 127


def test_a_job(shell: Shell) -> None:
    cache_directory = str(shell.work / "cache")
    shell("hadoopless", "run", *job(shell.installed.given), XDG_CACHE_HOME=cache_directory)
    assert shell.file("out/0.out").read_text().startswith(RESULT)
    assert not shell.file("cache").exists()


def test_hadoops_commands(shell: Shell) -> None:
    home = shell("hadoopless", "hadoop-home").strip()
    files = {"MAPREDUCE_FS_ROOT": str(shell.work / "hdfs")}
    words = ("-mapper", "tr ' ' '\\n'", "-reducer", "uniq -c", "-input", "in", "-output", "out")
    for hadoop in (("hadoopless", "hadoop"), (f"{home}/bin/hadoop",)):
        shell(*hadoop, "fs", "-mkdir", "-p", "in", **files)
        text = shell.installed.given / "fish_jobs" / "0.in"
        shell(*hadoop, "fs", "-put", "-f", text, "in", **files)
        shell(*hadoop, "jar", "any.jar", *words, **files)
        assert " fish\t" in shell(*hadoop, "fs", "-cat", "out/*", **files)
        shell(*hadoop, "fs", "-rm", "-r", "out", **files)


def test_a_job_of_mrjob(shell: Shell) -> None:
    home = shell("hadoopless", "hadoop-home").strip()
    path = f"{shell.installed.venv}/bin:{home}/bin:/usr/bin:/bin"
    shell.file("poem.txt").write_text(POEM)
    shell.file("more.txt").write_text("you are\n")
    words = ("--more-common-words=more.txt", "poem.txt")
    elsewhere = shell.mrjob("inline", *words)
    # One map task finds all equal words in one place, as the inline runner does.
    one_map = ("-D", "mapreduce.job.maps=1")
    hdfs = str(shell.work / "hdfs")
    here = shell.mrjob("hadoop", *words, *one_map, PATH=path, MAPREDUCE_FS_ROOT=hdfs)
    assert elsewhere.status == 0, elsewhere.stderr
    assert here.status == 0, here.stderr
    assert here.lines == elsewhere.lines
    assert here.own_counters == elsewhere.own_counters


def test_a_checkout_uses_the_kernels_of_the_wheel(ways: Ways) -> None:
    installed = ways.installed(f"{sys.version_info.major}.{sys.version_info.minor}", False)
    work = installed.new_directory()
    coordinator = REPOSITORY / "coordinator.py"
    done = installed.started("", work, "python", coordinator, *job(installed.given))
    assert done.returncode == 0, done.stderr
    assert (work / "out" / "0.out").read_text().startswith(RESULT)
    shutil.rmtree(work)
