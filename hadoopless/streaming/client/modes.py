"""Gives the files of an output the modes that Hadoop gives them, whatever the umask."""

from __future__ import annotations

import os
from pathlib import Path

_FILE = 0o666
_DIRECTORY = 0o777


def set_modes(output: Path, mask: int) -> None:
    """Set the modes of *output* and of all in it to those that *mask* leaves."""
    for directory, _, names in os.walk(output):
        _set_mode(directory, _DIRECTORY & ~mask)
        for name in names:
            _set_mode(os.path.join(directory, name), _FILE & ~mask)


def _set_mode(path: str, mode: int) -> None:
    try:
        if not os.path.islink(path):
            os.chmod(path, mode)
    except OSError:
        pass  # The file of a worker that runs as another user.
