"""``hadoopless config show``: the value of each option, and the place that it comes from."""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from msgspec import Struct

from hadoopless.entry.arguments import Parser, add_config
from hadoopless.entry.config_files import NONE, PROJECT, ConfigFile, config_files, user_file
from hadoopless.entry.settings import (
    TABLES,
    VARIABLES,
    check_tables,
    parse_all,
    settable,
    settings_of,
)
from hadoopless.entry.telling import failed, tell
from hadoopless.errors import MapReduceError
from hadoopless.visible import visible

_EXAMPLE = """\
example:
  hadoopless config show run
The files are hadoopless.toml in the working directory and config.toml in
$XDG_CONFIG_HOME/hadoopless (~/.config/hadoopless), the first one being the stronger.
"""
#: The options whose values are told without what may be secret in them.
_VARIABLES_OF_PROGRAMS = "env"
#: The variable that holds a secret: it is told that it is given, and no more.
_TOKEN = "MAPREDUCE_TOKEN"  # noqa: S105 - its name alone
SCHEMA = 1


class Row(Struct, frozen=True):
    """The value of an option of a command; None: it has none. ``source`` is a kind of place."""

    command: str
    name: str
    value: Any
    source: str
    place: str


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless config",
        description="Show the value of each option, and the file or variable it comes from.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("act", choices=["show"], metavar="show", help="the only thing to do")
    parser.add_argument(
        "command", nargs="?", choices=TABLES, metavar="COMMAND", help=f"one of {', '.join(TABLES)}"
    )
    add_config(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str], modules: Mapping[str, str]) -> int:
    """Show the settings; *modules* names the module of each command's options."""
    try:
        options = parse_all(new_parser(), words, None)
        files = config_files(options.config)
        for file in files:
            check_tables(file)
        # Every table is read, so that no mistake in one stays hidden.
        rows = [row for table in TABLES for row in _rows(table, modules[table], files)]
    except MapReduceError as error:
        return failed("hadoopless config", "config", SCHEMA, error, as_json="--json" in words)
    rows = [row for row in rows if options.command in (None, row.command)]
    names = _file_names(options.config, files)
    tell(json.dumps(_as_object(names, rows)) if options.json else _told(names, rows))
    return 0


def _rows(table: str, module: str, files: Sequence[ConfigFile]) -> Iterator[Row]:
    parser: Parser = import_module(module).new_parser()
    found = settings_of(parser, table, files, frozenset(), os.environ)
    for action in settable(parser):
        name = action.dest
        variable = VARIABLES.get(name, "")
        if os.environ.get(variable):
            yield Row(table, name, _public(name, os.environ[variable]), "environment", variable)
        elif name in found:
            setting = found[name]
            yield Row(table, name, _public(name, setting.written), "file", setting.place)
        else:
            yield Row(table, name, action.default or None, "default", "")


def _public(name: str, value: Any) -> Any:
    """*value* without what may be secret: values of variables, passwords in URLs."""
    if name == _VARIABLES_OF_PROGRAMS:
        texts = [value] if isinstance(value, str) else value
        return [re.sub("=.*", "=…", one, flags=re.DOTALL) for one in texts]
    if isinstance(value, list):
        return [_public("", one) for one in value]
    return re.sub("//[^/@]*@", "//…@", value) if isinstance(value, str) else value


def _file_names(named: str | None, files: Sequence[ConfigFile]) -> dict[str, bool]:
    """The names of all files that count, and whether each is there."""
    if named == NONE:
        return {}
    names = [named or PROJECT, user_file()]
    return {name: any(file.name == name for file in files) for name in names if name}


def _as_object(names: Mapping[str, bool], rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "object": "config",
        "schema": SCHEMA,
        "status": "succeeded",
        "exitCode": 0,
        "files": [{"path": name, "read": read} for name, read in names.items()],
        "token": bool(os.environ.get(_TOKEN)),
        "values": [
            {
                "command": row.command,
                "name": row.name,
                "value": row.value,
                "source": row.source,
                "place": row.place,
            }
            for row in rows
        ],
    }


def _told(names: Mapping[str, bool], rows: Sequence[Row]) -> str:
    lines = [f"{name}: {'read' if read else 'not there'}" for name, read in names.items()]
    if os.environ.get(_TOKEN):
        lines.append(f"{_TOKEN}: given, and not shown")
    width = max(len(row.name) for row in rows)
    middle = min(30, max(len(_shown(row.value)) for row in rows))
    for table in TABLES:
        of_table = [row for row in rows if row.command == table]
        lines += ["", f"[{table}]"] if of_table else []
        for row in of_table:
            place = row.place or ("default" if row.value is not None else "")
            lines.append(f"  {row.name:<{width}}  {_shown(row.value):<{middle}}  {place}".rstrip())
    return visible("\n".join(lines))


def _shown(value: Any) -> str:
    """*value* as a file has it."""
    if value is None:
        return "-"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False)
