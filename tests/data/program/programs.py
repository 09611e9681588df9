"""Programs for tests: how they are made, fed and read."""

from __future__ import annotations

import sys
from collections.abc import Callable

from hadoopless.data.program.commands import Command
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.errors import Cancelled

Start = Callable[..., Program]


def feeding(*pieces: bytes) -> Feeder:
    return lambda descriptor: write_all(descriptor, map(memoryview, pieces))


nothing = feeding(b"")


def command(*argv: str) -> Command:
    return Command(argv, "as typed", "/")


def sh(script: str, *arguments: str) -> Command:
    return command("/bin/sh", "-c", script, "sh", *arguments)


def python(script: str) -> Command:
    return command(sys.executable, "-S", "-c", script)


def read_some(program: Program) -> bytes:
    buffer = bytearray(1 << 16)
    count = program.read_into(memoryview(buffer))
    return bytes(buffer[:count])


def read_all(program: Program) -> bytes:
    return b"".join(iter(lambda: read_some(program), b""))


def run(program: Program, *, reads: bool = False) -> None:
    """Run *program* to its end; its output is read where that may be needed for the end."""
    with program:
        if reads:
            read_all(program)
        program.finish()


def cancelled() -> Cancelled:
    return Cancelled("for a test")
