"""The ends of a client before its job runs: an exit code and the last lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hadoopless.errors import MapReduceError
from hadoopless.streaming.notices import Notice, error

Value = TypeVar("Value")

ILLEGAL_ARGUMENT = "java.lang.IllegalArgumentException"

#: The last line of every client that ends with another status than 0 (but by an exception).
FAILED = Notice("Streaming Command Failed!")


class StreamingExit(Exception):
    """The end of a client, with an exit code and lines to print; with code 0 it has done all."""

    def __init__(
        self, code: int, stdout: tuple[str, ...] = (), stderr: tuple[Notice, ...] = ()
    ) -> None:
        super().__init__(code, stdout, stderr)
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    def __str__(self) -> str:
        return "\n".join(line.text for line in self.stderr) or f"exit {self.code}"

    def after(self, stdout: tuple[str, ...], stderr: tuple[Notice, ...]) -> StreamingExit:
        """The same end with lines before its own."""
        return StreamingExit(self.code, stdout + self.stdout, stderr + self.stderr)


def failure(*lines: Notice, code: int = 1) -> StreamingExit:
    """The end of a client that has failed; *lines* tell why."""
    return StreamingExit(code, (), (*lines, FAILED))


def refusal(text: str) -> StreamingExit:
    """The end of a client whose options are wrong [StreamJob.fail]."""
    return failure(Notice(text), Notice("Try -help for more information"))


def crash(exception: str) -> StreamingExit:
    """The end of a client by a Java exception that nobody catches; its stack is left out."""
    return StreamingExit(1, (), (Notice(f'Exception in thread "main" {exception}'),))


def job_failure(text: str) -> StreamingExit:
    """The end of a client whose job has failed because of *text*."""
    return failure(error(text), error("Job not successful!"))


def launch_failure(text: str) -> StreamingExit:
    """The end of a client whose job cannot be submitted, because of its inputs or its output."""
    return failure(error(f"Error Launching job : {text}"), code=5)


def or_crash(ask: Callable[[], Value], exception: str = ILLEGAL_ARGUMENT) -> Value:
    """The answer of *ask*; an error of ours becomes the end that the Java *exception* makes."""
    try:
        return ask()
    except MapReduceError as problem:
        raise crash(f"{exception}: {problem}") from problem
