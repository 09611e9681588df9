"""The package: its dependencies, its files, and a wheel that works without a compiler."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hadoopless import installation
from tests.oracle import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
WHEEL = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]


def requirements(section: str) -> list[str]:
    """The requirements in a *section* of requirements.txt, without the reasons."""
    text = (REPOSITORY / "requirements.txt").read_text()
    lines = text.split(f"# {section}\n")[1].split("\n\n")[0].splitlines()
    return [line.partition("#")[0].strip() for line in lines]


def test_the_package_asks_for_what_running_needs() -> None:
    project = PROJECT["project"]
    compiler = project["optional-dependencies"]["build"]
    assert [re.split(r"\W", one)[0] for one in compiler] == ["numba", "llvmlite"]
    plain = [one for one in project["dependencies"] if ";" not in one]
    assert sorted([*plain, *compiler]) == sorted(requirements("running"))
    # The compiler comes along where no wheel has kernels.
    elsewhere = [one.split(";") for one in project["dependencies"] if ";" in one]
    assert [one for one, _ in elsewhere] == compiler
    markers = {marker.strip() for _, marker in elsewhere}
    assert markers == {"sys_platform != 'linux' or platform_machine != 'x86_64'"}


def test_the_wheel_has_all_files_of_the_top() -> None:
    programs = {path.name for path in REPOSITORY.glob("*.py")}
    assert {*WHEEL["force-include"]} == programs | {"bin", "sbin", "share"}
    for path, within in WHEEL["force-include"].items():
        assert within == f"hadoopless/home/{path}"


def test_the_home_of_a_checkout() -> None:
    assert installation.IS_CHECKOUT
    assert Path(installation.HOME) == REPOSITORY


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """The stdout of *command*, which must succeed."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("MAPREDUCE_")}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtualenv with the wheel and what it asks for; both need a package index."""
    work = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", "dist", REPOSITORY, cwd=work)
    (wheel,) = (work / "dist").iterdir()
    assert wheel.name.endswith("-py3-none-manylinux_2_17_x86_64.whl")
    run(sys.executable, "-m", "venv", work / "venv", cwd=work)
    run(work / "venv" / "bin" / "pip", "install", wheel, cwd=work)
    return work / "venv" / "bin"


IN_A_WHEEL = [
    pytest.mark.heavy,
    pytest.mark.cluster,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        sys.platform != "linux" or os.uname().machine != "x86_64",
        reason="no wheel has kernels for this kind of processor",
    ),
]
JOB = (
    f"--mapperPath={REPOSITORY}/wordcount/mapper.py",
    f"--reducerPath={REPOSITORY}/wordcount/reducer.py",
    f"--inputPath={REPOSITORY}/fish_jobs/*.in",
    "--outputPath=out",
    "--workers=embedded",
)
RESULT = "and\t1\nboat\t2\n"


class TestWheel:
    """One worker process of pytest builds the wheel once for all of these."""

    pytestmark = IN_A_WHEEL

    def test_there_is_no_compiler(self, installed: Path, tmp_path: Path) -> None:
        names = run(installed / "pip", "list", "--format=freeze", cwd=tmp_path)
        assert "hadoopless" in names
        assert not re.search("numba|llvmlite", names)

    def test_a_job(self, installed: Path, tmp_path: Path) -> None:
        home = {"HOME": "/nonexistent", "XDG_CACHE_HOME": str(tmp_path / "cache")}
        run(installed / "hadoopless", "run", *JOB, cwd=tmp_path, **home)
        assert (tmp_path / "out" / "0.out").read_text().startswith(RESULT)
        assert not (tmp_path / "cache").exists()

    def test_hadoops_commands(self, installed: Path, tmp_path: Path) -> None:
        home = run(installed / "hadoopless", "hadoop-home", cwd=tmp_path).strip()
        files = {"MAPREDUCE_FS_ROOT": str(tmp_path / "hdfs")}
        for start in ((installed / "hadoopless", "hadoop"), (f"{home}/bin/hadoop",)):
            run(*start, "fs", "-mkdir", "-p", "in", cwd=tmp_path, **files)
            run(
                *start,
                "fs",
                "-put",
                "-f",
                f"{REPOSITORY}/fish_jobs/0.in",
                "in",
                cwd=tmp_path,
                **files,
            )
            run(
                *(*start, "jar", "any.jar", "-mapper", "tr ' ' '\\n'", "-reducer", "uniq -c"),
                *("-input", "in", "-output", "out"),
                cwd=tmp_path,
                **files,
            )
            assert " fish\t" in run(*start, "fs", "-cat", "out/*", cwd=tmp_path, **files)
            run(*start, "fs", "-rm", "-r", "out", cwd=tmp_path, **files)

    def test_a_checkout_uses_the_kernels_of_the_wheel(
        self, installed: Path, tmp_path: Path
    ) -> None:
        run(installed / "python", REPOSITORY / "coordinator.py", *JOB, cwd=tmp_path)
        assert (tmp_path / "out" / "0.out").read_text().startswith(RESULT)
