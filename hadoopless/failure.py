"""The bad end of an attempt at a task: one value, made where it is seen, told in one text."""

from __future__ import annotations

import signal
from enum import Enum

from msgspec import Struct


class Role(Enum):
    """The part that a user's program, or the worker itself, has in a task."""

    MAPPER = "mapper"
    COMBINER = "combiner"
    PARTITIONER = "partitioner"
    REDUCER = "reducer"
    WORKER = "worker"


class Failure(Struct, frozen=True):
    """The bad end of an attempt. Fields that are empty are not shown."""

    #: The end itself, told of the one in *role*: ``ended with exit code 3``.
    what: str
    #: The part that failed; None: no part in particular.
    role: Role | None = None
    #: The program as a shell line.
    command: str = ""
    #: The exit code; negative: the number of a signal; None: the program has not ended by itself.
    exit: int | None = None
    #: The last lines that the program wrote to stderr; None: it has not run.
    stderr: str | None = None
    #: The input of the program.
    input: str = ""
    #: A shell line that runs just this task by hand.
    replay: str = ""
    #: Further advice.
    advice: str = ""

    @property
    def sentence(self) -> str:
        """The end in one sentence, with its subject where that is not the task's main program."""
        if self.role in (Role.COMBINER, Role.PARTITIONER):
            return f"the {self.role.value} {self.what}"
        return self.what

    def told(self, task: str) -> str:
        """The whole story in several lines; *task* is a name for people (``map 3 attempt 0``)."""
        lines = [f"{task}: {self.sentence}" if task else self.sentence]
        if self.stderr:
            lines.append("  last lines of its stderr:")
            lines.extend(f"    {line}" for line in self.stderr.splitlines())
        elif self.stderr is not None:
            lines.append("  it wrote nothing to stderr")
        for label, text in (("command", self.command), ("input", self.input)):
            if text:
                lines.append(f"  {label + ':':<9}{text}")
        if self.replay:
            lines.append(f"  to run just this task by hand:\n    {self.replay}")
        if self.advice:
            lines.append(f"  {self.advice}")
        return "\n".join(lines)


def describe_exit(returncode: int) -> str:
    """The end of a program in words, from its return code (negative: killed by that signal)."""
    if returncode >= 0:
        return f"ended with exit code {returncode}"
    try:
        name = signal.Signals(-returncode).name
    except ValueError:
        name = f"signal {-returncode}"
    return f"was killed by {name}"
