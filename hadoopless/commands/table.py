"""The table of all subcommands of ``hadoopless``: each with its summary and its start."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType

from hadoopless import installation
from hadoopless.entry import interpreter, typed
from hadoopless.entry.telling import tell

#: Runs a subcommand with its words; returns the exit code.
Start = Callable[[Sequence[str]], int]


class Command:
    """A subcommand: its *summary* for ``--help``, its *start*, and the module of its options.

    The module has ``new_parser()``; it is None of commands that read their words by other rules.
    """

    __slots__ = ("options", "start", "summary")

    def __init__(self, summary: str, start: Start, options: str | None = None) -> None:
        self.summary = summary
        self.start = start
        self.options = options


def _run(words: Sequence[str]) -> int:
    program = _top_file("coordinator")
    code: int = program.main(words, vars(program.inventory))
    return code


def _workers(words: Sequence[str]) -> int:
    program = _top_file("workers")
    code: int = program.main(words, vars(program.inventory), program.routes)
    return code


def _top_file(name: str) -> ModuleType:
    """The program *name* of the top, as a module."""
    interpreter.ensure(typed.program(name))
    return _at_home(name)


def _at_home(name: str) -> ModuleType:
    """The module *name* of the top, whatever lies in the working directory."""
    sys.path.insert(0, installation.HOME)
    return import_module(name)


def _tool(name: str) -> Start:
    """The start of what does the same as Hadoop's command *name*."""

    def start(words: Sequence[str]) -> int:
        interpreter.ensure(typed.program(name), packages=("msgspec",))  # files need no more
        from hadoopless.hadoop_commands import main

        return main(name, words)

    return start


def _doctor(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("doctor"), packages=("msgspec",))  # it tells of the others
    from hadoopless.doctor.main import main

    return main(words, vars(_at_home("inventory")))


def _config(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("config"), packages=("msgspec",))
    from hadoopless.commands.config import main

    modules = {word: command.options for word, command in COMMANDS.items() if command.options}
    return main(words, modules)


def _status(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("status"), packages=("msgspec",))
    from hadoopless.commands.status import main

    return main(words, vars(_at_home("inventory")))


def _of_history(name: str) -> Start:
    """The start of a command that reads event logs."""

    def start(words: Sequence[str]) -> int:
        interpreter.ensure(typed.program(name), packages=("msgspec",))
        code: int = import_module(f"hadoopless.commands.{name}").main(words)
        return code

    return start


def _ui(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("ui"), packages=("tornado", "msgspec", "numpy"))
    from hadoopless.page.main import main

    return main(words)


def _report(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("report"), packages=("tornado", "msgspec", "numpy"))
    from hadoopless.page.report import main

    return main(words)


def _completion(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("completion"), packages=("msgspec",))
    from hadoopless.commands.completion import main

    return main(words)


def _version(words: Sequence[str]) -> int:
    interpreter.ensure(typed.program("version"), packages=("msgspec",))
    from hadoopless.commands.version import main

    return main(words)


def _hadoop_home(words: Sequence[str]) -> int:
    tell(installation.HOME)
    return 0


COMMANDS: dict[str, Command] = {
    "run": Command("run a job, as coordinator.py does", _run, "hadoopless.coordinator.options"),
    "workers": Command("start workers, as workers.py does", _workers, "hadoopless.worker.options"),
    "hadoop": Command("jar, fs, distcp ... as Hadoop's command of this name", _tool("hadoop")),
    "hdfs": Command("dfs ... as Hadoop's command of this name", _tool("hdfs")),
    "mapred": Command("streaming, distcp ... as Hadoop's command of this name", _tool("mapred")),
    "yarn": Command("jar ... as Hadoop's command of this name", _tool("yarn")),
    "status": Command(
        "tell which workers answer, and what they do", _status, "hadoopless.commands.status"
    ),
    "history": Command(
        "list the jobs that have run", _of_history("history"), "hadoopless.commands.history"
    ),
    "logs": Command(
        "print what the programs of a job wrote to stderr",
        _of_history("logs"),
        "hadoopless.commands.logs",
    ),
    "explain": Command(
        "say where the time of a job went, and what would change it",
        _of_history("explain"),
        "hadoopless.commands.explain",
    ),
    "ui": Command("show jobs in a browser, live while they run", _ui, "hadoopless.page.options"),
    "report": Command(
        "write the page of a job into one file", _report, "hadoopless.page.report_options"
    ),
    "doctor": Command(
        "look for what may keep jobs from running here, and say what to do",
        _doctor,
        "hadoopless.doctor.options",
    ),
    "config": Command(
        "show the value of each option, and where it comes from",
        _config,
        "hadoopless.commands.config",
    ),
    "completion": Command(
        "print the script that completes words in bash, zsh or fish",
        _completion,
        "hadoopless.commands.completion",
    ),
    "version": Command("print the version", _version, "hadoopless.commands.version"),
    "hadoop-home": Command(
        "print the directory that plays HADOOP_HOME: bin/hadoop is in it", _hadoop_home
    ),
}
