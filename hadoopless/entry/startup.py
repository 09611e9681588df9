"""Begins and ends the processes of a job: fast, as in a small job each tenth of a second counts,
and in one line whatever the user does to them meanwhile.

This module loads nothing that the start of Python has not loaded: until it is there, Ctrl-C shows a
trace.
"""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # signal itself loads enum
import gc
import os
import sys

from hadoopless.entry import typed

TYPE_CHECKING = False  # that of typing would have to be loaded
if TYPE_CHECKING:
    from collections.abc import Callable

#: New objects until Python looks for garbage among them. By default it does at each 700th, which
#: takes a tenth of the time that a program needs to load; modules are no garbage.
_OBJECTS = 20_000

#: The exit code of a program that Ctrl-C or another of these signals has ended.
INTERRUPTED = 130
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_begun = False
_interrupted = False


def begin(program: str) -> None:
    """Prepare the process of *program*; called before anything large is imported.

    Until :func:`let_interrupts_raise` there is nothing to clean up, so signals end it at once.
    A program that another one has begun, and now imports, changes nothing.
    """
    global _begun
    if _begun:
        return
    _begun = True
    typed.note(program)

    def end(number: int, _: object) -> None:
        try:
            if number == signal.SIGINT:  # whoever sends another signal does not read our stderr
                os.write(2, f"{typed.program(program)}: cancelled\n".encode())
        finally:
            os._exit(INTERRUPTED)

    for number in _ENDING:
        # A signal stays ignored where it is: Ctrl-C in the background of a script, others by nohup.
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, end)
    # A parent may have blocked them. Without SIGCHLD, nobody would hear of the end of a program.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (*_ENDING, signal.SIGCHLD))
    _hide_dropped_interrupts()
    gc.set_threshold(_OBJECTS)
    from hadoopless.entry import streams  # only now, when signals are caught

    streams.prepare()


def _hide_dropped_interrupts() -> None:
    """Let Python show no trace of an interrupt that it drops: see :func:`was_interrupted`."""
    show = sys.unraisablehook

    def show_others(dropped: sys.UnraisableHookArgs) -> None:
        if dropped.exc_type is not KeyboardInterrupt:
            show(dropped)

    sys.unraisablehook = show_others


def let_interrupts_raise() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, for which the caller is prepared.

    So do the other signals that end a program, in a process that :func:`begin` has prepared.
    """
    for number in _ENDING:
        if callable(signal.getsignal(number)):
            signal.signal(number, _raise)


def let_hangup_kill() -> None:
    """From now on the end of the terminal (SIGHUP) ends this process as a loss of power does.

    It changes nothing where the signal is ignored, or is the concern of somebody else's program.
    """
    if signal.getsignal(signal.SIGHUP) is _raise:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


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


def run(main: Callable[[], int]) -> None:
    """End the process with the exit code that *main* returns.

    An interrupt that comes when *main* is about to return finds nothing more to clean up.
    """
    try:
        code = main()
    except KeyboardInterrupt:
        code = INTERRUPTED
    leave(code)


def leave(code: int) -> None:
    """End the process at once, without taking apart its memory.

    All threads that still do something useful must have ended.
    """
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)  # the exit code is decided
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            pass  # closed; there is no way to tell the user
    os._exit(code)
