"""The parent of the worker processes: it binds their sockets, starts them, and restarts them.

It holds the listening sockets itself, so that a restarted worker has its old address and callers
wait in the socket's queue meanwhile.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from hadoopless.entry import startup
from hadoopless.errors import trouble_at_border
from hadoopless.wire.addresses import host_and_port, is_loopback

_log = logging.getLogger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0
#: A worker that has run for so long, or that has started and was then killed, starts again with the
#: shortest pause: the pause is for workers that cannot start.
_STEADY = 30.0
_STARTED = 0.5
#: Workers may take so long to end by themselves; all must have stopped within two seconds.
_STOP_GRACE = 1.2


def is_local(url: str) -> bool:
    """Say if *url* names this machine, so that its worker can be started here."""
    host, _ = host_and_port(url)
    if is_loopback(host):
        return True
    try:
        where = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        for family, _, _, _, address in where:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.bind(address)  # only an address of this machine can be bound
                return True
    except OSError:
        pass
    return False


class _Worker(Struct, eq=False):
    url: str
    listener: socket.socket
    pid: int = 0
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    #: The time when it is to be started; None while it runs.
    due: float | None = 0.0


class Pool:
    """The worker processes of one ``workers.py``.

    *serve* runs in each child: (listening socket, URL, lifeline descriptor).
    """

    def __init__(
        self,
        urls: Sequence[str],
        listeners: Sequence[socket.socket],
        serve: Callable[[socket.socket, str, int], None],
    ) -> None:
        self._workers = [_Worker(*pair) for pair in zip(urls, listeners, strict=True)]
        self._serve = serve
        # Nobody writes to this pipe: the children see its end when this process is gone.
        self._lifeline, self._our_end = os.pipe()

    def run(self, until_closed: int | None = None) -> None:
        """Keep all workers running until SIGINT or SIGTERM, or the end of *until_closed*."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        stopping: list[int] = []
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda received, _: stopping.append(received))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        if startup.was_interrupted():
            stopping.append(signal.SIGINT)
        watched = [wake_read] + ([] if until_closed is None else [until_closed])
        try:
            while not stopping:
                self._reap()
                self._start_due((wake_read, wake_write))
                ready, _, _ = select.select(watched, [], [], self._next_due())
                if until_closed in ready:
                    break
                if wake_read in ready:
                    os.read(wake_read, 4096)
        finally:
            self._stop()

    def _next_due(self) -> float | None:
        pending = [worker.due for worker in self._workers if worker.due is not None]
        return max(0.0, min(pending) - time.monotonic()) if pending else None

    def _start_due(self, ours: tuple[int, int]) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.due is not None and worker.due <= now:
                sys.stdout.flush()
                sys.stderr.flush()
                try:
                    pid = os.fork()
                except OSError as error:
                    worker.due = now + worker.pause
                    _log.error("worker %s: %s", worker.url, trouble_at_border(error) or error)
                    worker.pause = min(2 * worker.pause, _LONGEST_PAUSE)
                    continue
                if pid == 0:
                    self._be_worker(worker, ours)
                worker.pid, worker.started, worker.due = pid, now, None

    def _be_worker(self, worker: _Worker, parents: tuple[int, int]) -> None:
        """Serve in the child until it ends; this does not return."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGINT, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)  # the parent tells us when to stop
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for descriptor in (self._our_end, *parents):
                os.close(descriptor)
            for other in self._workers:
                if other is not worker:
                    other.listener.close()
            self._serve(worker.listener, worker.url, self._lifeline)
            code = 0
        except BaseException as error:
            if trouble := trouble_at_border(error):
                _log.error("worker %s: %s", worker.url, trouble)
            else:
                _log.exception("worker %s ended by an error of its own", worker.url)
        finally:
            # After sys.exit, threads that wait for a program would keep the process alive.
            os._exit(code)

    def _reap(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.due is None and (code := _exit_code(worker.pid)) is not None:
                if now - worker.started > (_STEADY if code > 0 else _STARTED):
                    worker.pause = _FIRST_PAUSE
                worker.due = now + worker.pause
                _log.warning(
                    "worker %s (process %d) died; it starts again in %.1f s",
                    worker.url,
                    worker.pid,
                    worker.pause,
                )
                worker.pause = min(2 * worker.pause, _LONGEST_PAUSE)

    def _stop(self) -> None:
        running = [worker.pid for worker in self._workers if worker.due is None]
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_GRACE
        while running and time.monotonic() < deadline:
            running = [pid for pid in running if _exit_code(pid) is None]
            if running:
                time.sleep(0.01)
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for worker in self._workers:
            worker.listener.close()
        os.close(self._our_end)
        os.close(self._lifeline)


def _exit_code(pid: int) -> int | None:
    """The exit code of a child (negative: the signal that killed it); None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None
