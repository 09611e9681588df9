"""Directories that programs of a task work in: names in them, and how they are removed."""

from __future__ import annotations

import os
import shutil

from hadoopless.errors import UsageError


def checked_name(name: str) -> str:
    """*name* for a file in the directory of a task, if it is one; UsageError."""
    clean = os.path.normpath(name)
    if not name or "\0" in name or os.path.isabs(clean) or clean.split("/")[0] in (".", ".."):
        raise UsageError(f"{name!r} is no name for a file in the directory of a task")
    return clean


def remove_tree(path: str) -> None:
    """Remove a directory and all in it, as far as that can be done."""
    shutil.rmtree(path, ignore_errors=True)
    if not os.path.lexists(path):
        return
    # A program may have taken away our own permissions.
    _let_us_in(path)
    for parent, directories, _ in os.walk(path):
        for name in directories:
            _let_us_in(os.path.join(parent, name))
    shutil.rmtree(path, ignore_errors=True)


def _let_us_in(directory: str) -> None:
    try:
        if not os.path.islink(directory):
            os.chmod(directory, 0o700)
    except OSError:
        pass  # another user's
