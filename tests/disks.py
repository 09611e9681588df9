"""Disks on which there is not as much room as somebody needs, or none to write at all."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Writing behind *size* bytes of a file fails, as on a full disk: after a part of the piece."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def mounted(directory: Path, *arguments: str) -> Iterator[Path]:
    """A file system mounted on *directory*, where the user of the tests may do that."""
    directory.mkdir()
    try:
        subprocess.run(["mount", *arguments, directory], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"cannot mount a file system here: {error}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)
