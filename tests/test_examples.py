"""The documents hold what they promise: their commands run and print what they say.

In ``console`` blocks a line with ``$`` is a command, what follows is its output; ``…`` stands for
anything within a line. Jobs may print more lines than are shown, but these, in that order.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tests.pools import OurPoolFactory, kill_group
from tools.told import Step, console_steps, saved_files

#: Documents whose commands run in a checkout, and something that they make there.
IN_A_CHECKOUT = {
    "README.md": "counts/0.out",
    "docs/jobs.md": "counts/0.out",
    "docs/hadoop-streaming.md": "hdfs",
    "docs/pull.md": "fish_jobs/1.out",
}
#: The directories of a checkout that the documents use.
SAMPLES = ("wordcount", "fish_jobs", "oas_jobs", "docs")
#: Commands that may print more than is shown.
JOBS = re.compile(r"python3 coordinator\.py|hadoopless run|hadoop jar")
PATIENCE = 90.0


def runnable(command: str) -> str:
    """*command* with this interpreter and the programs of the repository."""
    python, *words = command.split(" ")
    if python != "python3" or not (REPOSITORY / words[0]).is_file():
        return command
    words[0] = shlex.quote(str(REPOSITORY / words[0]))
    return " ".join([shlex.quote(sys.executable), *words])


def pattern(line: str) -> re.Pattern[str]:
    """A pattern that matches a line of output."""
    return re.compile(".*".join(map(re.escape, line.split("…"))))


def assert_shows(step: Step, output: str) -> None:
    """All its lines must be in *output*, in their order; of plain programs nothing else.

    How often a job reports its progress depends on the machine.
    """
    lines = iter(output.splitlines())
    for expected in step.output:
        shown = any(pattern(expected).fullmatch(line) for line in lines)
        assert shown, f"$ {step.command}\nhas no line (here): {expected}\n{output}"
    if not JOBS.match(step.command):
        assert len(output.splitlines()) == len(step.output), f"$ {step.command}\n{output}"


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A directory with the command ``hadoopless``, as an installed package has it."""
    directory = tmp_path / "commands"
    directory.mkdir()
    command = directory / "hadoopless"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hadoopless "$@"\n')
    command.chmod(0o755)
    return directory


