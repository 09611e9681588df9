"""Keeps the object file of the kernels from one start to the next.

It is kept beside Python's own byte code, or in the user's cache directory where that cannot be
written. Its name holds a digest of everything that it was made of, so no old file is used. Because
it is run, a file that somebody else could have written is not used either.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import tempfile
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib.util import cache_from_source
from pathlib import Path

_log = logging.getLogger(__name__)

#: The packages of the road, in whose modules the kernels are.
_ROAD = "hadoopless.data"
#: The modules that hold kernels and their parts.
MODULES = (
    f"{_ROAD}.machine.lines",
    f"{_ROAD}.record.frame_kernels",
    f"{_ROAD}.record.vint_kernels",
    f"{_ROAD}.record.repeat_kernels",
    f"{_ROAD}.input.map_input_kernels",
    f"{_ROAD}.sort.range_kernels",
    f"{_ROAD}.sort.key_kernels",
    f"{_ROAD}.sort.map_output_kernels",
    f"{_ROAD}.sort.partition_kernels",
    f"{_ROAD}.sort.sort_kernels",
    f"{_ROAD}.sort.block_kernels",
    f"{_ROAD}.sort.group_kernels",
    f"{_ROAD}.merge.merge_kernel",
    f"{_ROAD}.merge.reduce_input_kernels",
    f"{_ROAD}.merge.key_tally_kernels",
    f"{_ROAD}.output.reduce_output_kernels",
)
#: The modules that make machine code of them.
MAKERS = tuple(
    f"{_ROAD}.machine.{name}" for name in ("kernels", "memory", "intrinsics", "compiler")
)
#: The directory that holds the import package.
ABOVE = Path(__file__).resolve().parents[3]

#: The work that users wait for at the first start, in words for people, and the time it takes.
COMPILING = "compiling the sort and merge kernels"
USUAL_TIME = ("usually 10 to 30 s", "only at the first start")
#: For how many seconds a process waits for another one that compiles.
PATIENCE = 300.0
_BETWEEN_LOOKS = 0.1


def digest(modules: Iterable[str] = (*MODULES, *MAKERS)) -> str:
    """Identifies the sources, the compiler (each numba has its llvmlite) and the processor."""
    # Imported here, because code that came with the package needs no llvmlite.
    import llvmlite
    import llvmlite.binding as llvm

    target = (llvmlite.__version__, llvm.get_default_triple(), llvm.get_host_cpu_name())
    made = _digest_of_sources(modules)
    made.update("\n".join((*target, llvm.get_host_cpu_features().flatten())).encode())
    return made.hexdigest()


def source_digest(modules: Iterable[str] = (*MODULES, *MAKERS)) -> str:
    """Identifies the sources alone."""
    return _digest_of_sources(modules).hexdigest()


def _digest_of_sources(modules: Iterable[str]) -> blake2b:
    made = blake2b(digest_size=12)
    for module in modules:
        made.update(ABOVE.joinpath(*module.split(".")).with_suffix(".py").read_bytes())
    return made


def file_name(modules: Iterable[str] = MODULES) -> str:
    """The name under which the object file of the kernels in *modules* is kept."""
    return f"kernels-{digest((*modules, *MAKERS))}.o"


def directories() -> Iterator[Path]:
    """Directories that may hold the file, the best first."""
    yield Path(cache_from_source(__file__)).parent
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    if base.is_absolute():  # else it would depend on the working directory
        yield base / "hadoopless"


class Cache:
    """Object files in some directories, the best first."""

    def __init__(self, directories: Iterable[Path], patience: float = PATIENCE) -> None:
        self._directories = tuple(directories)
        self._patience = patience

    def find(self, name: str) -> bytes | None:
        """The object file that was kept as *name*; None where there is none, or a damaged one."""
        for directory in self._directories:
            try:
                with open(directory / name, "rb") as file:
                    if is_ours(os.fstat(file.fileno())):
                        return _unpacked(file.read())
            except (OSError, ValueError):
                pass
        return None

    def keep(self, code: bytes, name: str) -> None:
        """Keep an object file as *name*; where that cannot be, a warning says so."""
        problems = []
        for directory in self._directories:
            try:
                _write(_packed(code), directory / name)
                return
            except OSError as error:
                problems.append(f"{directory}: {error.strerror}")
        _log.warning(
            "the kernels cannot be kept, so each start compiles them (%s); set XDG_CACHE_HOME to a"
            " directory that can be written",
            "; ".join(problems),
        )

    @contextmanager
    def only_one_compiles(self) -> Iterator[None]:
        """Let other processes wait here, until this one has kept what it compiles.

        The system releases the lock of a process that dies. A process that has waited too long, or
        that cannot lock a file, goes on without the lock: then two compile the same.
        """
        lock = self._lock_file()
        try:
            if lock is not None:
                self._wait_for(lock)
            yield
        finally:
            if lock is not None:
                os.close(lock)

    def _lock_file(self) -> int | None:
        for directory in self._directories:
            try:
                directory.mkdir(mode=0o755, parents=True, exist_ok=True)
                return os.open(directory / "kernels.lock", os.O_RDWR | os.O_CREAT, 0o600)
            except OSError:
                pass
        return None

    def _wait_for(self, lock: int) -> None:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return
                time.sleep(_BETWEEN_LOOKS)
            except OSError:  # a file system without locks
                return


def is_ours(file: os.stat_result) -> bool:
    """True if nobody can have written the file who cannot change the program as well."""
    owners = (os.getuid(), 0, os.stat(__file__).st_uid)
    return file.st_uid in owners and not file.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _packed(code: bytes) -> bytes:
    """The file: a line with the checksum, then the object file."""
    return b"%08x\n" % zlib.crc32(code) + code


def _unpacked(file: bytes) -> bytes:
    """The object file in a file that was kept; ValueError when that is damaged."""
    head, _, code = file.partition(b"\n")
    if int(head, 16) != zlib.crc32(code):
        raise ValueError("wrong checksum")
    return code


def _write(file: bytes, path: Path) -> None:
    """Write *file* to *path*, whole or not at all; OSError."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix=".kernels-")
    try:
        with os.fdopen(descriptor, "wb") as target:
            # Other users of the installation would compile the same once more at each start.
            os.fchmod(descriptor, 0o644)
            target.write(file)
        os.replace(beside, path)
    except OSError:
        os.unlink(beside)
        raise
