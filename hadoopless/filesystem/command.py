"""The base class of all commands of ``hadoop fs``: options, patterns, walks, errors [Command].

A command handles its paths one by one. When one fails, the error is shown and the next path is
handled; the exit code tells that there was an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, TypeVar

from msgspec import Struct, field

from hadoopless.errors import ForbiddenError, InputError, UsageError
from hadoopless.filesystem import globs
from hadoopless.filesystem.paths import BadPath, FileSystems, Place, names_in
from hadoopless.filesystem.status import Status, status_of
from hadoopless.filesystem.terminal import Terminal, message_of

Thing = TypeVar("Thing")

#: Any number of arguments.
MANY = 1 << 31


class WrongUse(UsageError):
    """The options or arguments are wrong: the command's usage is shown, the exit code is 255."""


def unusable(text: str, why: str) -> InputError:
    """The error that nothing can be done with *text*, in the words of Hadoop's PathIOException."""
    return InputError(f"`{text}': {why}")


def missing(text: str, full: str = "") -> InputError:
    """The error that there is no *text*; *full*, if given, is shown as well."""
    behind = f": `{full}'" if full and full != text else ""
    return unusable(text, f"No such file or directory{behind}")


def already_there(text: str) -> InputError:
    """The error that *text* is there already."""
    return unusable(text, "File exists")


def is_directory(text: str) -> InputError:
    """The error that *text* is a directory."""
    return unusable(text, "Is a directory")


def no_directory(text: str) -> InputError:
    """The error that *text* is not a directory."""
    return unusable(text, "Is not a directory")


def whole_number(text: str) -> int:
    """*text* as a number; raises WrongUse if it is none."""
    try:
        return int(text)
    except ValueError as error:
        raise WrongUse(f'For input string: "{text}"') from error


class Item(Struct):
    """A path that a command handles, and the status of the file there (None: there is no file)."""

    place: Place
    status: Status | None

    def __str__(self) -> str:
        return self.place.text

    @property
    def file(self) -> str:
        """The path of the real file."""
        return self.place.file

    @property
    def known(self) -> Status:
        """The status of the file; raises InputError if there is none."""
        if self.status is None:
            raise missing(str(self))
        return self.status

    @property
    def is_directory(self) -> bool:
        """True if there is a directory."""
        return self.status is not None and self.status.is_directory

    @property
    def looks_like_directory(self) -> bool:
        """True if the path is written as a directory is: ``a/``, ``.``."""
        return self.place.text.rpartition("/")[2] in ("", ".", "..")


class Options(Struct):
    """The flags before the first path, and the options with their values."""

    flags: set[str] = field(default_factory=set)
    values: dict[str, str] = field(default_factory=dict)


