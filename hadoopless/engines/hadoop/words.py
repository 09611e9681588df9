"""Writes commands, paths and properties so that Hadoop reads the same out of them."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence

from hadoopless.errors import InputError, UsageError

#: Signs with a meaning in Hadoop's patterns of paths; a backslash takes it away.
_PATTERN = re.compile(r"([\[\]*?])")
#: Signs in a path that no writing makes plain: lists are cut at them.
_UNWRITABLE = re.compile(r"[,{}\\\n\r]")
#: Signs with which Hadoop takes no path for the URI of a file that goes along.
ODD_IN_URI = re.compile(r"""[\x00-\x20"#%,<>?\[\]\\^`{|}\x7f]""")
#: The part in front of a path that names a file system.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
#: A reference to another property, which Hadoop expands in every value.
_REFERENCE = "${"


def command_text(words: Sequence[str], what: str) -> str:
    """The command of *words* for ``-mapper`` and the like; *what* names the option in errors.

    Hadoop cuts it at spaces outside quotes and knows no backslash, and its reader of options takes
    away a double quote at either end. Raises UsageError for a word that cannot be written.
    """
    text = " ".join(_quoted(word, what) for word in words)
    return text + " " if text.endswith('"') else text


def _quoted(word: str, what: str) -> str:
    if not word:
        raise UsageError(f"{what}: Hadoop drops an empty argument of a program")
    if "'" in word and '"' in word:
        raise UsageError(
            f"{what}: Hadoop cannot be given an argument with both kinds of quotes: {word};"
            " put the command into a script"
        )
    if "'" in word:
        return f'"{word}"'
    return f"'{word}'" if " " in word or '"' in word else word


def is_remote(path: str) -> bool:
    """True of a path in a file system that is not the local one, such as ``hdfs:///logs``."""
    return _SCHEME.match(path) is not None and not path.lower().startswith("file:/")


def local_uri(path: str) -> str:
    """The URI by which Hadoop reads the local file or directory at the absolute *path*.

    Raises InputError for a name that Hadoop cannot be given, or that it passes over.
    """
    if found := _UNWRITABLE.search(path):
        raise InputError(f"Hadoop cannot be given a path with {found[0]!r} in it: {path}")
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"Hadoop cannot be given a name that is not UTF-8: {path!r}") from error
    return "file://" + os.path.normpath(path)


def input_uri(path: str) -> str:
    """The word of ``-input`` for the local file at the absolute *path*; raises InputError."""
    if os.path.basename(path).startswith(("_", ".")):
        raise InputError(
            f"Hadoop passes over inputs whose names begin with _ or a dot: {path}; rename it"
        )
    return _PATTERN.sub(r"\\\1", local_uri(path))


def variable(name: str, value: str) -> str:
    """The word of ``-cmdenv`` for a variable; UsageError for a value that Hadoop would change."""
    if not value or re.search(r"\s", value) or _REFERENCE in value or '"' in value:
        raise UsageError(
            f"--env: Hadoop cannot be given the value of {name}: it is empty, or has blanks,"
            " double quotes or ${ in it"
        )
    return f"{name}={value}"


def shell_line(words: Sequence[str]) -> str:
    """The line for a shell (bash, zsh) that runs *words*; it has no line end within."""
    return " ".join(map(_for_shell, words))


def _for_shell(word: str) -> str:
    if "\n" not in word:
        return shlex.quote(word)
    escaped = word.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"$'{escaped}'"
