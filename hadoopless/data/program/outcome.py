"""Decides whether a program that has ended has failed, and says how."""

from __future__ import annotations

from hadoopless.data.program.commands import Command
from hadoopless.data.program.start_errors import unread_by_shell, why_not_run
from hadoopless.data.program.terms import Terms
from hadoopless.failure import describe_exit

#: The failure of a program that has left too much of its input unread.
BROKEN_PIPE = (
    "Broken pipe: it ended well, but has not read its input, and more of that is left than pipes"
    " and buffers hold; Hadoop takes this for a failure. Read stdin to its end (cat >/dev/null),"
    " or, in a mapper, give -D stream.minRecWrittenToEnableSkip_=0"
)


def bad_status(command: Command, code: int, terms: Terms, *, by_shell: bool) -> str:
    """The failure of a program that has ended with *code*, which is not 0.

    *by_shell* says that /bin/sh ran the program.
    """
    failure = describe_exit(code)
    if terms.as_hadoop:
        # Hadoop's words, which its users (and their tools) look for.
        number = code if code > 0 else 128 - code
        failure += f" (PipeMapRed.waitOutputThreads(): subprocess failed with code {number})"
    if trouble := why_not_run(command, code):
        failure += f"; {trouble}"
    elif by_shell:
        failure += "; it has no #! line, so /bin/sh ran it"
    elif trouble := unread_by_shell(command):
        failure += f"; {trouble}"
    return failure


def idle_failure(seconds: float) -> str:
    """The failure of a program that has done nothing for *seconds*."""
    return (
        f"has neither read nor written anything, nor said anything on stderr, for {seconds:g} s"
        f" (mapreduce.task.timeout={seconds * 1000:.0f})"
    )
