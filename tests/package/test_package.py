"""The package names its dependencies, extras, Pythons and files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

from hadoopless import installation
from hadoopless.commands.completion import FILES
from tests.oracle import REPOSITORY
from tests.package.pythons import VERSIONS
from tools.command_files import MAN_PAGE

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
    assert markers == {"sys_platform != 'linux' or platform_machine not in 'x86_64 aarch64'"}


def test_the_tests_run_mrjob_as_the_extra_brings_it() -> None:
    extra = PROJECT["project"]["optional-dependencies"]["mrjob"]
    assert set(extra) <= set(requirements("testing"))


def test_each_python_is_tested() -> None:
    said = "Programming Language :: Python :: 3."
    classifiers = PROJECT["project"]["classifiers"]
    told = [one.rpartition(" ")[2] for one in classifiers if one.startswith(said)]
    assert tuple(told) == VERSIONS


def test_the_wheel_has_all_files_of_the_top() -> None:
    programs = {path.name for path in REPOSITORY.glob("*.py")}
    assert {*WHEEL["force-include"]} == programs | {"bin", "sbin", "share"}
    for path, within in WHEEL["force-include"].items():
        assert within == f"hadoopless/home/{path}"


def test_the_wheel_has_completions_and_the_manual_where_shells_and_man_look() -> None:
    shared = WHEEL["shared-data"]
    assert all(within == path for path, within in shared.items())
    for path in (*FILES.values(), MAN_PAGE):
        assert f"share/{path.partition('/')[0]}" in shared


def test_the_home_of_a_checkout() -> None:
    assert installation.IS_CHECKOUT
    assert Path(installation.HOME) == REPOSITORY


def test_a_launcher_of_a_wheel_behind_a_link(tmp_path: Path) -> None:
    """HADOOP_HOME may be a link: the launcher finds the Python of the wheel all the same."""
    package = tmp_path / "prefix" / "lib" / "python3" / "site-packages" / "hadoopless"
    shutil.copytree(REPOSITORY / "bin", package / "home" / "bin")
    (package / "installation.py").touch()
    python = tmp_path / "prefix" / "bin" / "python3"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$0"\n')
    python.chmod(0o755)
    (tmp_path / "link").symlink_to(package / "home")
    environment = {key: value for key, value in os.environ.items() if key != "MAPREDUCE_PYTHON"}
    launcher = tmp_path / "link" / "bin" / "hadoop"
    assert subprocess.check_output([launcher], env=environment) == f"{python}\n".encode()
