"""The commands ``-appendToFile`` and ``-getmerge``, which make one file of several."""

from __future__ import annotations

import os
from collections.abc import Iterable

from hadoopless.errors import InputError
from hadoopless.filesystem import contents
from hadoopless.filesystem.command import FsCommand, Item, is_directory, unusable
from hadoopless.filesystem.copying import WithDestination


def _check_not(target: Item, source: Item) -> None:
    """Raise InputError if *target* is *source*: the copy would never end, as its source grows."""
    if target.status is not None and os.path.samefile(source.file, target.file):
        raise unusable(str(source), f"is the target `{target}', too")


class AppendToFile(WithDestination):
    """``-appendToFile``."""

    usage = "<localsrc> ... <dst>"
    description = "Write what is in local files (- is stdin) behind what is in a file."

    def prepare(self, words: list[str]) -> list[str]:
        if len(words) < 2:
            raise InputError("missing destination argument")
        return self.remote_destination(words)

    def expand(self, text: str) -> list[Item]:
        return [self.item(self.files.local_place(text))]

    def handle_all(self, items: list[Item]) -> None:
        goal = self.destination
        if goal.is_directory:
            raise is_directory(str(goal))
        if "-" in map(str, items):
            if len(items) > 1:
                raise InputError("stdin (-) must be the sole input argument when present")
            contents.append(goal.file, contents.pieces(self.terminal.stdin))
        for item in items:
            if str(item) != "-":
                _check_not(goal, item)
                with open(item.file, "rb") as source:
                    contents.append(goal.file, contents.pieces(source))


class GetMerge(FsCommand):
    """``-getmerge``."""

    reads_only = True
    usage = "[-nl] [-skip-empty-file] <src> <localdst>"
    description = """\
Copy files, and all files in directories, one behind the other into one local file.
-nl: a newline behind each
-skip-empty-file: but not behind empty ones"""
    flags = frozenset(("nl", "skip-empty-file"))
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self._behind = b"\n" if "nl" in options.flags else b""
        self._behind_empty = b"" if "skip-empty-file" in options.flags else self._behind
        self._target = self.item(self.files.local_place(words[-1]))
        if self._target.is_directory:
            raise is_directory(str(self._target))
        return words[:-1]

    def handle_all(self, items: list[Item]) -> None:
        self._sources: list[Item] = []
        super().handle_all(items)
        for item in self._sources:
            _check_not(self._target, item)
        if self.exit_code == 0:
            contents.write_whole(self._target.file, self._merged(), directly=True)

    def handle_missing(self, item: Item) -> None:
        # If one path is missing, nothing is written.
        self.exit_code = 1
        super().handle_missing(item)

    def handle_present(self, item: Item) -> None:
        inside = self.contents(item) if item.is_directory else [item]
        self._sources.extend(one for one in inside if not one.is_directory)

    def _merged(self) -> Iterable[bytes]:
        for item in self._sources:
            with open(item.file, "rb") as source:
                yield from contents.pieces(source)
            yield self._behind if item.known.length else self._behind_empty
