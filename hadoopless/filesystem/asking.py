"""The commands ``-stat``, ``-test`` and ``-checksum``, which ask about single files."""

from __future__ import annotations

import os

from hadoopless.filesystem.command import FsCommand, Item, WrongUse, is_directory
from hadoopless.filesystem.status import Status, symbolic, utc_second


class Stat(FsCommand):
    """``-stat``."""

    reads_only = True
    usage = "[format] <path> ..."
    description = """\
Show a file in the format of the first word, if there is a % in it; else its time (%y).
%a, %A: permissions, octal or as rwx
%b: length in bytes
%F: directory or regular file
%g, %u: group, user
%n: last part of the path
%o: block size
%r: replication
%x, %X: time of last access, UTC, or milliseconds since 1970
%y, %Y: time of modification, likewise"""
    flags = frozenset(("R",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self.recursive = "R" in options.flags
        self._format = paths.pop(0) if "%" in paths[0] else "%y"
        return self.parsed(paths)[1]

    def visit(self, item: Item) -> None:
        self.terminal.say(formatted(self._format, item.place.base, item.known))


def formatted(pattern: str, name: str, status: Status) -> str:
    """*pattern* with the words that begin with % filled in."""
    words = {
        "a": f"{status.permission:o}",
        "A": symbolic(status.permission),
        "b": str(status.length),
        "F": "directory" if status.is_directory else "regular file",
        "g": status.group,
        "n": name,
        "o": str(status.block_size),
        "r": str(status.replication),
        "u": status.owner,
        "x": utc_second(status.accessed),
        "X": str(status.accessed),
        "y": utc_second(status.modified),
        "Y": str(status.modified),
    }
    text, rest = "", iter(pattern)
    for char in rest:
        if char == "%":
            # A last % stands for nothing, other letters for themselves.
            char = next(rest, "")
            char = words.get(char, char)
        text += char
    return text


class Test(FsCommand):
    """``-test``."""

    reads_only = True
    usage = "-[defswrz] <path>"
    description = """\
Say something about a path by the exit code: 0 for yes, 1 for no.
-d: it is a directory
-e: it is there
-f: it is a file
-s: it has more than 0 bytes
-w, -r: it may be written, read
-z: it has 0 bytes"""
    flags = frozenset("edfszwr")
    most = 1

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        if len(options.flags) != 1:
            some = bool(options.flags)
            raise WrongUse("Only one test flag is allowed" if some else "No test flag given")
        (self._flag,) = options.flags
        return paths

    def visit(self, item: Item) -> None:
        status = item.known
        answers = {
            "e": True,
            "d": status.is_directory,
            "f": not status.is_directory,
            "s": status.length > 0,
            "z": status.length == 0,
            "w": os.access(item.file, os.W_OK),
            "r": os.access(item.file, os.R_OK),
        }
        if not answers[self._flag]:
            self.exit_code = 1

    def handle_missing(self, item: Item) -> None:
        self.exit_code = 1


class Checksum(FsCommand):
    """``-checksum``."""

    reads_only = True
    usage = "[-v] <src> ..."
    description = """\
Show the checksum of files: NONE, as for all local files of Hadoop.
-v: with the block size"""
    flags = frozenset(("v",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._with_blocks = "v" in options.flags
        return paths

    def visit(self, item: Item) -> None:
        if item.is_directory:
            raise is_directory(str(item))
        blocks = f"\tBlockSize={item.known.block_size}" if self._with_blocks else ""
        self.terminal.say(f"{item}\tNONE{blocks}")
