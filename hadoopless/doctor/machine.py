"""Looks at this machine: Python, kernels, limits, directories, commands."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from hadoopless import __version__, installation
from hadoopless.data.machine import cache, prebuilt
from hadoopless.doctor.findings import Finding, Level
from hadoopless.entry import typed
from hadoopless.entry.directories import temporary_directory
from hadoopless.errors import DiskError
from hadoopless.sizes import show_size

_FEWEST_FILES = 1024
_LEAST_SPACE = 1 << 30
_SPEED_BYTES = 32 << 20
_LEAST_SPEED = 50e6
_PACKAGES = ("tornado", "msgspec", "numpy", "zstandard")
#: The modules that mrjob imports and Python no longer has: from 3.12 and from 3.13 on.
_OF_MRJOB = ("distutils", "pipes")
#: The commands of Hadoop that this project stands in for.
_SHIMS = ("hadoop", "hdfs", "mapred", "yarn")


def on_this_machine(spill_directory: str | None) -> Iterator[Finding]:
    """All findings that need nothing but this machine."""
    yield _python()
    yield _packages()
    yield kernels()
    yield open_files(*resource.getrlimit(resource.RLIMIT_NOFILE))
    yield _spill(spill_directory)
    yield commands_of_hadoop([shutil.which(name) for name in _SHIMS])
    yield mrjob()


def _python() -> Finding:
    kind = "a checkout" if installation.IS_CHECKOUT else "an installed package"
    state = f"hadoopless {__version__}, {kind}, on Python {sys.version.split()[0]}"
    return Finding("version", Level.PASS, f"{state} ({sys.executable})")


def _packages() -> Finding:
    found, missing = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding(
            "packages",
            Level.FAIL,
            f"there is no {', no '.join(missing)}",
            installation.install_command(),
        )
    return Finding("packages", Level.PASS, ", ".join(found))


def kernels() -> Finding:
    """The state of the compiled kernels, without loading or compiling any."""
    if libraries := prebuilt.found():
        return Finding("kernels", Level.PASS, f"compiled ones came along: {libraries[0]}")
    if find_spec("llvmlite") is None:
        return Finding(
            "kernels",
            Level.FAIL,
            f"there is no llvmlite, and {prebuilt.why_none()}",
            installation.install_command(),
        )
    name = cache.file_name()
    for directory in cache.directories():
        if (directory / name).is_file():
            return Finding("kernels", Level.PASS, f"compiled ones are kept: {directory / name}")
    if find_spec("numba") is None:
        return Finding(
            "kernels",
            Level.FAIL,
            "they are not compiled yet, and there is no numba",
            installation.install_command(),
        )
    return Finding(
        "kernels",
        Level.WARN,
        "they are not compiled yet",
        f"they will be compiled: {', '.join(cache.USUAL_TIME)}",
    )


def open_files(soft: int, hard: int) -> Finding:
    """The limit of open files, which the workers raise as far as it goes."""
    most = "no limit" if hard == resource.RLIM_INFINITY else f"{hard:,}"
    state = f"{soft:,} open files, {most} at most"
    if hard != resource.RLIM_INFINITY and hard < _FEWEST_FILES:
        return Finding("open files", Level.WARN, state, "raise the limit: ulimit -n 4096")
    return Finding("open files", Level.PASS, state)


def _spill(directory: str | None) -> Finding:
    try:
        directory = directory or temporary_directory()
        free = shutil.disk_usage(directory).free
        speed = _written_per_second(directory)
    except DiskError as error:
        return Finding("spill directory", Level.FAIL, str(error))
    except OSError as error:
        return Finding(
            "spill directory",
            Level.FAIL,
            f"{directory}: {error.strerror or error}",
            f"name another one: {typed.line('workers.py')} --spillDir=DIR, or TMPDIR",
        )
    return spill_directory(directory, free, speed)


def spill_directory(directory: str, free: int, speed: float) -> Finding:
    """The state of a *directory* with *free* bytes that takes *speed* bytes a second."""
    state = f"{directory}: {show_size(free)} free, {show_size(int(speed))} a second"
    if free < _LEAST_SPACE:
        advice = "data beyond memory goes there: name another one with --spillDir of the workers"
        return Finding("spill directory", Level.WARN, state, advice)
    if speed < _LEAST_SPEED:
        advice = (
            "jobs beyond memory are slow there: name a faster one with --spillDir of the workers"
        )
        return Finding("spill directory", Level.WARN, state, advice)
    return Finding("spill directory", Level.PASS, state)


def _written_per_second(directory: str) -> float:
    """The bytes a second that reach the disk of *directory*; the file has no name there."""
    piece = bytes(1 << 20)
    with tempfile.TemporaryFile(dir=directory) as file:
        began = time.monotonic()
        for _ in range(_SPEED_BYTES // len(piece)):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
        return _SPEED_BYTES / max(time.monotonic() - began, 1e-6)


def commands_of_hadoop(found: Sequence[str | None]) -> Finding:
    """The commands ``hadoop``, ``hdfs``, … that a shell finds: those of this project or others."""
    ours = os.path.realpath(os.path.join(installation.HOME, "bin"))
    there = [path for path in found if path]
    others = [path for path in there if os.path.dirname(os.path.realpath(path)) != ours]
    if others:
        state = f"a shell finds {', '.join(others)}, which is not of this project"
        advice = f"for this one: PATH={ours}:$PATH, or hadoopless hadoop ..."
        return Finding("hadoop commands", Level.WARN, state, advice)
    if there:
        return Finding("hadoop commands", Level.PASS, f"a shell finds {', '.join(there)}")
    state = "a shell finds none; hadoopless hadoop ... does the same"
    return Finding("hadoop commands", Level.PASS, state)


def mrjob() -> Finding:
    """The state of mrjob: installed or not, and fit for this Python or not."""
    try:
        found = version("mrjob")
    except PackageNotFoundError:
        return Finding("mrjob", Level.PASS, "it is not installed, and only its own jobs need it")
    missing = [name for name in _OF_MRJOB if find_spec(name) is None]
    if missing:
        advice = f"pip install {' '.join(f'standard-{name}' for name in missing)}"
        return Finding("mrjob", Level.WARN, f"{found} does not load on this Python", advice)
    return Finding("mrjob", Level.PASS, f"{found}; its jobs run with -r hadoop")
