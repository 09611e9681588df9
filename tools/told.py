"""Finds what documents tell their readers to save and to type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

#: A paragraph that begins or ends with the name of a file, and the block of code below it.
_SAVED = re.compile(
    r"(?:^|\bSave\sthis\sas\s)`([\w./-]+\.\w+)`[^`]*?:\n\n```\w*\n(.*?)^```$", re.M | re.S
)
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A command, and the lines that it prints."""

    command: str
    output: list[str]


def saved_files(text: str) -> dict[str, str]:
    """The files whose text a document shows, by their names.

    The name begins the paragraph above the block of code, or stands behind "Save this as".
    """
    return dict(_SAVED.findall(text))


def console_steps(text: str) -> Iterator[Step]:
    """All commands in the ``console`` blocks of *text*, in order.

    A line with ``$`` is a command, and what follows is its output.
    """
    for block in _CONSOLE.findall(text):
        for step in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            command, *output = step.splitlines()
            yield Step(command, output)
