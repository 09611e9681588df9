"""The answers of commands: each as text for people, and as an object for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from hadoopless.entry.telling import failed, tell
from hadoopless.errors import MapReduceError
from hadoopless.visible import visible

#: The object of a command for programs, and its text for people; only what is asked for is made.
Answer = tuple[Callable[[], dict[str, Any]], Callable[[], str]]


def answer(name: str, schema: int, words: Sequence[str], find: Callable[[], Answer]) -> int:
    """Tell what *find* has found for the command *name*; returns the exit code of the process.

    An error of it is told in one line, and with ``--json`` in *words* as an object, too. Raises
    DiskError where stdout cannot be written.
    """
    as_json = "--json" in words
    try:
        as_object, shown = find()
    except MapReduceError as error:
        return failed(f"hadoopless {name}", name, schema, error, as_json=as_json)
    tell(json.dumps(as_object()) if as_json else shown())
    return 0


def told_of_profile(path: str) -> list[str]:
    """The lines for people about the profile at *path*; none if that is empty."""
    return [visible(f"Profile of the programs: {path}")] if path else []
