"""A peer that cannot be installed is a line of the report; versions come from the requirements."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.peers import install
from benchmarks.peers.install import add_package, first_line, last_line, last_word, pins
from tests.hadoop.maven import Unavailable


def test_every_requirement_has_its_version() -> None:
    assert list(pins()) == ["pyspark", "dask", "madoop", "mrjob", "matplotlib"]
    assert all("==" in line for line in pins().values())


def test_peers_that_cannot_be_installed_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_jars() -> Path:
        raise Unavailable("there is no mvn")

    path = tmp_path / "path"
    path.mkdir()
    for name in ("python3", "sort"):
        (path / name).write_text(f"#!/bin/sh\necho {name} 9.1\n")
        (path / name).chmod(0o755)
    broken = tmp_path / "peers-venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho working\necho no such package\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(path))
    monkeypatch.setattr(install, "jars", no_jars)
    said: list[str] = []
    names = ["pool", "pipe", "parallel", "madoop", "hadoop", "pyspark"]
    tools = install.install(tmp_path, names, said.append)
    assert tools.missing == {
        "parallel": "GNU parallel is not installed, and there is no apt-get",
        "madoop": "no such package",
        "hadoop": "there is no mvn",
        "pyspark": "there is no java",
    }
    assert [line.split()[0] for line in said] == ["parallel", "madoop", "hadoop", "pyspark"]
    assert tools.versions["sort"] == "9.1"


def test_a_package_is_installed_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    python.chmod(0o755)
    for _ in range(2):
        add_package(python, "madoop")
    (line,) = log.read_text().splitlines()
    assert line.endswith(pins()["madoop"])


def test_a_parallel_of_the_machine_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("parallel", "GNU parallel 7"), ("python3", "x 1"), ("sort", "x 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {text}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = install.install(tmp_path, ["parallel"], print)
    assert tools.parallel == tmp_path / "parallel"
    assert tools.versions["parallel"] == "7"


def test_lines_and_words() -> None:
    assert (first_line("a\nb\n"), last_line("a\nb\n\n"), last_word("sort 9.1\n")) == (
        "a",
        "b",
        "9.1",
    )
    assert (first_line(""), last_line("")) == ("", "")
