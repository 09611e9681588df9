"""A job directory with its scripts below the directory that a pool serves."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.pools import Coordinated, coordinate, coordinator_argv
from tests.processes import until

MAPPER = "mapper.sh"
REDUCER = "reducer.sh"

#: Waits until the test opens the gate, then copies.
GATED_CAT = """\
#!/bin/sh
echo $$ >> "$0.pids"
while [ ! -e "$0.open" ]; do sleep 0.05; done
exec cat
"""


class Job:
    """The directory ``root/name``; scripts lie beside the inputs. Commands run in *root*."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.path = root / name
        self.path.mkdir()

    def inputs(self, *contents: bytes) -> None:
        """Write 0.in, 1.in and so on."""
        for i, data in enumerate(contents):
            (self.path / f"{i}.in").write_bytes(data)

    def script(self, name: str, source: str, mode: int = 0o755) -> str:
        """Write a program; gives its path as commands name it."""
        path = self.path / name
        path.write_text(source)
        path.chmod(mode)
        return f"{self.name}/{name}"

    def gated(self, name: str) -> Gate:
        """A program that waits at a gate before it copies."""
        self.script(name, GATED_CAT)
        return Gate(self.path / name, f"{self.name}/{name}")

    def options(
        self, mapper: str = "cat", reducer: str = "cat", num_reducers: int = 1
    ) -> list[str]:
        """The coordinator's options for this job."""
        return [
            f"--mapperPath={mapper}",
            f"--reducerPath={reducer}",
            f"--jobPath={self.name}",
            f"--numReducers={num_reducers}",
        ]

    def run(
        self,
        urls: Sequence[str],
        *more: str,
        mapper: str = "cat",
        reducer: str = "cat",
        num_reducers: int = 1,
        env: Mapping[str, str] | None = None,
    ) -> Coordinated:
        """Run the job to its end."""
        options = self.options(mapper, reducer, num_reducers)
        return coordinate(urls, *options, *more, cwd=self.root, env=env)

    @contextmanager
    def started(
        self,
        urls: Sequence[str],
        *more: str,
        mapper: str = "cat",
        reducer: str = "cat",
        num_reducers: int = 1,
    ) -> Iterator[Running]:
        """A coordinator for the job while it runs; it does not get the signals of this terminal."""
        argv = coordinator_argv(urls, *self.options(mapper, reducer, num_reducers), *more)
        files = [self.path / f"coordinator.{name}" for name in ("stdout", "stderr")]
        with files[0].open("wb") as out, files[1].open("wb") as err:
            process = subprocess.Popen(
                argv,
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        try:
            yield Running(process, *files)
        finally:
            process.kill()
            process.wait()

    def outputs(self, directory: Path | None = None, *, hidden: Sequence[str] = ()) -> list[bytes]:
        """The output files: 0.out, 1.out, ... without a gap, and nothing beside but *hidden*."""
        directory = directory or self.path
        names = {name for name in os.listdir(directory) if ".out" in name or name.startswith(".")}
        names -= set(hidden)
        assert names == {f"{r}.out" for r in range(len(names))}
        return [(directory / f"{r}.out").read_bytes() for r in range(len(names))]


class Running:
    """A coordinator that a test does something to while it runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out = out
        self._err = err

    def stderr(self) -> str:
        """The stderr of the process so far."""
        return self._err.read_text()

    def comes_to(self, gate: Gate, programs: int = 1) -> None:
        """Wait until so many programs stand at *gate*."""
        until(
            lambda: len(gate.pids()) >= programs or self.process.poll() is not None,
            lambda: f"{gate.pids()} stand at the gate; {self.stderr()}",
        )
        assert self.process.poll() is None, self.stderr()

    def end(self) -> Coordinated:
        """Wait for its end."""
        code = self.process.wait(60)
        return Coordinated(self.process.args, code, self._out.read_text(), self.stderr())


class Gate:
    """The gate that a program waits for, and the processes that have come so far."""

    def __init__(self, script: Path, path: str) -> None:
        self._script = script
        self.path = path

    def open(self) -> None:
        """Let all programs pass."""
        Path(f"{self._script}.open").touch()

    def pids(self) -> list[int]:
        """The processes that have arrived, those that have ended too."""
        arrived = Path(f"{self._script}.pids")
        return [int(line) for line in arrived.read_text().split()] if arrived.exists() else []


def succeeded(done: Coordinated) -> Coordinated:
    """*done*, which must have ended well."""
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done


def failed(done: Coordinated, code: int, *texts: str) -> Coordinated:
    """*done*, which must have ended with *code* and a message for people that has all *texts*."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "coordinator.py: " in done.stderr
    for text in texts:
        assert text in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done


def replayed(done: Coordinated) -> subprocess.CompletedProcess[str]:
    """Do what the message of *done* says: run just the failed task by hand."""
    found = re.search(r"to run just this task by hand:\n    (.+)\n", done.stderr)
    assert found, done.stderr
    return subprocess.run(
        ["bash", "-c", found[1]], cwd="/", capture_output=True, text=True, timeout=60
    )
