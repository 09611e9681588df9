"""The README holds what it promises: its commands run and print what it says.

In its ``console`` blocks a line with ``$`` is a command, what follows is its output; ``…`` stands
for anything within a line. Jobs may print more lines than are shown, but these, in that order.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.oracle import REPOSITORY
from tests.pools import OurPoolFactory, kill_group

README = REPOSITORY / "README.md"
SAMPLES = ("wordcount", "fish_jobs", "oas_jobs")
PATIENCE = 90.0


class Step(NamedTuple):
    """A command, and the lines that it prints."""

    command: str
    output: list[str]


def console_steps(text: str) -> Iterator[Step]:
    """All commands in the ``console`` blocks of *text*, in order."""
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for step in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, *output = step.splitlines()
            yield Step(command, output)


def runnable(command: str) -> str:
    """*command* with this interpreter and the programs of the repository."""
    python, *words = command.split(" ")
    if python != "python3":
        return command
    words[0] = shlex.quote(str(REPOSITORY / words[0]))
    return " ".join([shlex.quote(sys.executable), *words])


def pattern(line: str) -> re.Pattern[str]:
    """A pattern that matches a line of output."""
    return re.compile(".*".join(map(re.escape, line.split("…"))))


def assert_shows(step: Step, output: str) -> None:
    """All lines of the README must be in *output*, in their order; of plain programs nothing else.

    How often a job reports its progress depends on the machine.
    """
    lines = iter(output.splitlines())
    for expected in step.output:
        shown = any(pattern(expected).fullmatch(line) for line in lines)
        assert shown, f"$ {step.command}\nhas no line (here): {expected}\n{output}"
    if not re.match(r"python3 coordinator\.py|hadoop jar", step.command):
        assert len(output.splitlines()) == len(step.output), output


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A directory with the samples, and nothing that an earlier job has written."""
    for name in SAMPLES:
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("*.out"))
    return tmp_path


@pytest.mark.cluster
def test_commands(samples: Path, our_pool: OurPoolFactory):
    steps = list(console_steps(README.read_text()))
    assert sum("coordinator.py" in step.command for step in steps) >= 4
    background: list[subprocess.Popen[bytes]] = []
    status = 0
    before = everything_in(samples)
    with our_pool(4) as pool:
        environment = {
            **os.environ,
            "MAPREDUCE_WORKERS": ",".join(pool.urls),
            "MAPREDUCE_PYTHON": sys.executable,
            "PATH": f"{REPOSITORY / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        try:
            for step in steps:
                if step.command.endswith("&"):
                    background.append(start(step.command.removesuffix("&"), samples))
                    continue
                if step.command.startswith("export "):
                    name, _, value = step.command.removeprefix("export ").partition("=")
                    value = value.replace("$PWD", str(samples))
                    environment[name] = value.replace("$PATH", environment["PATH"])
                    continue
                if step.command == "echo $?":
                    assert step.output == [str(status)]
                    continue
                done = subprocess.run(
                    ["sh", "-c", runnable(step.command)],
                    cwd=samples,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=PATIENCE,
                )
                assert_shows(step, done.stdout)
                status = done.returncode
            for process in background:
                assert process.wait(PATIENCE) == 0
        finally:
            for process in background:
                kill_group(process)
    made = everything_in(samples) - before
    assert {"counts/0.out", "hdfs"} < made
    make = ["make", "-f", str(REPOSITORY / "Makefile"), "clean"]
    subprocess.run(make, cwd=samples, check=True, capture_output=True)
    assert everything_in(samples) == before


def everything_in(directory: Path) -> set[str]:
    """The paths of all files and directories below *directory*."""
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


def start(command: str, cwd: Path) -> subprocess.Popen[bytes]:
    """Start *command* in a process group of its own; what it says is of no interest."""
    return subprocess.Popen(
        ["sh", "-c", runnable(command)],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.mark.parametrize("program", ["coordinator.py", "workers.py"])
def test_every_option_is_told(program: str):
    """Both ways: no option of the program is missing in the README, and none is invented."""
    usage = subprocess.run(
        [sys.executable, REPOSITORY / program, "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"^  --(\w+)", usage.stdout, re.MULTILINE))
    section = README.read_text().split(f"## Options of {program}\n")[1].split("\n## ")[0]
    first_cells = "".join(re.findall(r"^\|(.*?)\|", section, re.MULTILINE))
    assert set(re.findall(r"`--(?:no-)?(\w+)", first_cells)) == options
