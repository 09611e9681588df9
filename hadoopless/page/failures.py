"""Groups failed attempts by what their programs said, without the numbers in it. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from hadoopless.history import events as ev

#: The groups that are kept apart; further ones are counted together.
MOST_GROUPS = 100
#: The names of attempts that a group tells, and the characters of its stderr and other texts.
_NAMES = 20
_LONGEST = 8 << 10
#: The lines and characters by which two texts are compared: the last ones say what was wrong.
_LINES = 12
_COMPARED = 4 << 10

#: These differ from one failure to the next of one kind; the longest forms come first.
_CHANGING = re.compile(
    r"0x[0-9a-fA-F]+"
    r"|\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"  # a UUID
    r"|\b[0-9a-fA-F]{16,}\b"
    r"|\d+(?:[.:,]\d+)*"
)
_QUOTED = re.compile(r"'[^'\n]{0,400}'|\"[^\"\n]{0,400}\"")
_DIRECTORY = re.compile(r"/(?:[\w.+-]+/)+")


def normalised(stderr: str) -> str:
    """The end of *stderr*, so that failures of one kind give one text: numbers, names left out."""
    lines = [line.strip() for line in stderr[-_COMPARED:].splitlines()]
    shown = "\n".join([line for line in lines if line][-_LINES:])
    shown = _DIRECTORY.sub("…/", shown)
    return _CHANGING.sub("#", _QUOTED.sub("'…'", shown))


class Group(Struct):
    """Failed attempts of one kind; the texts are those of the first one."""

    result: str
    title: str
    message: str
    stderr: str
    role: str
    command: str
    exit: int | None
    input: str
    replay: str
    count: int = 0
    names: list[str] = []
    workers: dict[str, int] = {}


class Failures:
    """The groups of all failures of a job, in the order of their first ones."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._by_text: dict[tuple[str, str, str], int] = {}

    def take(self, event: ev.AttemptEnded) -> int:
        """Add the failure that *event* tells of; returns the number of its group."""
        failure = event.failure or ev.Failed()
        said = event.stderr or failure.message
        key = event.result, failure.role, normalised(said)
        number = self._by_text.get(key)
        if number is None:
            if len(self.groups) < MOST_GROUPS:
                number = self._by_text[key] = len(self.groups)
                self.groups.append(_group(event, failure, key[2]))
            else:
                number = MOST_GROUPS - 1
        group = self.groups[number]
        group.count += 1
        if len(group.names) < _NAMES:
            group.names.append(f"{event.task}-{event.number}")
        if event.worker in group.workers or len(group.workers) < _NAMES:
            group.workers[event.worker] = group.workers.get(event.worker, 0) + 1
        return number


def _group(event: ev.AttemptEnded, failure: ev.Failed, said: str) -> Group:
    title = said.splitlines()[-1][:300] if said else ""
    return Group(
        event.result,
        title,
        failure.message[:_LONGEST],
        event.stderr[-_LONGEST:],
        failure.role,
        failure.command[:_LONGEST],
        failure.exit,
        failure.input[:_LONGEST],
        failure.replay[:_LONGEST],
        names=[],
        workers={},
    )
