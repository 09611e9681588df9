"""The command ``hadoop fs``: its commands, generic options, usage and help [FsShell]."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Literal

from hadoopless.entry import startup
from hadoopless.errors import InputError, UsageError
from hadoopless.filesystem import (
    anywhere,
    asking,
    changing,
    copying,
    listing,
    merging,
    permissions,
    reading,
    usage,
)
from hadoopless.filesystem.command import FsCommand, WrongUse
from hadoopless.filesystem.masks import DEFAULT, PROPERTY, parse_mask
from hadoopless.filesystem.paths import BadPath, FileSystems
from hadoopless.filesystem.terminal import Terminal, message_of

#: The exit code of Hadoop's shell for a command that does not exist: -1 as one byte.
MISUSED = 255

COMMANDS: dict[str, type[FsCommand]] = {
    "appendToFile": merging.AppendToFile,
    "cat": reading.Cat,
    "checksum": asking.Checksum,
    "chgrp": permissions.Chgrp,
    "chmod": permissions.Chmod,
    "chown": permissions.Chown,
    "copyFromLocal": copying.Put,
    "copyToLocal": copying.Get,
    "count": usage.Count,
    "cp": copying.Cp,
    "df": usage.Df,
    "du": usage.Du,
    "dus": usage.Dus,
    "expunge": changing.Expunge,
    "find": listing.Find,
    "get": copying.Get,
    "getmerge": merging.GetMerge,
    "head": reading.Head,
    "ls": listing.Ls,
    "lsr": listing.Lsr,
    "mkdir": changing.Mkdir,
    "moveFromLocal": copying.MoveFromLocal,
    "moveToLocal": copying.MoveToLocal,
    "mv": copying.Mv,
    "put": copying.Put,
    "rm": changing.Rm,
    "rmdir": changing.Rmdir,
    "rmr": changing.Rmr,
    "setrep": permissions.SetRep,
    "stat": asking.Stat,
    "tail": reading.Tail,
    "test": asking.Test,
    "text": reading.Text,
    "touch": changing.Touch,
    "touchz": changing.Touchz,
    "truncate": changing.Truncate,
}

#: The two commands that explain the others.
ABOUT = {
    "help": "Explain commands; without one, all of them.",
    "usage": "Show how commands are written; without one, all of them.",
}

#: Commands of Hadoop for features that do not exist here.
ABSENT = frozenset(
    (
        *("concat", "getfacl", "setfacl", "getfattr", "setfattr"),
        *("createSnapshot", "deleteSnapshot", "renameSnapshot"),
    )
)

_GENERIC = """
Generic options, before the command:
-D <property=value>               fs.defaultFS, fs.permissions.umask-mode; no others
-fs <file:///|hdfs://host:port>   to which file system plain paths belong
-conf, -jt, -files, -libjars, -archives, -tokenCacheFile <value>   change nothing
"""


def main(arguments: Sequence[str]) -> int:
    """Run ``hadoop fs`` with *arguments*; returns the exit code."""
    terminal = Terminal(_opened(0, "rb"), _opened(1, "wb"), _opened(2, "wb"))
    # A path of 4096 bytes, the most there is, may have 2000 directories.
    sys.setrecursionlimit(20_000)
    try:
        startup.let_interrupts_raise()
        code = run(list(arguments), terminal)
        terminal.flush()
        if terminal.lost:
            terminal.complain(f"fs: {terminal.lost}")
            code = code or 1
        return code
    except KeyboardInterrupt:
        return startup.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone, as with `| head`: that is no error.
        return 0
    finally:
        terminal.flush()


def _opened(number: int, mode: Literal["rb", "wb"]) -> BinaryIO:
    """A standard stream, buffered whatever PYTHONUNBUFFERED says; an empty one if it is closed."""
    try:
        return os.fdopen(number, mode, closefd=False)
    except OSError:
        return io.BytesIO()


def run(words: list[str], terminal: Terminal) -> int:
    """Does the same as :func:`main`, on the streams of *terminal*."""
    try:
        words, default, mask = generic_options(words)
        before = os.umask(parse_mask(mask))
        try:
            if not words:
                complain_all(terminal, usage_of_all())
                return MISUSED
            return _run_command(words[0], words[1:], default, terminal)
        finally:
            os.umask(before)
    except (UsageError, InputError, OSError) as error:
        terminal.complain(f"fs: {message_of(error)}")
        return MISUSED
    except ValueError as error:
        terminal.complain(f"fs: {error}")
        return 1


def generic_options(words: list[str]) -> tuple[list[str], str, str]:
    """*words* without Hadoop's generic options before them, the default file system, the mask."""
    default, mask = "", f"{DEFAULT:o}"
    while words:
        word = words[0]
        if word.startswith("-D") and word != "-D":
            value, words = word[2:], words[1:]
        elif word in _GENERIC_OPTIONS:
            if len(words) == 1:
                raise UsageError(f"Missing argument for option: {word[1:]}")
            value, words = words[1], words[2:]
        else:
            break
        name, _, behind = value.partition("=")
        if word == "-fs":
            default = value
        elif word.startswith("-D") and name in ("fs.defaultFS", "fs.default.name"):
            default = behind
        elif word.startswith("-D") and name == PROPERTY:
            mask = behind
    return words, default, mask


