"""Samples the stacks of a Python program with py-spy while it runs.

py-spy runs beside the program, as another child of the spawner, and reads the program's memory
without stopping it. ``py-spy record -- PROGRAM`` would start the program itself, but ends with
another exit code than the program, counts as its parent, and writes to its streams.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack

from hadoopless.data.program.process import Process, SpawnerClient

#: Samples in a second, and the seconds after which a program is sampled no longer.
RATE = 50
LONGEST = 600
#: Characters of the stacks of one task; further stacks are left out.
MOST_STACKS = 256 << 10
#: Characters of the reason why there is no profile.
LONGEST_NOTE = 300
#: Seconds for py-spy to write what it has, once the program has ended.
PATIENCE = 5.0
_PYTHON = re.compile(r"python[0-9.]*")
_SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
_ONLY_CHILDREN = 1


def find_py_spy() -> str | None:
    """The program py-spy: beside this Python, or in PATH."""
    beside = os.path.join(os.path.dirname(sys.executable), "py-spy")
    return beside if os.access(beside, os.X_OK) else shutil.which("py-spy")


def obstacle(scope_file: str = _SCOPE) -> str:
    """The reason why no program can be sampled here; "" if there is none."""
    if find_py_spy() is None:
        return "py-spy is not installed"
    scope = ptrace_scope(scope_file)
    if scope > _ONLY_CHILDREN and os.geteuid() != 0:
        return (
            f"this system lets no process look into another ({scope_file} is {scope}); root can"
            " allow it: sysctl kernel.yama.ptrace_scope=1"
        )
    return ""


def ptrace_scope(scope_file: str = _SCOPE) -> int:
    """The level of Yama, by which Linux limits who may look into a process; 0 without it."""
    try:
        with open(scope_file, "rb") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def is_python(argv: Sequence[str]) -> bool:
    """True if *argv* starts Python: by its first word, or by the #! line of the program."""
    return _names_python(argv) or _names_python(_interpreter(argv[0]))


def _interpreter(path: str) -> list[str]:
    """The words of the #! line of the program at *path*; none if it has no such line."""
    try:
        # A pipe in the place of a program must not stop us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            line = os.read(descriptor, 256).partition(b"\n")[0]
        finally:
            os.close(descriptor)
    except OSError:
        return []
    return line[2:].decode("utf-8", "surrogateescape").split() if line.startswith(b"#!") else []


def _names_python(words: Sequence[str]) -> bool:
    """True if *words* start Python, also by ``env``, with options and variables before it."""
    names = [os.path.basename(word) for word in words]
    if names[:1] == ["env"]:
        names = [n for n, word in zip(names[1:], words[1:], strict=True) if _is_program(word)]
    return bool(names) and _PYTHON.fullmatch(names[0]) is not None


def _is_program(word: str) -> bool:
    return not word.startswith("-") and "=" not in word


class Sampler:
    """py-spy on one running program; use as a context manager, within which the program ends."""

    def __init__(self, spawner: SpawnerClient, pid: int) -> None:
        self._spawner = spawner
        self._pid = pid
        self._process: Process | None = None
        self._files = ExitStack()
        #: Lines ``frame;frame count``, the outermost frame first; "" if there are none.
        self.stacks = ""
        #: The reason why there are none.
        self.note = ""
        self.cpu_seconds = 0.0

    def __enter__(self) -> Sampler:
        program = find_py_spy()
        if program is None:
            self.note = "py-spy is not installed there"
            return self
        with ExitStack() as files:
            # Files without a name, so that nothing is left if this process is killed.
            self._output = files.enter_context(tempfile.TemporaryFile())
            self._errors = files.enter_context(tempfile.TemporaryFile())
            self._start(program)
            self._files = files.pop_all()
        return self

    def _start(self, program: str) -> None:
        words = [
            *(program, "record", "--nonblocking", "--format", "raw", "--output", "/dev/stdin"),
            *("--rate", str(RATE), "--duration", str(LONGEST), "--pid", str(self._pid)),
        ]
        with open(os.devnull, "wb") as nothing:
            # py-spy reads no stdin, and talks on stdout: so stdin is the file that it writes to.
            streams = self._output.fileno(), nothing.fileno(), self._errors.fileno()
            try:
                self._process = self._spawner.start(words, "/", None, streams)
            except OSError as error:
                self.note = f"py-spy cannot start: {error.strerror}"

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._files:
            if self._process is None:
                return
            if kind is not None:
                self._process.kill()
            alarm = threading.Timer(PATIENCE, self._process.kill)
            alarm.daemon = True
            alarm.start()
            try:
                self.cpu_seconds = self._process.finish().cpu_seconds
            finally:
                alarm.cancel()
            self._read()

    def _read(self) -> None:
        self._output.seek(0)
        text = self._output.read(MOST_STACKS).decode("utf-8", "replace")
        self.stacks = text[: text.rfind("\n") + 1]  # the last line may be torn
        if not self.stacks:
            self._errors.seek(0)
            self.note = _first_error(self._errors.read(1 << 16).decode("utf-8", "replace"))


def _first_error(text: str) -> str:
    """The line of py-spy's *text* that tells why it has no stacks."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if line.startswith("Error")), "")
    reason = told or "the program has ended before it was sampled"
    return reason[:LONGEST_NOTE]
