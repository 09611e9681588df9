"""The directory trees in which a task's programs work: names in them, and their removal."""

from __future__ import annotations

import os
import shutil

from hadoopless.errors import UsageError


def checked_name(name: str) -> str:
    """*name* without detours; raises UsageError if it leads out of the directory of a task."""
    clean = os.path.normpath(name)
    if not name or "\0" in name or os.path.isabs(clean) or clean.split("/")[0] in (".", ".."):
        raise UsageError(f"{name!r} is no name for a file in the directory of a task")
    return clean


def remove_tree(path: str) -> None:
    """Remove a directory and all that is in it, as far as that can be done."""
    shutil.rmtree(path, ignore_errors=True)
    if not os.path.lexists(path):
        return
    # A program may have taken away our permissions.
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
