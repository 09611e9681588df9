"""The commands ``-du``, ``-dus``, ``-df`` and ``-count``, which show sizes and counts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec import Struct

from hadoopless.errors import InputError
from hadoopless.filesystem.command import FsCommand, Item
from hadoopless.filesystem.status import human


class Content(Struct):
    """The numbers of files, directories and bytes in a directory and below it [ContentSummary]."""

    directories: int = 0
    files: int = 0
    length: int = 0


class Sizes(FsCommand):
    """The base class of these commands."""

    reads_only = True

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._flags = options.flags
        return paths

    def size(self, number: int) -> str:
        """*number* as text; with ``-h``, in the units for people."""
        return human(number) if "h" in self._flags else str(number)

    def content(self, item: Item) -> Content:
        """The content of *item*, a file or a directory."""
        if not item.is_directory:
            return Content(files=1, length=item.known.length)
        total = Content(directories=1)
        for child in self.contents(item):
            inner = self.content(child)
            total.directories += inner.directories
            total.files += inner.files
            total.length += inner.length
        return total


class Du(Sizes):
    """``-du``."""

    usage = "[-s] [-h] [-v] [-x] <path> ..."
    description = """\
Show how many bytes files, and all files in the directories of a directory, have. The second
column is the same again: there is one copy of each file.
-s: one sum for each path
-h: sizes as 1.5 K, 2 G
-v: with a header
-x: without snapshots (there are none)"""
    flags = frozenset(("s", "h", "v", "x"))
    least = 0

    def prepare(self, words: list[str]) -> list[str]:
        return super().prepare(words) or ["."]

    def handle_all(self, items: list[Item]) -> None:
        self._rows: list[tuple[str, ...]] = []
        super().handle_all(items)
        header = ("SIZE", "DISK_SPACE_CONSUMED_WITH_ALL_REPLICAS", "FULL_PATH_NAME")
        if self._rows:
            rows = [header, *self._rows] if "v" in self._flags else self._rows
            for line in table(rows, right=()):
                self.terminal.say(line)

    def handle_present(self, item: Item) -> None:
        inside = item.is_directory and "s" not in self._flags
        self.walk(self.contents(item) if inside else [item])

    def visit(self, item: Item) -> None:
        length = self.size(self.content(item).length)
        self._rows.append((length, length, str(item)))


class Dus(Du):
    """``-dus``."""

    replacement = "du -s"

    def prepare(self, words: list[str]) -> list[str]:
        return super().prepare(["-s", *words])


class Df(Sizes):
    """``-df``."""

    usage = "[-h] [<path> ...]"
    description = """\
Show the size of the file system that a path is in, what is used and what is free.
-h: sizes as 1.5 K, 2 G"""
    flags = frozenset(("h",))
    least = 0

    def prepare(self, words: list[str]) -> list[str]:
        return super().prepare(words) or ["/"]

    def handle_all(self, items: list[Item]) -> None:
        self._rows: list[tuple[str, ...]] = []
        super().handle_all(items)
        if self._rows:
            header = ("Filesystem", "Size", "Used", "Available", "Use%")
            for line in table([header, *self._rows], right=(1, 2, 3, 4)):
                self.terminal.say(line)

    def visit(self, item: Item) -> None:
        disk = os.statvfs(item.file)
        size, free = disk.f_blocks * disk.f_frsize, disk.f_bfree * disk.f_frsize
        name = item.place.name
        system = f"{name.scheme}://{name.authority or 'localhost'}" if item.place.in_area else ""
        percent = f"{round(100 * (size - free) / size) if size else 0}%"
        numbers = (self.size(size), self.size(size - free), self.size(free), percent)
        self._rows.append((system or "file:///", *numbers))


class Count(Sizes):
    """``-count``."""

    usage = "[-q] [-h] [-v] [-u] [-x] [-e] [-s] <path> ..."
    description = """\
Count directories, files and bytes: DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME
-q: with quotas before them (there are none)
-u: quotas only
-h: numbers as 1.5 K, 2 G
-v: with a header
-x: without snapshots (there are none)
-e: with the erasure coding policy (there is none)
-s: with counts of snapshots"""
    flags = frozenset(("q", "h", "v", "u", "x", "e", "s"))
    valued = frozenset(("t",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        flags = self._flags = options.flags
        if flags & {"q", "u"}:
            if "t" in options.values:
                raise InputError("quotas of storage types are not supported")
            if "x" in flags:
                self.terminal.say("q or u option is given, the -x option is ignored.")
        if "v" in flags:
            self.terminal.say(self._columns(_COUNT_HEADER) + "PATHNAME")
        return paths

    def visit(self, item: Item) -> None:
        counted = Content() if "u" in self._flags else self.content(item)
        numbers = [self.size(n) for n in (counted.directories, counted.files, counted.length)]
        shown = ("none", "inf", "none", "inf", *numbers, "Replicated", "0", "0", "0", "0")
        self.terminal.say(self._columns(shown) + str(item))

    def _columns(self, words: tuple[str, ...]) -> str:
        """The columns that the options ask for."""
        line = ""
        if self._flags & {"q", "u"}:
            line += "{:>12} {:>15} {:>15} {:>15} ".format(*words[:4])
        if "u" not in self._flags:
            line += "{:>12} {:>12} {:>18} ".format(*words[4:7])
        if "e" in self._flags:
            line += f"{words[7]} "
        if "s" in self._flags:
            line += "{:>18} {:>24} {:>24} {:>28} ".format(*words[8:])
        return line


_COUNT_HEADER = (
    *("QUOTA", "REM_QUOTA", "SPACE_QUOTA", "REM_SPACE_QUOTA"),
    *("DIR_COUNT", "FILE_COUNT", "CONTENT_SIZE"),
    "ERASURECODING_POLICY",
    *("SNAPSHOT_LENGTH", "SNAPSHOT_FILE_COUNT", "SNAPSHOT_DIR_COUNT", "SNAPSHOT_SPACE_CONSUMED"),
)


def table(rows: Sequence[tuple[str, ...]], right: tuple[int, ...]) -> list[str]:
    """*rows* as lines of columns, those in *right* aligned right; the last one is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1

    def cell(at: int, text: str) -> str:
        if at in right:
            return text.rjust(widths[at])
        return text if at == last else text.ljust(widths[at])

    return ["  ".join(cell(at, text) for at, text in enumerate(row)) for row in rows]
