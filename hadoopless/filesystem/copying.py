"""The commands that copy and move files: ``-put``, ``-get``, ``-cp``, ``-mv`` and others."""

from __future__ import annotations

import os
from collections.abc import Iterable

from hadoopless.errors import InputError
from hadoopless.filesystem import contents
from hadoopless.filesystem.command import (
    FsCommand,
    Item,
    Options,
    WrongUse,
    already_there,
    missing,
    no_directory,
    unusable,
    whole_number,
)
from hadoopless.filesystem.globs import unescaped

#: The attributes that -p without letters keeps.
_USUAL = frozenset("top")


class WithDestination(FsCommand):
    """A command whose last path is the destination [CommandWithDestination]."""

    destination: Item
    overwrites = False
    #: Letters: times, owner, permissions.
    preserves = frozenset[str]()
    writes_directly = False

    def remote_destination(self, words: list[str]) -> list[str]:
        """Take the last word as the destination, in any file system; without one, the
        working directory is the destination.
        """
        text = words[-1] if len(words) > 1 else "."
        found = [self.item(place) for place in self.files.glob(text)]
        if len(found) > 1:
            raise unusable(text, "Too many matches")
        if not found and self.files.is_pattern(text):
            raise missing(text)
        self.destination = found[0] if found else self.item(self.files.place(unescaped(text)))
        return words[:-1] if len(words) > 1 else words

    def local_destination(self, words: list[str]) -> list[str]:
        """Take the last word as a local destination; without one, the working directory."""
        text = words[-1] if len(words) > 1 else "."
        self.destination = self.item(self.files.local_place(text))
        return words[:-1] if len(words) > 1 else words

    def handle_all(self, items: list[Item]) -> None:
        goal = self.destination
        if len(items) > 1:
            if goal.status is None:
                raise missing(str(goal))
            if not goal.is_directory:
                raise no_directory(str(goal))
        elif goal.status is not None:
            if not goal.is_directory and not self.overwrites:
                raise already_there(str(goal))
        elif not self._has_parent(goal):
            raise missing(str(goal), self.full_name(goal))
        super().handle_all(items)

    def handle_present(self, item: Item) -> None:
        target = self.target_of(item)
        if item.is_directory and item.place.in_area == target.place.in_area:
            here, there = item.place.name.path, target.place.name.path
            if here == there:
                full = self.full_name(target)
                raise InputError(f"`{item}' to `{full}': are identical")
            if there.startswith(here.rstrip("/") + "/"):
                raise InputError(f"`{item}' to `{target}': is a subdirectory of itself")
        self.transfer(item, target)

    def target_of(self, item: Item) -> Item:
        """The target of *item*: in the destination if that is a directory, else the destination."""
        goal = self.destination
        if goal.is_directory:
            return self.item(self.files.child(goal.place, item.place.base))
        if goal.looks_like_directory:
            raise missing(str(goal))
        return goal

    def transfer(self, item: Item, target: Item) -> None:
        """Copy or move *item* and all that is in it to *target*."""
        if not item.is_directory:
            self.copy_file(item, target)
            return
        if target.status is not None and not target.is_directory:
            raise no_directory(str(target))
        # Real paths are compared: the area may lie in a local directory that is copied into it.
        if contents.is_within(target.file, item.file):
            raise InputError(f"`{item}' to `{target}': is a subdirectory of itself")
        os.makedirs(target.file, exist_ok=True)

        def into_target(child: Item) -> None:
            self.transfer(child, self.item(self.files.child(target.place, child.place.base)))

        self.each(self.contents(item), into_target)
        self.preserve(item, target)

    def copy_file(self, item: Item, target: Item) -> None:
        """Copy one file."""
        with open(item.file, "rb") as source:
            self.write(contents.pieces(source), target)
        self.preserve(item, target)

    def write(self, data: Iterable[bytes], target: Item) -> None:
        """Write *data* to the file *target*."""
        if target.status is not None and (target.is_directory or not self.overwrites):
            raise already_there(str(target))
        contents.write_whole(target.file, data, directly=self.writes_directly)

    def preserve(self, item: Item, target: Item) -> None:
        """Give *target* those of *item*'s times, owner and permissions that are asked for."""
        if not self.preserves:
            return
        found = os.stat(item.file)
        if "o" in self.preserves:
            try:
                os.chown(target.file, found.st_uid, found.st_gid)
            except PermissionError:
                pass  # Only root may give files to others.
        if "p" in self.preserves:
            os.chmod(target.file, item.known.permission)
        if "t" in self.preserves:
            os.utime(target.file, ns=(found.st_atime_ns, found.st_mtime_ns))

    def full_name(self, item: Item) -> str:
        """The URI of *item*."""
        return self.files.full_name(item.place)

    def _has_parent(self, item: Item) -> bool:
        if item.looks_like_directory:
            return os.path.exists(item.file)
        return os.path.exists(self.files.parent(item.place).file)

    def check_threads(self, options: Options) -> None:
        """Check that ``-t`` and ``-q`` have numbers; one thread does all, whatever they say."""
        for value in options.values.values():
            whole_number(value)


