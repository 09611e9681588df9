"""The files that a word of a user stands for in HDFS: a path, a glob or a directory.

Globs are those of local inputs (:func:`glob.glob`): no sign but ``*``, ``?`` and ``[`` has a
meaning, names that begin with a dot must be asked for, and ``**`` is any number of directories.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator

from hadoopless.hdfs.files import Entry, entries, found
from hadoopless.hdfs.names import PREFIX, HdfsName

_MAGIC = re.compile(r"[*?\[]")


def matching(word: str) -> tuple[list[Entry], bool]:
    """The entries that *word* stands for, and True where it is a name itself; InputError."""
    place = HdfsName(word)
    literal = found(place)
    if literal is not None:
        return [literal], True
    if not _MAGIC.search(place.path):
        return [], False
    return list(_matches(HdfsName(f"{PREFIX}{place.authority}/"), place.path[1:].split("/"))), False


def _matches(directory: HdfsName, parts: list[str]) -> Iterator[Entry]:
    """The entries below *directory* whose path from there matches *parts*.

    A shell passes over directories that it cannot read; here their data would be missing without a
    word, so that is an InputError.
    """
    first, *rest = parts
    if first == "**":
        if rest:
            yield from _matches(directory, rest)
        for entry in _shown(directory):
            if entry.is_directory:
                yield from _matches(HdfsName(entry.name), parts)
            elif not rest:  # each once, though a directory above it matches, too
                yield entry
        return
    if not _MAGIC.search(first):
        candidates = list(filter(None, [found(directory.child(first))]))
    else:
        listed = entries(directory) if first.startswith(".") else _shown(directory)
        candidates = [e for e in listed if fnmatch.fnmatchcase(os.path.basename(e.name), first)]
    for entry in candidates:
        if not rest:
            yield entry
        elif entry.is_directory:
            yield from _matches(HdfsName(entry.name), rest)


def _shown(directory: HdfsName) -> list[Entry]:
    """The entries of *directory* without hidden ones; InputError where it cannot be read."""
    listed = entries(directory)
    return [entry for entry in listed if not os.path.basename(entry.name).startswith(".")]
