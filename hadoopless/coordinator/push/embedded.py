"""A pool of workers for one job, started and stopped by its coordinator.

It takes as long to start as a small job to plan, so it may be begun before the job is planned; so
this module loads little.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import IO, Any, cast

from hadoopless import installation
from hadoopless.errors import NoWorkersError, UsageError, WorkerError, trouble_at_border
from hadoopless.wire import addresses, tokens
from hadoopless.wire.messages.failures import parse_error

_STOP_PATIENCE = 3.0
#: Seconds for a worker of the inventory to accept a connection.
_CONNECT_TIMEOUT = 0.2


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what a container may use, not what the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class EmbeddedPool:
    """``workers.py`` as a child. It ends when its stdin closes, so also when we are killed."""

    def __init__(
        self, *, quiet: bool, compiling: Callable[[], AbstractContextManager[object]] = nullcontext
    ) -> None:
        """Begin to start a worker for each processor, on free ports.

        *compiling* makes the context in which this process waits while the pool compiles kernels.
        """
        self._compiling = compiling
        program = os.path.join(installation.HOME, "workers.py")
        command = [sys.executable, program, f"--embedded={_processors()}"]
        try:
            self._process = subprocess.Popen(
                [*command, *(["--quiet"] if quiet else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the coordinator, which then stops the pool
            )
        except OSError as error:
            raise trouble_at_border(error) or WorkerError(
                f"{sys.executable} cannot be started: {error.strerror}"
            ) from error
        self._urls: tuple[str, ...] = ()

    # No cached_property: until Python 3.12 all objects of a class share the lock of one, so jobs in
    # several threads would wait for each other, and a process forked meanwhile for ever.
    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of the workers; waits until they listen.

        Raises the error for which the pool did not start, NoWorkersError when it told of none.
        """
        if not self._urls:
            self._urls = self._told_urls()
        return self._urls

    def _told_urls(self) -> tuple[str, ...]:
        told = self._told()
        if "compiling" in told:
            with self._compiling():
                told = self._told()
        if "urls" not in told:
            raise parse_error(told, NoWorkersError)
        for url in told["urls"]:
            tokens.know(url, told["token"])
        return tuple(told["urls"])

    def _told(self) -> dict[str, Any]:
        """The next line that the pool tells; waits for it."""
        line = cast(IO[bytes], self._process.stdout).readline()
        if not line:
            raise NoWorkersError(
                f"the job's own workers did not start (exit code {self._process.wait()})"
            )
        told: dict[str, Any] = json.loads(line)
        return told

    def __enter__(self) -> EmbeddedPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The pool would notice the end of its stdin only when it is ready, and not at all while a
        # process that was forked from this one meanwhile has the other end, too.
        self._process.terminate()
        cast(IO[bytes], self._process.stdin).close()
        cast(IO[bytes], self._process.stdout).close()
        try:
            self._process.wait(_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def pool_ahead(
    wanted: str | None, inventory: Mapping[str, Any], *, quiet: bool
) -> EmbeddedPool | None:
    """The pool that a job will need, begun; None where that is not sure.

    *wanted* as for :func:`hadoopless.coordinator.push.finding.find_workers`, which is sure of it.
    """
    try:
        alone = wanted == "embedded" or (
            wanted is None and all(map(_is_refused, addresses.inventory_urls(inventory)))
        )
    except UsageError:
        return None  # for others to tell
    return EmbeddedPool(quiet=quiet) if alone else None


def _is_refused(url: str) -> bool:
    """True if nobody listens at *url*."""
    try:
        socket.create_connection(addresses.host_and_port(url), _CONNECT_TIMEOUT).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        pass
    return False
