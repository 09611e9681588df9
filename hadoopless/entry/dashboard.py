"""Starts the live page as a process of its own, for a job or for a pool of workers.

The socket is bound here, so the link is known at once and nobody waits for the process: whoever
opens it early waits in the socket's queue. The token goes through a pipe, where no list of
processes shows it.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path

from hadoopless import installation
from hadoopless.errors import WorkerError, trouble_at_border

#: Seconds for which the page of a job can be seen after its end, or after the last look at it.
LINGER = 600
_BACKLOG = 64


class Dashboard:
    """A live page: its link, and the process that serves it."""

    def __init__(self, log: Path | None) -> None:
        """Show the job whose log is at *log*, or all jobs until :meth:`close`.

        Raises WorkerError, and the errors of a machine without descriptors or processes.
        """
        command = [sys.executable, os.path.join(installation.ABOVE, "hadoopless"), "ui"]
        token = secrets.token_urlsafe(32)
        try:
            with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listener:
                fd = listener.fileno()
                words = [] if log is None else [str(log), f"--linger={LINGER}"]
                self._process = subprocess.Popen(
                    [*command, *words, f"--inherited={fd}"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=[fd],
                    start_new_session=True,  # Ctrl-C is for the job
                )
                port = listener.getsockname()[1]
        except OSError as error:
            raise trouble_at_border(error) or WorkerError(
                f"the live page cannot be started: {error.strerror}"
            ) from error
        job = "" if log is None else f"&job={log.name.partition('.')[0]}"
        self.link = f"http://127.0.0.1:{port}/open?token={token}{job}"
        self._stdin = self._process.stdin
        if self._stdin is not None:
            self._stdin.write(f"{token}\n".encode())
            self._stdin.flush()
            if log is not None:
                self._stdin.close()
        # The page outlives its job, and nobody waits for its end.
        self._process.returncode = 0

    def close(self) -> None:
        """End the page of all jobs; that of one job ends by itself."""
        if self._stdin is not None:
            self._stdin.close()
