"""Loads libraries and machine code, with a line for a process that may not have the memory."""

from __future__ import annotations

import logging
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

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


def load_kernels(tell: Callable[[], None] | None = None) -> None:
    """Load the kernels. Where they must be compiled first, *tell* is called.

    Without it, the terminal shows that work goes on, or a log line tells of it.
    """
    from hadoopless.data.machine import kernels  # it loads numpy, which may fail for lack of memory

    with ExitStack() as stack:
        kernels.load(tell or _sign(stack))


def _sign(stack: ExitStack) -> Callable[[], None] | None:
    """The call that shows a sign on the terminal until *stack* ends; None where there is none."""
    from hadoopless.ui.console import Console  # only here: workers of a pool need no terminal

    console = Console(sys.stderr)
    if not console.can_draw:
        return None

    def show() -> None:
        from hadoopless.data.machine.cache import COMPILING, USUAL_TIME
        from hadoopless.ui.spinner import Spinner  # only here: few starts compile

        stack.enter_context(Spinner(console, COMPILING, USUAL_TIME))

    return show


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