class Reader:
    """Somebody who types the commands of a document, in a directory."""

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self._directory = directory
        self._environment = environment
        self._background: list[subprocess.Popen[bytes]] = []
        self._status = 0

    def save(self, name: str, content: str) -> None:
        """Write a file where the commands are now."""
        (self._directory / name).write_text(content)

    def type(self, step: Step) -> None:
        """Run a command, and compare its output."""
        if step.command.endswith("&"):
            self._background.append(self._start(step.command.removesuffix("&")))
        elif step.command.startswith("export "):
            name, _, value = step.command.removeprefix("export ").partition("=")
            value = value.replace("$PWD", str(self._directory))
            self._environment[name] = value.replace("$PATH", self._environment["PATH"])
        elif step.command.startswith("cd "):
            self._directory = self._directory / step.command.removeprefix("cd ")
        elif step.command == "echo $?":
            assert step.output == [str(self._status)]
        else:
            self._run(step)

    def _run(self, step: Step) -> None:
        done = subprocess.run(
            ["sh", "-c", runnable(step.command)],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        assert_shows(step, done.stdout)
        self._status = done.returncode

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        """Start *command* in a process group of its own; what it says is of no interest."""
        return subprocess.Popen(
            ["sh", "-c", runnable(command)],
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def finish(self) -> None:
        """Wait for what was started in the background."""
        for process in self._background:
            assert process.wait(PATIENCE) == 0

    def leave(self) -> None:
        """End what is left in the background."""
        for process in self._background:
            kill_group(process)


@contextmanager
def reader(directory: Path, environment: dict[str, str]) -> Iterator[Reader]:
    one = Reader(directory, environment)
    try:
        yield one
        one.finish()
    finally:
        one.leave()


def environment_with(commands: Path) -> dict[str, str]:
    """An environment in which the commands of this repository are found."""
    path = [str(commands), str(REPOSITORY / "bin"), os.environ["PATH"]]
    return {
        **os.environ,
        "MAPREDUCE_PYTHON": sys.executable,
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": str(REPOSITORY),
    }


@pytest.mark.cluster
@pytest.mark.parametrize("name", IN_A_CHECKOUT)
def test_commands_in_a_checkout(
    name: str, tmp_path: Path, commands: Path, our_pool: OurPoolFactory
):
    """The pool of the inventory runs, and ``make clean`` removes all that the commands make."""
    text = (REPOSITORY / name).read_text()
    checkout = tmp_path / "checkout"
    for sample in SAMPLES:
        ignored = shutil.ignore_patterns("*.out")
        shutil.copytree(REPOSITORY / sample, checkout / sample, ignore=ignored)
    for file, content in saved_files(text).items():
        (checkout / file).write_text(content)
    before = everything_in(checkout)
    steps = list(console_steps(text))
    assert any(JOBS.match(step.command) for step in steps)
    with our_pool(4) as pool:
        environment = environment_with(commands) | {"MAPREDUCE_WORKERS": ",".join(pool.urls)}
        with reader(checkout, environment) as user:
            for step in steps:
                user.type(step)
    assert IN_A_CHECKOUT[name] in everything_in(checkout) - before
    make = ["make", "-f", str(REPOSITORY / "Makefile"), "clean"]
    subprocess.run(make, cwd=checkout, check=True, capture_output=True)
    assert everything_in(checkout) == before


@pytest.mark.cluster
@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/coming-from.md"])
def test_commands_in_a_directory_of_ones_own(name: str, tmp_path: Path, commands: Path):
    """The reader saves the files where the commands are by then; no pool runs."""
    environment = environment_with(commands) | {"MAPREDUCE_WORKERS": "embedded"}
    directory = tmp_path / "own"
    shutil.copytree(REPOSITORY / "fish_jobs", directory / "fish_jobs")
    with reader(directory, environment) as user:
        for part in parts((REPOSITORY / name).read_text()):
            for file, content in saved_files(part).items():
                user.save(file, content)
            for step in console_steps(part):
                user.type(step)


def parts(text: str) -> Iterator[str]:
    """The stretches of *text* that end with a block of code, with the paragraph above it."""
    at = 0
    for block in re.finditer(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL):
        yield text[at : block.end()]
        at = block.end()


def everything_in(directory: Path) -> set[str]:
    """The paths of all files and directories below *directory*."""
    return {str(path.relative_to(directory)) for path in directory.rglob("*")}


@pytest.mark.cluster
def test_the_python_of_the_documents(tmp_path: Path, commands: Path):
    """All blocks of docs/python.md are one program, in a directory with the samples."""
    for sample in ("wordcount", "fish_jobs"):
        shutil.copytree(REPOSITORY / sample, tmp_path / sample)
    text = (REPOSITORY / "docs/python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        cwd=tmp_path,
        env=environment_with(commands),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    assert "\nfish\t5\n" in done.stdout
    assert (
        done.stdout.splitlines()[-1] == "1 "
    )  # of the program that fails: its code and its stderr


@pytest.mark.parametrize("program", ["coordinator.py", "workers.py"])
def test_every_option_is_told(program: str):
    """Both ways: no option of the program is missing in docs/options.md, and none is invented."""
    usage = subprocess.run(
        [sys.executable, REPOSITORY / program, "--help"], capture_output=True, text=True, check=True
    )
    options = set(re.findall(r"^  --(\w+)", usage.stdout, re.MULTILINE))
    text = (REPOSITORY / "docs/options.md").read_text()
    section = text.split(f"## Options of {program}\n")[1].split("\n## ")[0]
    first_cells = "".join(re.findall(r"^\|(.*?)\|", section, re.MULTILINE))
    assert set(re.findall(r"`--(?:no-)?(\w+)", first_cells)) == options
