"""The engines that can run a job: ours, and others, each of which is loaded only when it is named.

The front doors know an engine by this table alone, because an engine stands above them: it uses
their plans. The module of an engine has the two functions of :class:`Engine`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from hadoopless.entry.arguments import Parser
from hadoopless.errors import UsageError

#: Our own workers.
OWN = "own"
#: The variable that the client of another engine finds in its environment.
MARK = "HADOOPLESS_ENGINE"
#: The module of each other engine.
MODULES = {"hadoop": "hadoopless.engines.hadoop.doors", "spark": "hadoopless.engines.spark.doors"}
#: The options that mean something only for another engine.
_OF_OTHERS = ("dryRun", "hadoop", "files", "master", "property")
#: The options of one engine alone.
_OF_ONE = {"hadoop": "hadoop", "master": "spark"}


class Engine(Protocol):
    """The two doors of another engine."""

    def run_job(
        self, options: argparse.Namespace, inventory: Mapping[str, Any], console: Any
    ) -> Any:
        """Run the job of ``coordinator.py``; returns its JobResult, or None if there is none."""

    def run_streaming(
        self, options: argparse.Namespace, words: Sequence[str], inventory: Mapping[str, Any], /
    ) -> int:
        """Run the job that *words* of ``hadoop jar`` describe; returns the exit code."""


def add_engine(parser: argparse._ActionsContainer) -> None:
    """Add the options with which both front doors choose an engine."""
    parser.add_argument(
        "--engine",
        choices=(OWN, *MODULES),
        default=OWN,
        metavar="ENGINE",
        help=f"what runs the job: {', or '.join((OWN, *MODULES))} (own)",
    )
    parser.add_argument(
        "--dryRun",
        action="store_true",
        help="with another engine: check the job, print the command that would run it, and end",
    )
    parser.add_argument(
        "--preflight",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="with another engine: check programs here and run the job on the first records (yes)",
    )
    parser.add_argument(
        "--hadoop",
        metavar="PATH",
        help="the home of the real Hadoop, or its command hadoop (HADOOP_HOME, else that in PATH)",
    )
    parser.add_argument(
        "--master",
        metavar="URL",
        help="the master of Spark, such as spark://host:7077, yarn or sc://host",
    )


def add_cargo(parser: argparse._ActionsContainer) -> None:
    """Add the options for what goes with a job to another engine, where its own door has none."""
    parser.add_argument(
        "--files",
        action="append",
        default=[],
        metavar="PATHS",
        help="with another engine: files and directories, by commas, that go with the programs",
    )
    parser.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="with another engine: a property of the job there",
    )


def check_own(options: argparse.Namespace) -> None:
    """Raise UsageError if *options*, which ask for our own engine, have those of others."""
    given = [name for name in _OF_OTHERS if getattr(options, name, None)]
    given = [name for name in given if name not in options.sources]
    if given:
        names = " or ".join(f"--engine={name}" for name in MODULES)
        raise UsageError(f"--{given[0]} is for another engine: it needs {names}")


def leading_options(words: Sequence[str]) -> tuple[argparse.Namespace | None, Sequence[str]]:
    """The options of an engine at the front of *words* of ``hadoop jar``, and the other words.

    None: there are none, or they ask for our own engine. Raises UsageError for wrong ones.
    """
    if not words or not words[0].startswith("--"):
        return None, words  # at once: nearly all jobs
    parser = Parser(prog="hadoop jar", add_help=False)
    add_engine(parser)
    names = {name: action for action in parser.actions for name in action.option_strings}
    end = 0
    while end < len(words):
        name, given, _ = words[end].partition("=")
        if name not in names:
            break
        end += 1 if given or names[name].nargs == 0 else 2
    if not end:
        return None, words
    options = parser.parse_args(words[:end])
    if options.engine == OWN:
        options.sources = {}
        check_own(options)
        return None, words[end:]
    return options, words[end:]


def engine_of(options: argparse.Namespace) -> Engine:
    """The engine that *options* ask for; raises UsageError for options of another one."""
    for name, engine in _OF_ONE.items():
        is_given = getattr(options, name, None) and name not in getattr(options, "sources", ())
        if is_given and options.engine != engine:
            raise UsageError(f"--{name} is for --engine={engine}, and not for {options.engine}")
    return loaded(options.engine)


def loaded(name: str) -> Engine:
    """The engine *name*, which is not ours; raises UsageError where a file names none that is."""
    if name not in MODULES:
        raise UsageError(f"--engine: there is no {name}; there are {', '.join((OWN, *MODULES))}")
    return cast(Engine, import_module(MODULES[name]))


def check_no_loop(environ: Mapping[str, str]) -> None:
    """Raise UsageError in a process that was started in place of a real engine."""
    if environ.get(MARK):
        raise UsageError(
            f"this is hadoopless, started in place of a real {environ[MARK].capitalize()}; name the"
            " real one by --hadoop=DIR"
        )
