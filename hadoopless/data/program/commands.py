"""Turns the command line that a user typed for a program into the words to execute."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from hadoopless.entry.directories import hidden
from hadoopless.errors import ForbiddenError, InputError, UsageError
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName, Settings, is_hdfs

_QUOTES = "'\""


class Root(Struct, frozen=True):
    """The directory *cwd* where paths begin, and *bound*, which they may not leave (None: any).

    Programs without a path are looked up in *search_path* (None: our PATH). With the settings
    *hdfs*, inputs and outputs may lie in HDFS.
    """

    cwd: str
    bound: str | None = None
    search_path: str | None = None
    hdfs: Settings = ()

    def locate(self, name: str) -> Located:
        """The input or output *name*; raises ForbiddenError as :meth:`path` does."""
        if self.hdfs and self.bound is None and is_hdfs(name):
            return HdfsName(name, self.hdfs)
        return self.path(name)

    def path(self, name: str) -> Path:
        """*name* as an absolute path; raises ForbiddenError when it leads out of the bound.

        Neither ``..`` nor symlinks are a way out. The answer does not depend on what is out there:
        the system is not asked for a path that leaves the bound by its words.
        """
        if "\0" in name:
            raise UsageError("a path cannot contain a NUL byte")
        path = os.path.join(self.cwd, name)
        if self.bound is not None:
            if _leaves(path, self.bound):
                raise self.outside(name)
            self._check(os.path.realpath(path), name)
        return Path(path)

    def admit(self, descriptor: int, name: str) -> None:
        """Raise ForbiddenError if what is open as *name* lies out of the bound.

        Between the check of a path and its use a directory may be swapped for a symlink.
        """
        if self.bound is not None:
            self._check(_path_of(descriptor), name)

    def _check(self, path: str, name: str) -> None:
        if not Path(path).is_relative_to(self.bound or "/"):
            raise self.outside(name)

    def outside(self, name: str) -> ForbiddenError:
        """The error of a caller who names what lies out of the bound."""
        return ForbiddenError(
            f"{name} is outside the served directory {self.bound}; without the token only files"
            " within it can be used"
        )


def _leaves(path: str, bound: str) -> bool:
    """Say if the absolute *path* leads out of *bound* on its way, were there no symlinks."""
    top = bound.rstrip("/") + "/"
    depth = 0 if f"{path}/".startswith(top) else -1
    for part in path[len(top) :].split("/"):
        if depth < 0:
            return True
        depth += -1 if part == ".." else part not in ("", ".")
    return depth < 0


def _path_of(descriptor: int) -> str:
    """The path of an open file or directory, as the system knows it."""
    if sys.platform == "darwin":
        import fcntl

        return os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
    return os.readlink(f"/proc/self/fd/{descriptor}")


class Command(Struct, frozen=True):
    """A program ready to start: ``argv`` as executed, ``shell`` as a person would type it."""

    argv: tuple[str, ...]
    shell: str
    cwd: str


def resolve(line: str, root: Root, what: str) -> Command:
    """Give the command for *line*: a program and arguments as in a shell, or a program's path.

    A program that is a file: executed when it has the run bit, else, if it ends with ``.py``, run
    by this interpreter. Any other name is looked up in PATH, as a shell does. Raises InputError,
    ForbiddenError and UsageError, in which *what* names the option.
    """
    words = _words(line, root, what)
    program, arguments = words[0], words[1:]
    path = root.path(program)
    if os.path.isfile(path):  # Path.is_file() raises for names that are too long
        argv = [*_file_argv(path, program, what), *arguments]
    else:
        argv = [_in_search_path(program, path, root, what), *arguments]
    shown = [program if argv[0] == str(path) and "/" in program else argv[0], *argv[1:]]
    return Command(tuple(argv), shlex.join(shown), root.cwd)


def _words(line: str, root: Root, what: str) -> list[str]:
    if "\0" in line:
        raise UsageError(f"{what}: a command cannot contain a NUL byte")
    try:
        words = shlex.split(line)
    except ValueError as error:
        if _is_file(line, root):
            return [line]
        raise UsageError(f"{what}: cannot read the command {line!r}: {error}") from error
    if words != [line] and line and _is_file(line, root):
        return [line]  # a path with blanks in it
    if not words:
        raise UsageError(f"{what}: no program given")
    return words


def _is_file(name: str, root: Root) -> bool:
    try:
        return os.path.isfile(root.path(name))
    except ForbiddenError:
        return False  # and what it is out there is not told


def _file_argv(path: Path, program: str, what: str) -> list[str]:
    if os.access(path, os.X_OK):
        return [str(path)]
    if path.suffix == ".py":
        return [sys.executable, str(path)]
    raise InputError(f"{what}: {program} is not executable; try: chmod +x {shlex.quote(str(path))}")


def _in_search_path(program: str, path: Path, root: Root, what: str) -> str:
    if os.path.isdir(path):
        raise InputError(f"{what}: {program} is a directory")
    is_path = "/" in program
    found = None if is_path else _executable_in(root.search_path, program)
    if root.bound is not None and not is_path:
        try:
            root.path(found or "/")
        except ForbiddenError:
            raise root.outside(program) from None  # the same if it is nowhere
    if found is None:
        places = str(path) if is_path else f"{path} and in PATH"
        raise InputError(f"{what}: no such program: {program} (looked for {places}){hidden(path)}")
    return found


def _executable_in(search_path: str | None, program: str) -> str | None:
    # shutil.which takes more than twice as long, which is 3 % of a task of a few lines.
    for entry in (search_path or os.environ.get("PATH", os.defpath)).split(os.pathsep):
        path = os.path.join(entry, program)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def split_arguments(line: str) -> list[str]:
    """The words of *line*. No shell reads it: only the space and the two quotes have a meaning.

    A word ends at a space outside quotes and at every quote that opens or closes, so ``-e"x y"z``
    is three words and ``''`` is none. Within quotes the other kind is a character like all others;
    a backslash always is. Quotes that nobody closes reach to the end.
    """
    words = []
    quote = ""
    start = 0
    for place, char in enumerate(line):
        if quote:
            ends = char == quote
            quote = "" if ends else quote
        elif char in _QUOTES:
            ends = True
            quote = char
        else:
            ends = char == " "
        if ends:
            words.append(line[start:place])
            start = place + 1
    words.append(line[start:])
    return [word for word in words if word]


def resolve_streaming(
    line: str, directory: str, environment: Mapping[str, str], what: str
) -> Command:
    """Give the command for *line* in a task's *directory*, as Hadoop Streaming has it.

    A program of that directory goes before those of PATH (the PATH in *environment*, or else ours),
    and gets the run bits. A program need only be readable, and one that is found nowhere is tried
    as given: its start will tell. Raises UsageError. [PipeMapRed.configure, PathFinder]
    """
    words = split_arguments(line)
    if not words:
        raise UsageError(f"{what}: no program given")
    if "\0" in line:
        raise UsageError(f"{what}: a command cannot contain a NUL byte")
    program, arguments = words[0], words[1:]
    found, shown = program, program
    if not os.path.isabs(program):
        own = os.path.normpath(os.path.join(directory, program))
        _let_run(own)
        if _readable_file(own):
            found, shown = own, os.path.join(".", os.path.normpath(program))
        else:
            found = shown = _readable_in(program, directory, environment) or program
    return Command((found, *arguments), shlex.join([shown, *arguments]), directory)


def _let_run(path: str) -> None:
    """Let everybody run *path*, if it is a file of ours."""
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISREG(mode) and mode & 0o111 != 0o111:
            os.chmod(path, mode | 0o111)  # noqa: S103 - so that the program can be started
    except OSError:
        pass  # not there, or another's: the start will tell


def _readable_in(program: str, directory: str, environment: Mapping[str, str]) -> str | None:
    search_path = environment.get("PATH", os.environ.get("PATH", os.defpath))
    for entry in search_path.split(os.pathsep):
        if entry.strip():  # an empty one does not stand for the directory itself, as in shells
            path = os.path.join(directory, entry.strip(), program)
            if _readable_file(path):
                return path
    return None


def _readable_file(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.R_OK)