class FsCommand:
    """One command; an instance runs once."""

    usage: ClassVar[str] = ""
    description: ClassVar[str] = ""
    #: The command that replaces this one, if this one is deprecated.
    replacement: ClassVar[str] = ""
    #: The names of options without and with a value, without their first dash.
    flags: ClassVar[frozenset[str]] = frozenset()
    valued: ClassVar[frozenset[str]] = frozenset()
    #: If true, the command does not make the directory that plays HDFS.
    reads_only: ClassVar[bool] = False
    #: If true, words with a dash that are no options are arguments.
    free_words: ClassVar[bool] = False
    least: ClassVar[int] = 1
    most: ClassVar[int] = MANY

    def __init__(self, name: str, files: FileSystems, terminal: Terminal) -> None:
        self.name = name
        self.files = files
        self.terminal = terminal
        self.recursive = False
        self.exit_code = 0
        self._errors = 0

    def run(self, words: Iterable[str]) -> int:
        """Run the command; returns the exit code. Raises WrongUse, BadPath and BrokenPipeError."""
        if self.replacement:
            self.warn(f"DEPRECATED: Please use '{self.replacement}' instead.")
        self.each([list(words)], self._run)
        return 1 if self._errors else self.exit_code

    def prepare(self, words: list[str]) -> list[str]:
        """Take the options from *words*; returns the paths."""
        _, paths = self.parsed(words)
        return paths

    def expand(self, text: str) -> list[Item]:
        """The items that *text* stands for; a plain path may name a file that is not there."""
        found = self.files.glob(text)
        if found:
            return [self.item(place) for place in found]
        if self.files.is_pattern(text):
            raise missing(text)
        return [Item(self.files.place(globs.unescaped(text)), None)]

    def handle_all(self, items: list[Item]) -> None:
        """Handle all paths of the command line."""
        self.each(items, self.handle)

    def handle(self, item: Item) -> None:
        """Handle one path of the command line."""
        if item.status is None:
            self.handle_missing(item)
        else:
            self.handle_present(item)

    def handle_missing(self, item: Item) -> None:
        """Handle a path where there is no file."""
        raise missing(str(item))

    def handle_present(self, item: Item) -> None:
        """Handle a path where there is a file or directory."""
        self.walk([item])

    def walk(self, items: list[Item]) -> None:
        """Visit *items* and, if the command is recursive, all that is in them."""
        self.each(items, self._visit_deep)

    def visit(self, item: Item) -> None:
        """Visit one file or directory of a walk."""
        raise NotImplementedError

    def contents(self, directory: Item) -> list[Item]:
        """The items in *directory*, sorted by name."""
        items: list[Item] = []
        self.each(
            names_in(directory.file),
            lambda name: items.append(self.item(self.files.child(directory.place, name))),
        )
        # A link that leads nowhere counts as missing.
        return [item for item in items if item.status is not None]

    def item(self, place: Place) -> Item:
        """*place* with the status that its file has now."""
        return Item(place, status_of(place))

    def parsed(self, words: list[str]) -> tuple[Options, list[str]]:
        """Split *words* as CommandFormat does: options end at the first word that is none."""
        options, words, at = Options(), list(words), 0
        while at < len(words):
            word = words[at]
            if not word.startswith("-") or word == "-":
                break
            if word == "--":
                del words[at]
                break
            if word[1:] in self.flags:
                options.flags.add(word[1:])
                del words[at]
            elif word[1:] in self.valued:
                del words[at]
                has_value = len(words) > self.least and at < len(words)
                has_value = has_value and not words[at].startswith("-")
                options.values[word[1:]] = words.pop(at) if has_value else ""
            elif self.free_words:
                at += 1
            else:
                raise WrongUse(f"Illegal option {word}")
        self.check_number(words)
        return options, words

    def check_number(self, words: list[str]) -> None:
        """Raise WrongUse if there are too few or too many arguments."""
        if len(words) < self.least:
            raise WrongUse(f"Not enough arguments: expected {self.least} but got {len(words)}")
        if len(words) > self.most:
            raise WrongUse(f"Too many arguments: expected {self.most} but got {len(words)}")

    def expanded(self, words: list[str]) -> list[Item]:
        """All items that *words* stand for."""
        items: list[Item] = []
        self.each(words, lambda word: items.extend(self.expand(word)))
        return items

    def each(self, things: Iterable[Thing], do: Callable[[Thing], None]) -> None:
        """Call *do* with each of *things*; an error does not stop the others."""
        for thing in things:
            try:
                do(thing)
            except (BadPath, BrokenPipeError):
                raise
            except (InputError, ForbiddenError, OSError) as error:
                self.fail(error)

    def warn(self, text: str) -> None:
        """Write a line to stderr that is no error."""
        self.terminal.complain(f"{self.name}: {text}")

    def fail(self, error: Exception) -> None:
        """Show *error*; the exit code will be 1."""
        self._errors += 1
        self.warn(message_of(error).partition("\n")[0])

    def _run(self, words: list[str]) -> None:
        self.handle_all(self.expanded(self.prepare(words)))

    def _visit_deep(self, item: Item) -> None:
        self.visit(item)
        if self.recursive and item.is_directory:
            self.walk(self.contents(item))
