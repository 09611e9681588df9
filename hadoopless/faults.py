"""The faults of a run of a user's program, as the road sees them.

A fault knows neither the task nor the part of the program in it. The task that runs the program
makes of a fault the :class:`~hadoopless.failure.Failure` that its user is told.
"""

from __future__ import annotations

from typing import ClassVar, Self


class Fault(Exception):
    """Base of all faults; the text is a sentence whose subject is the program."""

    #: True: a person who runs the program by hand sees the same.
    repeatable: ClassVar[bool] = True

    def __init__(
        self,
        what: str,
        *,
        exit: int | None = None,
        command: str = "",
        stderr: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        #: The exit code of a program that has ended by itself; negative: the number of a signal.
        self.exit = exit
        #: The program as a shell line, where the fault is repeatable, and the last lines of its
        #: stderr; None: it has not run. Both are filled in when the program is left.
        self.command = command
        self.stderr = stderr

    def adding(self, text: str) -> Self:
        """The same fault with *text* behind its own."""
        return type(self)(
            self.what + text, exit=self.exit, command=self.command, stderr=self.stderr
        )


class BadRun(Fault):
    """The program could not start, or ended badly."""


class NoProgram(BadRun):
    """The file of the program is none; only a shell would run it all the same."""

    repeatable = False


class TimeUp(Fault):
    """The program ran, or did nothing, for too long."""


class BadInput(Fault):
    """The bytes of an input are not what its suffix promises."""

    repeatable = False


class RecordTooLong(Fault):
    """A record does not fit the memory budget of the worker."""

    @classmethod
    def over(cls, limit: int, act: str) -> RecordTooLong:
        """The fault of a program that *act* ("wrote", …) a record of more than *limit* bytes."""
        return cls(
            f"{act} a record of more than {limit:,} bytes, the memory budget of this worker; give"
            " it more with --memory of the workers"
        )