class Put(WithDestination):
    """``-put`` and ``-copyFromLocal``."""

    usage = (
        "[-f] [-p] [-l] [-d] [-t <thread count>] [-q <thread pool queue size>] <localsrc> ... <dst>"
    )
    description = """\
Copy local files and directories. - is stdin.
-f: replace what is there
-p: keep times, owner and permissions
-d: write the file itself, not a temporary one beside it
-l, -t, -q: change nothing"""
    flags = frozenset(("f", "p", "l", "d"))
    valued = frozenset(("t", "q"))

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self.check_threads(options)
        self.overwrites = "f" in options.flags
        self.preserves = _USUAL if "p" in options.flags else frozenset()
        self.writes_directly = "d" in options.flags
        return self.remote_destination(words)

    def expand(self, text: str) -> list[Item]:
        # No pattern is expanded: the user's shell has done that for local files.
        return [self.item(self.files.local_place(text))]

    def handle_all(self, items: list[Item]) -> None:
        if [str(item) for item in items] == ["-"]:
            self.write(contents.pieces(self.terminal.stdin), self.target_of(items[0]))
        else:
            super().handle_all(items)


class MoveFromLocal(Put):
    """``-moveFromLocal``."""

    usage = "[-f] [-p] [-l] [-d] <localsrc> ... <dst>"
    description = "As -put; what was copied is deleted."
    valued = frozenset()

    def transfer(self, item: Item, target: Item) -> None:
        if target.is_directory:
            raise already_there(str(target))
        super().transfer(item, target)
        if item.is_directory:
            contents.remove_empty(item.file)
        else:
            contents.remove(item.file)


class MoveToLocal(FsCommand):
    """``-moveToLocal``, which Hadoop has not implemented either."""

    usage = "<src> <localdst>"
    description = "Not implemented yet"

    def prepare(self, words: list[str]) -> list[str]:
        raise InputError("Option '-moveToLocal' is not implemented yet.")


class Get(WithDestination):
    """``-get`` and ``-copyToLocal``."""

    reads_only = True
    usage = (
        "[-f] [-p] [-crc] [-ignoreCrc] [-t <thread count>] [-q <thread pool queue size>] "
        "<src> ... <localdst>"
    )
    description = """\
Copy files and directories to local ones.
-f: replace what is there
-p: keep times, owner and permissions
-crc, -ignoreCrc, -t, -q: change nothing"""
    flags = frozenset(("f", "p", "crc", "ignoreCrc"))
    valued = frozenset(("t", "q"))

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self.check_threads(options)
        self.overwrites = "f" in options.flags
        self.preserves = _USUAL if "p" in options.flags else frozenset()
        return self.local_destination(words)


class Cp(WithDestination):
    """``-cp``."""

    usage = (
        "[-f] [-p | -p[topax]] [-d] [-t <thread count>] [-q <thread pool queue size>] "
        "<src> ... <dst>"
    )
    description = """\
Copy files and directories.
-f: replace what is there
-p, -p[topax]: keep times, owner and permissions
-d: write the file itself, not a temporary one beside it
-t, -q: change nothing"""
    flags = frozenset(("f", "d"))
    valued = frozenset(("t", "q"))
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        ending = words.index("--") if "--" in words else len(words)
        for at, word in enumerate(words[:ending]):
            if word.startswith("-p"):
                self.preserves = _attributes(word[2:].lower())
                words = words[:at] + words[at + 1 :]
                break
        options, words = self.parsed(words)
        self.check_threads(options)
        self.overwrites = "f" in options.flags
        self.writes_directly = "d" in options.flags
        return self.remote_destination(words)


def _attributes(letters: str) -> frozenset[str]:
    for letter in letters:
        if letter not in "topax":
            raise WrongUse(f"No attribute for {letter}")
    # Access control lists contain the permissions.
    return frozenset(letters.replace("a", "p")) or _USUAL


class Mv(WithDestination):
    """``-mv``."""

    usage = "<src> ... <dst>"
    description = "Rename files and directories, or move them to another directory."
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        return self.remote_destination(self.parsed(words)[1])

    def transfer(self, item: Item, target: Item) -> None:
        if item.place.in_area != target.place.in_area:
            raise unusable(str(item), "Does not match target filesystem")
        if target.status is not None:
            raise already_there(str(target))
        contents.move(item.file, target.file)
