"""The commands that make and delete files: ``-mkdir``, ``-touch``, ``-truncate``, ``-rm``, …"""

from __future__ import annotations

import os
import re
import time

from hadoopless.errors import InputError
from hadoopless.filesystem import contents
from hadoopless.filesystem.command import (
    FsCommand,
    Item,
    WrongUse,
    already_there,
    is_directory,
    missing,
    no_directory,
    unusable,
    whole_number,
)
from hadoopless.filesystem.paths import names_in


class Mkdir(FsCommand):
    """``-mkdir``."""

    usage = "[-p] <path> ..."
    description = """\
Make directories.
-p: with those that they are in; one that is there is no error"""
    flags = frozenset(("p",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._parents = "p" in options.flags
        return paths

    def handle_present(self, item: Item) -> None:
        if not item.is_directory:
            raise no_directory(str(item))
        if not self._parents:
            raise already_there(str(item))

    def handle_missing(self, item: Item) -> None:
        parent = self.files.parent(item.place)
        if not self._parents and not os.path.exists(parent.file):
            raise missing(self.files.full_name(parent))
        try:
            os.makedirs(item.file, exist_ok=True)
        except (NotADirectoryError, FileExistsError) as error:
            full = self.files.full_name(parent)
            raise InputError(f"Parent path is not a directory: {full}") from error


class Touchz(FsCommand):
    """``-touchz``."""

    usage = "<path> ..."
    description = "Make empty files; a file with something in it is an error."

    def visit(self, item: Item) -> None:
        if item.is_directory:
            raise is_directory(str(item))
        if item.known.length:
            raise unusable(str(item), "Not a zero-length file")
        contents.write_whole(item.file, (), directly=True)

    def handle_missing(self, item: Item) -> None:
        self.check_parent(item)
        contents.write_whole(item.file, (), directly=True)

    def check_parent(self, item: Item) -> None:
        """Raises InputError when there is no directory to make *item* in."""
        parent = self.files.parent(item.place).file
        if item.looks_like_directory or not os.path.exists(parent):
            raise missing(str(item), self.files.full_name(item.place))


_TIMESTAMP = re.compile(r"(\d{4})(\d\d)(\d\d):(\d\d)(\d\d)(\d+)")


class Touch(Touchz):
    """``-touch``."""

    usage = "[-a] [-m] [-t TIMESTAMP (yyyyMMdd:HHmmss) ] [-c] <path> ..."
    description = """\
Set the times of files to now; make those that are not there.
-a, -m: only the time of last access, of modification
-t: that time in place of now
-c: make no files"""
    flags = frozenset(("a", "m", "c"))

    def prepare(self, words: list[str]) -> list[str]:
        self._time = ""
        ending = words.index("--") if "--" in words else len(words)
        if "-t" in words[:ending]:
            at = words.index("-t")
            if at + 1 == len(words):
                raise WrongUse("option -t requires 1 argument.")
            self._time = words[at + 1]
            words = words[:at] + words[at + 2 :]
        options, paths = self.parsed(words)
        self._flags = options.flags
        return paths

    def visit(self, item: Item) -> None:
        if item.is_directory:
            raise is_directory(str(item))
        self._set_times(item)

    def handle_missing(self, item: Item) -> None:
        self.check_parent(item)
        if "c" not in self._flags:
            contents.write_whole(item.file, (), directly=True)
            if self._time:
                self._set_times(item)

    def _set_times(self, item: Item) -> None:
        found = os.stat(item.file)
        moment = self._moment()
        only = self._flags & {"a", "m"}
        accessed = found.st_atime_ns if only == {"m"} else moment
        modified = found.st_mtime_ns if only == {"a"} else moment
        os.utime(item.file, ns=(accessed, modified))

    def _moment(self) -> int:
        if not self._time:
            return time.time_ns()
        try:
            found = _TIMESTAMP.match(self._time)
            if found is None:
                raise ValueError("no timestamp")
            # As in Java, the 13th month is the first one of the next year.
            year, month, day, hour, minute, second = map(int, found.groups())
            return int(time.mktime((year, month, day, hour, minute, second, 0, 0, -1))) * 10**9
        except (ValueError, OverflowError) as error:
            raise WrongUse(
                f"Unable to parse the specified timestamp {self._time}. "
                "The expected format is yyyyMMdd:HHmmss"
            ) from error


class Truncate(FsCommand):
    """``-truncate``."""

    usage = "[-w] <length> <path> ..."
    description = """\
Cut files to a length.
-w: changes nothing, it is done at once"""
    flags = frozenset(("w",))
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        _, words = self.parsed(words)
        try:
            self._length = whole_number(words[0])
        except WrongUse:
            self.warn("Illegal length, a non-negative integer expected")
            raise
        if self._length < 0:
            raise WrongUse("length must be >= 0")
        return words[1:]

    def visit(self, item: Item) -> None:
        if item.is_directory:
            raise is_directory(str(item))
        if self._length > item.known.length:
            raise WrongUse(
                "Cannot truncate to a larger file size. "
                f"Current size: {item.known.length}, truncate size: {self._length}."
            )
        contents.truncate(item.file, self._length)
        self.terminal.say(f"Truncated {item} to length: {self._length}")


class Rm(FsCommand):
    """``-rm``."""

    usage = "[-f] [-r|-R] [-skipTrash] [-safely] <src> ..."
    description = """\
Delete files at once: there is no trash.
-f: what is not there is no error
-r, -R: directories, too, with all that is in them
-skipTrash, -safely: change nothing"""
    flags = frozenset(("f", "r", "R", "skipTrash", "safely"))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._forgiving = "f" in options.flags
        self._directories = bool(options.flags & {"r", "R"})
        return paths

    def expand(self, text: str) -> list[Item]:
        found = [self.item(place) for place in self.files.glob(text)]
        return found if found or self._forgiving else super().expand(text)

    def visit(self, item: Item) -> None:
        if item.is_directory and not self._directories:
            raise is_directory(str(item))
        if item.place.name.path == "/":
            raise unusable(str(item), "Input/output error")
        contents.remove(item.file)
        self.terminal.say(f"Deleted {item}")


class Rmr(Rm):
    """``-rmr``."""

    replacement = "-rm -r"

    def prepare(self, words: list[str]) -> list[str]:
        return super().prepare(["-r", *words])


class Rmdir(FsCommand):
    """``-rmdir``."""

    usage = "[--ignore-fail-on-non-empty] <dir> ..."
    description = """\
Delete empty directories.
--ignore-fail-on-non-empty: another one stays, which is no error"""
    flags = frozenset(("-ignore-fail-on-non-empty",))

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        self._forgiving = bool(options.flags)
        return paths

    def visit(self, item: Item) -> None:
        if not item.is_directory:
            raise no_directory(str(item))
        if not names_in(item.file):
            contents.remove_empty(item.file)
        elif not self._forgiving:
            raise unusable(str(item), "Directory is not empty")


class Expunge(FsCommand):
    """``-expunge``."""

    usage = "[-immediate] [-fs <path>]"
    description = "Empty the trash. There is none: nothing is done."
    flags = frozenset(("immediate",))
    valued = frozenset(("fs",))
    least = 0
    most = 2

    def handle_all(self, items: list[Item]) -> None:
        """There is no trash, so nothing is deleted."""
