"""Begins and ends the processes of a job: fast, as in a small job each tenth of a second counts,
and in one line whatever the user does to them meanwhile.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

from hadoopless.entry import typed

#: New objects until Python looks for garbage among them. By default it does at each 700th, which
#: takes a tenth of the time that a program needs to load; modules are no garbage.
_OBJECTS = 20_000

#: The exit code of a program that Ctrl-C has ended.
INTERRUPTED = 130

_begun = False
_interrupted = False


def begin(program: str) -> None:
    """Prepare the process of *program*; called before anything large is imported.

    Until :func:`let_interrupts_raise` there is nothing to clean up, so Ctrl-C ends it at once.
    A program that another one has begun, and now imports, changes nothing.
    """
    global _begun
    if _begun:
        return
    _begun = True
    typed.note(program)

    def interrupted(*_: object) -> None:
        try:
            os.write(2, f"{typed.program(program)}: cancelled\n".encode())
        finally:
            os._exit(INTERRUPTED)

    # Ctrl-C stays ignored where it is, as in the background of a script.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, interrupted)
    gc.set_threshold(_OBJECTS)
    from hadoopless.entry import streams  # only now, as until here Ctrl-C showed a trace

    streams.prepare()


def let_interrupts_raise() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, for which the caller is prepared."""
    if callable(signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, _raise)


def _raise(*_: object) -> None:
    global _interrupted
    _interrupted = True
    raise KeyboardInterrupt


def was_interrupted() -> bool:
    """True when KeyboardInterrupt was raised, also where Python has dropped it.

    Python drops what is raised in some callbacks of its own, which run while modules are imported.
    Who begins to wait for signals asks this first.
    """
    return _interrupted


def leave(code: int) -> None:
    """End the process at once, without taking apart its memory.

    All threads that still do something useful must have ended.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the exit code is decided
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # closed; there is no way to tell the user
    os._exit(code)
