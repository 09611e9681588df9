"""The commands ``-chmod``, ``-chown``, ``-chgrp`` and ``-setrep``."""

from __future__ import annotations

import os
import re

from hadoopless.errors import InputError
from hadoopless.filesystem.command import FsCommand, Item, WrongUse, whole_number
from hadoopless.filesystem.terminal import message_of


class Mode:
    """A change of permissions: ``644``, ``u+x,go-w`` [ChmodParser].

    As in Hadoop, the last clause that names user, group or others counts, and X makes a file
    executable only if somebody may execute it already.
    """

    def __init__(self, text: str) -> None:
        """Parse *text*; raises ValueError."""
        #: The shift of the bits of user, group or others -> operator, bits, True for X.
        self._changes: dict[int, tuple[str, int, bool]] = {}
        if octal := _OCTAL.fullmatch(text):
            sticky, digits = octal.groups()
            for shift, digit in zip((9, 6, 3, 0), (sticky or "0") + digits, strict=True):
                self._changes[shift] = ("=", int(digit), False)
            return
        clauses = text.split(",")
        for clause in clauses:
            symbolic = _SYMBOLIC.fullmatch(clause)
            if symbolic is None:
                raise ValueError(text)
            self._add(*symbolic.groups())

    def _add(self, who: str, operators: str, letters: str) -> None:
        operator = operators[-1]
        bits = sum(bit for letter, bit in _BITS.items() if letter in letters)
        bits |= 1 if "X" in letters else 0
        named = set(who) & set(_SHIFTS) or set(_SHIFTS)
        for letter in named:
            self._changes[_SHIFTS[letter]] = (operator, bits, "X" in letters)
        if "o" in named:
            self._changes[9] = (operator, 1 if "t" in letters else 0, False)

    def applied(self, permission: int, *, is_directory: bool) -> int:
        """*permission* after the change."""
        executable = is_directory or bool(permission & 0o111)
        result = permission
        for shift, (operator, bits, only_executable) in self._changes.items():
            existing = permission >> shift & (1 if shift == 9 else 7)
            if operator == "+":
                new = existing | bits
            elif operator == "-":
                new = existing & ~bits
            else:
                new = bits
            if only_executable and not executable and not existing & 1:
                new &= ~1
            result = result & ~(7 << shift) | new << shift
        return result


_OCTAL = re.compile(r"\s*\+?([01]?)([0-7]{3})\s*")
_SYMBOLIC = re.compile(r"\s*([ugoa]*)([+=-]+)([rwxXt]+)\s*")
_BITS = {"r": 4, "w": 2, "x": 1}
_SHIFTS = {"u": 6, "g": 3, "o": 0}


class Chmod(FsCommand):
    """``-chmod``."""

    usage = "[-R] <MODE[,MODE]... | OCTALMODE> PATH..."
    description = """\
Change permissions; no umask is applied.
-R: with all that is below
<MODE>: u, g, o or a, then +, - or =, then some of rwxXt
<OCTALMODE>: three digits, or four to set (1) or clear (0) the sticky bit, too"""
    flags = frozenset(("R",))
    # A mode may begin with a dash.
    free_words = True
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self.recursive = "R" in options.flags
        try:
            self._mode = Mode(words[0])
        except ValueError as error:
            raise WrongUse(
                f"chmod : mode '{words[0]}' does not match the expected pattern."
            ) from error
        return words[1:]

    def visit(self, item: Item) -> None:
        old = item.known.permission
        new = self._mode.applied(old, is_directory=item.is_directory)
        if new != old:
            try:
                os.chmod(item.file, new)
            except OSError as error:
                what = message_of(error)
                raise InputError(f"changing permissions of '{item}': {what}") from error


class Chown(FsCommand):
    """``-chown``."""

    usage = "[-R] [OWNER][:[GROUP]] PATH..."
    description = """\
Change the owner, the group or both. Where only root may do that, files of hdfs:// stay as they
are.
-R: with all that is below"""
    flags = frozenset(("R",))
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self.recursive = "R" in options.flags
        self._owner, self._group = self.owner_and_group(words[0])
        return words[1:]

    def owner_and_group(self, text: str) -> tuple[str, str]:
        """The owner and the group in *text*; either may be empty."""
        found = _OWNER.fullmatch(text)
        if found is None:
            raise WrongUse(f"'{text}' does not match expected pattern for [owner][:group].")
        owner, group = found[1] or "", found[2] or ""
        if not owner and not group:
            raise WrongUse(f"'{text}' does not specify owner or group.")
        return owner, group

    def visit(self, item: Item) -> None:
        owner = "" if self._owner == item.known.owner else self._owner
        group = "" if self._group == item.known.group else self._group
        if not owner and not group:
            return
        try:
            os.chown(item.file, _user_id(owner), _group_id(group))
        except (OSError, LookupError, OverflowError) as error:
            if item.place.in_area:
                return
            what = message_of(error) if isinstance(error, OSError) else "no such name"
            raise InputError(f"changing ownership of '{item}': {what}") from error


class Chgrp(Chown):
    """``-chgrp``."""

    usage = "[-R] GROUP PATH..."
    description = "As -chown :GROUP."

    def owner_and_group(self, text: str) -> tuple[str, str]:
        found = _GROUP.fullmatch(text)
        if found is None:
            raise WrongUse(f"'{text}' does not match expected pattern for group")
        return "", found[1]


_NAME = "[-_./@a-zA-Z0-9]"
_OWNER = re.compile(rf"\s*({_NAME}+)?(?::({_NAME}*))?\s*")
_GROUP = re.compile(rf"\s*({_NAME}+)\s*")


def _user_id(name: str) -> int:
    import pwd

    if not name:
        return -1
    return int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid


def _group_id(name: str) -> int:
    import grp

    if not name:
        return -1
    return int(name) if name.isdigit() else grp.getgrnam(name).gr_gid


#: Hadoop reads the number into 16 bits.
_MOST_COPIES = (1 << 15) - 1


class SetRep(FsCommand):
    """``-setrep``."""

    usage = "[-R] [-w] <rep> <path> ..."
    description = """\
Accept a number of copies for files; there is always one.
-R, -w: change nothing"""
    flags = frozenset(("R", "w"))
    least = 2

    def prepare(self, words: list[str]) -> list[str]:
        options, words = self.parsed(words)
        self.recursive = True
        self._wait = "w" in options.flags
        self._files: list[Item] = []
        try:
            self._number = whole_number(words[0])
        except WrongUse:
            self.warn("Illegal replication, a positive integer expected")
            raise
        if self._number > _MOST_COPIES:
            self.warn("Illegal replication, a positive integer expected")
            raise WrongUse(f'Value out of range. Value:"{words[0]}" Radix:10')
        if self._number < 1:
            raise WrongUse("replication must be >= 1")
        return words[1:]

    def handle_all(self, items: list[Item]) -> None:
        super().handle_all(items)
        if self._wait:
            for item in self._files:
                self.terminal.say(f"Waiting for {item} ... done")

    def visit(self, item: Item) -> None:
        if not item.is_directory:
            self.terminal.say(f"Replication {self._number} set: {item}")
            self._files.append(item)
