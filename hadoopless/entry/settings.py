"""Joins what a user has typed with the environment and the settings in files, in this order.

The keys of a file are the options of the command line, without their dashes. Those at the top of a
file count for every command that has the option, those of a table for the command of its name.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct

from hadoopless.entry.arguments import Parser, similar
from hadoopless.entry.config_files import ConfigFile, config_files
from hadoopless.errors import DiskError, ForbiddenError, InputError, UsageError

#: The tables of a file: the commands whose options it may set.
TABLES = ("run", "workers", "status", "doctor")
#: The options that may stand at the top of a file, because several commands have them.
SHARED = ("inventory", "tlsCert", "tlsKey", "tlsCa")
#: The options that an environment variable gives, too.
VARIABLES = {
    "workers": "MAPREDUCE_WORKERS",
    "tlsCert": "MAPREDUCE_TLS_CERT",
    "tlsKey": "MAPREDUCE_TLS_KEY",
    "tlsCa": "MAPREDUCE_TLS_CA",
}
#: The options that mean something only for the one command that is typed.
_TYPED_ALONE = ("help", "version", "json", "config", "resume")
#: Groups of options: one that is given hides the others of its group in weaker places.
_RIVALS = (("workers", "inventory", "listen", "join"), ("quiet", "verbose"))
#: The ends of placeholders of options that name a file or directory.
_NAMES_A_FILE = ("FILE", "DIR")


class Setting(Struct, frozen=True):
    """The value of an option that a file sets, and its place: ``FILE: [run] slots``."""

    value: Any
    #: The value as it stands in the file.
    written: Any
    place: str


def parse(
    parser: Parser,
    words: Sequence[str],
    table: str | None,
    environ: Mapping[str, str] = os.environ,
) -> tuple[argparse.Namespace, list[str]]:
    """The options in *words*, and in files the table *table*; and the words that are left.

    Without a *table* no file is read. ``sources`` of the options tells the place of each one that a
    file has set. Raises UsageError, and the errors of files.
    """
    found: Mapping[str, Setting] = {}
    typed = parser.options_in(words)
    if table is not None and "help" not in typed:
        files = config_files(parser.value_in(words, "--config"))
        if files:
            found = settings_of(parser, table, files, typed, environ)
    for action in parser.actions:
        if action.dest in found:
            action.required = False
    options, others = parser.parse_known_args(words)
    for name, setting in found.items():
        setattr(options, name, setting.value)
    options.sources = {name: setting.place for name, setting in found.items()}
    return options, others


def parse_all(parser: Parser, words: Sequence[str], table: str | None) -> argparse.Namespace:
    """The options as :func:`parse` finds them; UsageError for words that are left."""
    options, others = parse(parser, words, table)
    if others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    return options


def settings_of(
    parser: Parser,
    table: str,
    files: Sequence[ConfigFile],
    typed: frozenset[str],
    environ: Mapping[str, str],
) -> dict[str, Setting]:
    """The options that *files* set, but for those that are *typed*, or that *environ* gives."""
    given = set(typed)
    given |= {name for name, variable in VARIABLES.items() if environ.get(variable)}
    found: dict[str, Setting] = {}
    for file in files:
        hidden = given | {one for group in _RIVALS if given & {*group} for one in group}
        here = _settings_in(parser, table, file)
        found |= {name: setting for name, setting in here.items() if name not in hidden}
        given |= here.keys()
    return found


@contextmanager
def naming_sources(options: argparse.Namespace) -> Iterator[None]:
    """Add to an error about an option the place in a file that has set it."""
    try:
        yield
    except (UsageError, InputError, DiskError, ForbiddenError) as error:
        text = str(error)
        places = [
            place for name, place in options.sources.items() if re.search(rf"--{name}\b", text)
        ]
        if not places:
            raise
        raise type(error)(f"{text} (set in {', '.join(places)})") from error


# One file ---------------------------------------------------------------------------------------


def _settings_in(parser: Parser, table: str, file: ConfigFile) -> dict[str, Setting]:
    """The options of *parser* that one *file* sets, at its top or in its *table*."""
    check_tables(file)
    shared = {key: value for key, value in file.tables.items() if key in SHARED}
    found = {}
    for keys, begin in ((shared, ""), (file.tables.get(table, {}), f"[{table}] ")):
        for key, value in keys.items():
            place = f"{file.name}: {begin}{key}"
            action = _action_of(parser, table, key, place)
            found[key] = Setting(_converted(parser, action, value, place, file), value, place)
    return found


def check_tables(file: ConfigFile) -> None:
    """Raise UsageError for what may not stand at the top of *file*."""
    for key, value in file.tables.items():
        if key in TABLES and isinstance(value, dict):
            continue
        if key in TABLES:
            raise UsageError(f"{file.name}: {key} is a table: write [{key}]")
        if isinstance(value, dict) and key not in SHARED:
            hint = _hint(key, [f"[{table}]" for table in TABLES], "there are")
            raise UsageError(f"{file.name}: there is no table [{key}]; {hint}")
        if key not in SHARED:
            hint = _hint(key, SHARED, "keys of commands stand below [run] and such, here only")
            raise UsageError(f"{file.name}: there is no key {key} at the top; {hint}")


def _hint(word: str, known: Sequence[str], otherwise: str) -> str:
    meant = similar(word, known)
    return f"did you mean {meant}?" if meant else f"{otherwise} {', '.join(known)}"


def settable(parser: Parser) -> Iterator[argparse.Action]:
    """The options of *parser* that a file may set."""
    for action in parser.actions:
        shown = action.option_strings and action.help != argparse.SUPPRESS
        if shown and action.dest not in _TYPED_ALONE:
            yield action


def _action_of(parser: Parser, table: str, key: str, place: str) -> argparse.Action:
    """The option *key*; UsageError where there is none that a file may set."""
    known = {action.dest: action for action in settable(parser)}
    if key in known:
        return known[key]
    if key in _TYPED_ALONE:
        raise UsageError(f"{place}: this option is for the command line alone")
    meant = similar(key, list(known))
    hint = f"did you mean {meant}?" if meant else f"hadoopless {table} --help lists them all"
    raise UsageError(f"{place}: there is no such key; {hint}")


def _converted(
    parser: Parser, action: argparse.Action, value: object, place: str, file: ConfigFile
) -> Any:
    """The *value* of a file as the command line would give it; UsageError where it cannot be."""
    if action.nargs == 0:  # a switch
        if not isinstance(value, bool):
            raise UsageError(f"{place}: write true or false")
        return value
    if isinstance(action, (argparse._AppendAction, argparse._ExtendAction)):
        return _texts([value] if isinstance(value, str) else value, place)
    if isinstance(value, list) and "," in str(action.metavar):
        return ",".join(_texts(value, place))
    numeric = action.type is not None and isinstance(value, (int, float))
    if isinstance(value, bool) or not (numeric or isinstance(value, str)):
        kind = "a number or a text" if action.type is not None else "a text"
        raise UsageError(f"{place}: write {kind}, such as {_example(action)}")
    try:
        converted = parser.converted(action, str(value))
    except UsageError as error:
        raise UsageError(f"{place}: {error}") from error
    return _from_directory(converted, file) if _names_a_file(action) else converted


def _texts(value: object, place: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(f'{place}: write a text or a list of texts, such as ["a", "b"]')
    return value


def _example(action: argparse.Action) -> str:
    return f"{action.dest} = 4" if action.type is not None else f'{action.dest} = "…"'


def _names_a_file(action: argparse.Action) -> bool:
    return str(action.metavar).split("|")[0] in _NAMES_A_FILE


def _from_directory(name: Any, file: ConfigFile) -> Any:
    """*name*, which begins in the directory of *file*, as the working directory has it."""
    if not name or "://" in name:
        return name
    return os.path.join(file.directory, os.path.expanduser(name))
