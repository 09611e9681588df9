"""The commands ``-ls``, ``-lsr`` and ``-find``, which list files."""

from __future__ import annotations

from collections.abc import Callable

from hadoopless.errors import InputError
from hadoopless.filesystem import globs
from hadoopless.filesystem.command import FsCommand, Item, WrongUse
from hadoopless.filesystem.status import Status, human, local_minute, symbolic

_GROUP = 100


class Ls(FsCommand):
    """``-ls``."""

    reads_only = True
    usage = "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [-e] [<path> ...]"
    description = """\
List files, and what is in directories; without a path, the working directory.
-C: paths only
-d: directories themselves, not what is in them
-h: sizes as 1.5 K, 2 G
-q: ? in place of characters that cannot be printed
-R: with all that is below
-t: by time of modification, newest first
-S: by size, biggest first
-r: in reverse order
-u: the time of last access in place of modification
-e: erasure coding (there is none here: an error)"""
    flags = frozenset(("C", "d", "h", "q", "R", "r", "t", "S", "u", "e"))
    least = 0

    def prepare(self, words: list[str]) -> list[str]:
        options, paths = self.parsed(words)
        if "e" in options.flags:
            raise InputError("this file system does not support Erasure Coding")
        self._flags = options.flags
        self._into = "d" not in options.flags
        self.recursive = self._into and "R" in options.flags
        # The widths of replication, length, owner and group grow from listing to listing.
        self._widths = [3, 10, 0, 0]
        return paths or ["."]

    def handle_present(self, item: Item) -> None:
        if not (self._into and item.is_directory):
            return self.walk([item])
        items = self.contents(item)
        if items and not self.recursive:
            if "C" not in self._flags:
                self.terminal.say(f"Found {len(items)} items")
            items = self._in_order(items)
        return self.walk(items)

    def walk(self, items: list[Item]) -> None:
        # A recursive listing of Hadoop comes in groups of a hundred lines, unless it is sorted.
        at_once = _GROUP if self.recursive and not self._flags & {"r", "t", "S"} else len(items)
        for start in range(0, len(items), at_once or 1):
            group = items[start : start + at_once]
            for item in group:
                self._widen(item.known)
            super().walk(group)

    def visit(self, item: Item) -> None:
        self.terminal.say(str(item) if "C" in self._flags else self._line(item))

    def _in_order(self, items: list[Item]) -> list[Item]:
        backwards = "r" in self._flags
        if "t" in self._flags:
            return sorted(items, key=lambda item: self._time(item.known), reverse=not backwards)
        if "S" in self._flags:
            return sorted(items, key=lambda item: item.known.length, reverse=not backwards)
        return items[::-1] if backwards else items

    def _time(self, status: Status) -> int:
        return status.accessed if "u" in self._flags else status.modified

    def _widen(self, status: Status) -> None:
        columns = (str(status.replication), str(status.length), status.owner, status.group)
        self._widths = [max(old, len(new)) for old, new in zip(self._widths, columns, strict=True)]

    def _line(self, item: Item) -> str:
        status = item.known
        replication, length, owner, group = self._widths
        size = human(status.length) if "h" in self._flags else str(status.length)
        columns = (
            f"{'d' if status.is_directory else '-'}{symbolic(status.permission)} "
            f"{'-' if status.is_directory else status.replication:>{replication}}",
            f"{status.owner:<{owner}}",
            f"{status.group:<{group}}",
            f"{size:>{length}}",
            local_minute(self._time(status)),
            printable(str(item)) if "q" in self._flags else str(item),
        )
        return " ".join(columns)


class Lsr(Ls):
    """``-lsr``."""

    replacement = "ls -R"

    def prepare(self, words: list[str]) -> list[str]:
        return super().prepare(["-R", *words])


#: A test or an action of ``-find``; it returns True if the next one shall follow.
Step = Callable[[Item], bool]


class Find(FsCommand):
    """``-find``."""

    reads_only = True
    usage = "<path> ... <expression> ..."
    description = """\
Find what matches an expression in directories and all that is below them.
-name PATTERN: the last part of the path matches
-iname PATTERN: the same, upper or lower case
-print: write the path (what is done if nothing else is)
-print0: write the path and a zero byte
-a, -and: between two expressions; may be left out"""
    # -L and -H say which links to follow; here all are followed, as in Hadoop's local files.
    flags = frozenset(("L", "H"))
    free_words = True

    def prepare(self, words: list[str]) -> list[str]:
        _, words = self.parsed(words)
        first = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
        self._prints = False
        self._steps = self._expression(words[first:])
        if not self._prints:
            self._steps.append(self._print)
        self.recursive = True
        return words[:first] or ["."]

    def visit(self, item: Item) -> None:
        for step in self._steps:
            if not step(item):
                return

    def _expression(self, words: list[str]) -> list[Step]:
        steps: list[Step] = []
        rest = iter(words)
        for word in rest:
            if word in ("-name", "-iname"):
                pattern = next(rest, None)
                if pattern is None:
                    raise WrongUse(f"{word} needs a pattern")
                steps.append(_named(pattern, any_case=word == "-iname"))
            elif word in ("-print", "-print0"):
                self._prints = True
                steps.append(self._print if word == "-print" else self._print0)
            # With nothing but "and" between them, brackets change nothing.
            elif word not in ("-a", "-and", "(", ")"):
                raise InputError(f"Unexpected argument: {word}")
        if words and words[-1] in ("-a", "-and"):
            raise WrongUse(f"{words[-1]} needs an expression behind it")
        return steps

    def _print(self, item: Item) -> bool:
        self.terminal.say(str(item))
        return True

    def _print0(self, item: Item) -> bool:
        self.terminal.say(str(item), end="\0")
        return True


def printable(text: str) -> str:
    """*text* with ? for control, format, private, surrogate and unassigned characters."""
    import unicodedata  # Imported here because it is big and seldom needed.

    return "".join("?" if unicodedata.category(char)[0] == "C" else char for char in text)


def _named(pattern: str, *, any_case: bool) -> Step:
    matches = globs.matcher(pattern.lower() if any_case else pattern)
    if any_case:
        return lambda item: matches(item.place.base.lower())
    return lambda item: matches(item.place.base)
