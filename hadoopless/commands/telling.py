"""Writes to stdout what a command has found, whatever stdout takes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hadoopless.commands.objects import error_object
from hadoopless.entry import streams
from hadoopless.errors import DiskError, MapReduceError
from hadoopless.visible import visible

#: The object of a command for programs, and its text for people; only what is asked for is made.
Answer = tuple[Callable[[], dict[str, Any]], Callable[[], str]]


def tell(text: str) -> None:
    """Write *text* and a newline to stdout; raises DiskError where it cannot be written.

    A character that the encoding of stdout lacks is shown escaped.
    """
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    if why := streams.lost(sys.stdout):
        raise DiskError(f"stdout cannot be written: {why}")


def answer(name: str, schema: int, words: Sequence[str], find: Callable[[], Answer]) -> int:
    """Tell what *find* has found for the command *name*; returns the exit code of the process.

    An error of it is told in one line, and with ``--json`` in *words* as an object, too.
    """
    as_json = "--json" in words
    try:
        as_object, shown = find()
    except MapReduceError as error:
        print(f"hadoopless {name}: {visible(str(error))}", file=sys.stderr)
        if as_json:
            tell(json.dumps(error_object(name, schema, error)))
        return error.exit_code
    tell(json.dumps(as_object()) if as_json else shown())
    return 0


def told_of_profile(path: str) -> list[str]:
    """The lines for people about the profile at *path*; none if that is empty."""
    return [visible(f"Profile of the programs: {path}")] if path else []