_GENERIC_OPTIONS = frozenset(
    ("-D", "-fs", "-conf", "-jt", "-files", "-libjars", "-archives", "-tokenCacheFile")
)


def _run_command(word: str, rest: list[str], default: str, terminal: Terminal) -> int:
    name = word[1:] if word.startswith("-") else ""
    kind = COMMANDS.get(name)
    try:
        if name in ABOUT:
            explain(name, rest, terminal)
            return 0
        if name in ABSENT:
            terminal.complain(f"{name}: not supported: there is no such thing in these files")
            return 1
        if kind is None:
            similar = _similar(name)
            if similar and not name.startswith("-"):
                terminal.complain(f"{word}: Unknown command. Did you mean -{similar}?")
                return MISUSED
            raise WrongUse("Unknown command")
        if not default.startswith("file:") and (real := anywhere.real_hdfs(os.environ)):
            raise UsageError(
                f"{real}, which HADOOP_CONF_DIR names, is here for jobs alone: use the commands of"
                " a real Hadoop, -fs file:/// for local files, or set MAPREDUCE_FS_ROOT to the"
                " directory that plays HDFS"
            )
        files = FileSystems(default=default, makes_root=not kind.reads_only)
        return kind(name, files, terminal).run(rest)
    except (WrongUse, BadPath) as error:
        for line in str(error).split("\n"):
            terminal.complain(f"{word}: {line}")
            if not name and word in COMMANDS:
                terminal.complain(f"Did you mean -{word}?  This command begins with a dash.")
        complain_all(terminal, usage_of_all())
        if name in COMMANDS or name in ABOUT:
            terminal.complain(f"{_PREFIX} {usage_of(name)}")
        return MISUSED


def _similar(name: str) -> str:
    """The command whose name is almost *name*; empty: there is none."""
    import difflib  # only here: it takes time to load

    return next(iter(difflib.get_close_matches(name, [*COMMANDS, *ABOUT], 1)), "")


def explain(name: str, rest: list[str], terminal: Terminal) -> None:
    """``-help`` and ``-usage``."""
    for word in rest:
        if word not in COMMANDS and word not in ABOUT:
            raise WrongUse(f"`{word}': Unknown command")
        for line in help_of(word) if name == "help" else [f"{_PREFIX} {usage_of(word)}"]:
            terminal.say(line)
    if not rest:
        for line in help_of_all() if name == "help" else usage_of_all():
            terminal.say(line)


_PREFIX = "Usage: hadoop fs [generic options]"


def usage_of(name: str) -> str:
    """The usage of one command."""
    if name in ABOUT:
        return f"-{name} [cmd ...]"
    kind = COMMANDS[name]
    return f"-{name}" if kind.replacement else f"-{name} {kind.usage}".rstrip()


def usage_of_all() -> Iterator[str]:
    """The usage of all commands that are not deprecated."""
    yield _PREFIX
    for name in _current():
        yield f"\t[{usage_of(name)}]"
    yield from _GENERIC.splitlines()


def help_of(name: str) -> Iterator[str]:
    """The usage and the description of one command."""
    yield f"{usage_of(name)} :"
    if name in ABOUT:
        yield f"  {ABOUT[name]}"
    elif COMMANDS[name].replacement:
        yield f"  (DEPRECATED) Same as '{COMMANDS[name].replacement}'"
    else:
        for line in COMMANDS[name].description.splitlines():
            yield f"  {line}"


def help_of_all() -> Iterator[str]:
    """The usage and the description of all commands."""
    yield from usage_of_all()
    for name in _current():
        yield ""
        yield from help_of(name)


def complain_all(terminal: Terminal, lines: Iterator[str]) -> None:
    """Write *lines* to stderr."""
    terminal.complain("\n".join(lines))


def _current() -> list[str]:
    names = [name for name, kind in COMMANDS.items() if not kind.replacement]
    return sorted([*names, *ABOUT])
