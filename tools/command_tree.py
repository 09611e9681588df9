"""The words that ``hadoopless`` understands, as a tree: its completions and its manual show it.

Everything comes from the tables and parsers of the commands themselves.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import NamedTuple

from hadoopless.commands.completion import FILES
from hadoopless.commands.table import COMMANDS
from hadoopless.entry import typed
from hadoopless.entry.arguments import Parser
from hadoopless.entry.engines import add_engine
from hadoopless.entry.settings import TABLES
from hadoopless.filesystem.shell import ABOUT
from hadoopless.filesystem.shell import COMMANDS as FS_COMMANDS
from hadoopless.hadoop_commands import TOOLS
from hadoopless.streaming.options.generic import GENERIC
from hadoopless.streaming.options.stream_words import LIMITS


class Kind(Enum):
    """The kinds of words, by what a shell offers for them."""

    NOTHING = "nothing"
    FILE = "file"
    DIRECTORY = "directory"
    PROGRAM = "program"


class Option(NamedTuple):
    """An option: ``--slots``, or ``-mapper`` of Hadoop."""

    names: tuple[str, ...]
    help: str
    #: The placeholder of its value; None: it takes none.
    metavar: str | None
    kind: Kind = Kind.NOTHING
    repeatable: bool = False
    #: The heading below which the manual shows it.
    group: str = ""


class Node(NamedTuple):
    """A word that may be typed; *name* is that of all words that go on as it does."""

    word: str
    name: str
    summary: str
    options: tuple[Option, ...] = ()
    #: The words that may follow, one of which must.
    children: tuple[Node, ...] = ()
    #: The kind of the words behind, besides options.
    rest: Kind = Kind.NOTHING
    parser: Parser | None = None


_KINDS = {
    "FILE": Kind.FILE,
    "FILE|URL,URL": Kind.FILE,
    "PATHS": Kind.FILE,
    "DIR": Kind.DIRECTORY,
    "CMD": Kind.PROGRAM,
    "PROGRAM": Kind.PROGRAM,
}
#: The options of streaming jobs whose values are files or programs.
_OF_STREAMING = {
    **dict.fromkeys(("mapper", "combiner", "reducer", "partitioner"), Kind.PROGRAM),
    **dict.fromkeys(("input", "output", "file", "files", "archives", "libjars", "conf"), Kind.FILE),
}
HELP = Option(("-h", "--help"), "show the usage", None)


def tree() -> Node:
    """The command ``hadoopless`` with all words below it."""
    children = tuple(_command(word) for word in COMMANDS)
    options = (HELP, Option(("--version",), "print the version", None))
    return Node("hadoopless", "hadoopless", "", options, children)


def nodes(top: Node) -> Iterator[Node]:
    """*top* and all nodes below it, each name once."""
    seen: set[str] = set()
    todo = [top]
    while todo:
        node = todo.pop(0)
        if node.name not in seen:
            seen.add(node.name)
            yield node
            todo += node.children


def _command(word: str) -> Node:
    command = COMMANDS[word]
    if word in TOOLS:
        return Node(word, word, command.summary, children=tuple(_hadoop_words(word)))
    if command.options is None:
        return Node(word, word, command.summary)
    typed.note(f"{typed.COMMAND} {word}")
    try:
        parser: Parser = import_module(command.options).new_parser()
    finally:
        typed.note(None)
    options = tuple(_options(parser))
    children = tuple(_words_of(word, options))
    rest = next((_kind(action) for action in parser.actions if action.nargs == "*"), Kind.NOTHING)
    return Node(word, word, command.summary, options, children, rest, parser)


def _words_of(word: str, options: tuple[Option, ...]) -> Iterator[Node]:
    """The words that *word* takes from a list; behind them its *options* may follow."""
    if word == "completion":
        for shell in FILES:
            yield Node(shell, "completion SHELL", f"the script for {shell}")
    elif word == "config":
        last = "config show COMMAND"
        tables = tuple(Node(one, last, f"those of {one}", options) for one in TABLES)
        yield Node("show", "config show", "show all values", options, tables)


def _options(parser: Parser) -> Iterator[Option]:
    for group in parser.groups:
        for action in group.own_actions:
            if not action.option_strings or action.help == argparse.SUPPRESS:
                continue
            yield Option(
                names=tuple(action.option_strings),
                help=action.help or "",
                metavar=None if action.nargs == 0 else str(action.metavar),
                kind=_kind(action),
                repeatable=isinstance(action, (argparse._AppendAction, argparse._ExtendAction)),
                group=group.name,
            )


def _kind(action: argparse.Action) -> Kind:
    return _KINDS.get(str(action.metavar), Kind.NOTHING)


def _hadoop_words(tool: str) -> Iterator[Node]:
    """The words behind Hadoop's command *tool*."""
    for word, command in TOOLS[tool].items():
        summary = (command.__doc__ or "").strip().splitlines()[0]
        if word in ("fs", "dfs"):
            yield Node(word, "fs", summary, children=tuple(_fs_words()))
        elif word in ("jar", "streaming"):
            yield Node(word, "jar", summary, _jar_options(), rest=Kind.FILE)
        else:
            rest = Kind.FILE if word == "distcp" else Kind.NOTHING
            yield Node(word, f"{tool} {word}", summary, rest=rest)


def _fs_words() -> Iterator[Node]:
    for word, command in FS_COMMANDS.items():
        text, *lines = command.description.split("\n-")
        told = dict(f"-{line}".split(": ", 1) for line in lines if ": " in line)
        options = tuple(
            Option((f"-{flag}",), told.get(f"-{flag}", ""), None) for flag in sorted(command.flags)
        )
        yield Node(f"-{word}", f"fs -{word}", _sentence(text), options, rest=Kind.FILE)
    for word, summary in ABOUT.items():
        yield Node(f"-{word}", f"fs -{word}", summary)


def _sentence(text: str) -> str:
    """The first sentence of *text*, on one line and without its full stop."""
    return " ".join(text.split()).split(". ")[0].removesuffix(".")


def _jar_options() -> tuple[Option, ...]:
    """The options that choose an engine, which stand first, and those of streaming jobs."""
    parser = Parser(add_help=False)
    add_engine(parser)
    return (*_options(parser), *_streaming_options())


def _streaming_options() -> Iterator[Option]:
    for name, most in {**GENERIC, **LIMITS}.items():
        yield Option(
            (f"-{name}",),
            "",
            "VALUE" if most else None,
            _OF_STREAMING.get(name, Kind.NOTHING),
            repeatable=True,
        )
