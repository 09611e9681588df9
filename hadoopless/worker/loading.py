"""Loads libraries and machine code, with a line for a process that may not have the memory."""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager

from hadoopless.errors import WorkerError

_log = logging.getLogger(__name__)


@contextmanager
def loading() -> Iterator[None]:
    """Raise WorkerError where a library cannot be loaded, for lack of memory as a rule.

    A library that is not installed stays a ModuleNotFoundError.
    """
    try:
        yield
    except ModuleNotFoundError:
        raise
    except KeyboardInterrupt as error:
        # OpenBLAS, a part of numpy, interrupts its own process when it can start no thread.
        if _limit() is None:
            raise
        raise WorkerError(_told(error)) from error
    except (ImportError, OSError, MemoryError, RuntimeError, SystemError) as error:
        _log.debug("while libraries were loaded", exc_info=True)
        raise WorkerError(_told(error)) from error


def _limit() -> int | None:
    """The limit of the memory of this process in KB, as ``ulimit -v`` has it; None without one."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft >> 10


def _told(error: BaseException) -> str:
    limit = _limit()
    if limit is not None:
        return (
            f"the libraries of a worker cannot be loaded: a process may have {limit:,} KB of memory"
            " here (ulimit -v); raise that limit"
        )
    reason = str(error).strip().splitlines() or [type(error).__name__]
    return f"the libraries of a worker cannot be loaded: {reason[-1]}"
