"""The command ``hadoopless``: each of its subcommands starts one of the programs of the project.

Only what the chosen subcommand needs is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType

from hadoopless import __version__, installation
from hadoopless.entry import interpreter, startup

#: The exit code for wrong words.
_MISUSED = 2


def main() -> None:
    """Run the subcommand that the words of this process name, and end the process."""
    startup.begin("hadoopless")
    startup.leave(_run(sys.argv[1:]))


def _run(words: Sequence[str]) -> int:
    """Run the subcommand that *words* name; returns the exit code."""
    if not words:
        print(f"hadoopless: which command?\n{usage()}", file=sys.stderr)
        return _MISUSED
    word, rest = words[0], words[1:]
    if word in ("-h", "--help", "help"):
        print(usage())
        return 0
    if word == "--version":
        print(f"hadoopless {__version__}")
        return 0
    command = COMMANDS.get(word)
    if command is None:
        from hadoopless.visible import visible  # seldom needed

        told = f"there is no command {visible(word)}; hadoopless --help lists them all"
        print(f"hadoopless: {told}", file=sys.stderr)
        return _MISUSED
    return command(rest)


def usage() -> str:
    """The usage: all commands, each with a few words."""
    width = max(map(len, COMMANDS))
    lines = [f"  {word:<{width}}  {command.__doc__}" for word, command in COMMANDS.items()]
    return "\n".join(
        (
            "Usage: hadoopless COMMAND ...",
            *lines,
            "",
            "hadoopless COMMAND --help tells more; hadoopless --version tells the version.",
        )
    )


def _job(arguments: Sequence[str]) -> int:
    """run a job, as coordinator.py does"""
    program = _top_file("coordinator")
    code: int = program.main(arguments, vars(program.inventory))
    return code


def _workers(arguments: Sequence[str]) -> int:
    """start workers, as workers.py does"""
    program = _top_file("workers")
    code: int = program.main(arguments, vars(program.inventory), program.routes)
    return code


def _inventory() -> ModuleType:
    sys.path.insert(0, installation.HOME)
    return import_module("inventory")


def _top_file(name: str) -> ModuleType:
    """The program *name* of the top, as a module."""
    interpreter.ensure(f"{name}.py")
    sys.path.insert(0, installation.HOME)  # in front of what lies in the working directory
    return import_module(name)


def _tool(name: str, words: str) -> Callable[[Sequence[str]], int]:
    """A subcommand that does what Hadoop's command *name* does."""

    def command(arguments: Sequence[str]) -> int:
        interpreter.ensure(name, packages=("msgspec",))  # the file commands need no more
        from hadoopless.hadoop_commands import main as hadoop_command

        return hadoop_command(name, arguments)

    command.__doc__ = words
    return command


def _doctor(arguments: Sequence[str]) -> int:
    """look for what may keep jobs from running here, and say what to do"""
    interpreter.ensure("doctor", packages=("msgspec",))  # it tells of the others
    from hadoopless.doctor.main import main as doctor

    return doctor(arguments, vars(_inventory()))


def _hadoop_home(arguments: Sequence[str]) -> int:
    """print the directory that plays HADOOP_HOME: bin/hadoop is in it"""
    print(installation.HOME)
    return 0


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "run": _job,
    "workers": _workers,
    "hadoop": _tool("hadoop", "jar, fs, distcp ... as Hadoop's command of this name"),
    "hdfs": _tool("hdfs", "dfs ... as Hadoop's command of this name"),
    "mapred": _tool("mapred", "streaming, distcp ... as Hadoop's command of this name"),
    "yarn": _tool("yarn", "jar ... as Hadoop's command of this name"),
    "doctor": _doctor,
    "hadoop-home": _hadoop_home,
}
