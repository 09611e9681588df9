"""Knows under which name the user has started this process, so that messages speak of that name.

The same job is run by ``coordinator.py`` and by ``hadoopless run``. A message names the one that
was typed, and a line to type is one that can be typed where this installation lies.
"""

from __future__ import annotations

from hadoopless import installation

#: The command of which the programs are subcommands.
COMMAND = "hadoopless"
_SUBCOMMANDS = {"coordinator.py": "run", "workers.py": "workers"}

_program: str | None = None


def note(program: str | None) -> None:
    """Take *program* for the name of this process: ``coordinator.py``, or ``hadoopless run``.

    None: nothing of ours was typed, as in a program of somebody else that runs a job.
    """
    global _program
    _program = program


def program(usual: str) -> str:
    """The name that was typed; *usual* where the process has not begun with one."""
    return _program or usual


def line(file: str) -> str:
    """The beginning of a line to type that starts the program of the top named *file*."""
    return f"{COMMAND} {_SUBCOMMANDS[file]}" if _has_command() else f"python3 {file}"


def subcommand(name: str) -> str:
    """The beginning of a line to type that starts the subcommand *name*."""
    return f"{COMMAND} {name}" if _has_command() else f"python3 -m {COMMAND} {name}"


def _has_command() -> bool:
    """True where the command was typed, or is installed."""
    return (_program or "").split()[:1] == [COMMAND] or not installation.IS_CHECKOUT
