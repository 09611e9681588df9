"""Drains a program's stderr and keeps the end of it."""

from __future__ import annotations

import os
import threading
from collections import deque

from hadoopless.data.program.reporter import ReporterStream

_KEPT = 16 << 10
_LINES = 20
#: Seconds for the rest of stderr after the end of a program and its group.
_PATIENCE = 5.0


class StderrTail:
    """Reads stderr to its end in a thread of its own and keeps the last of it."""

    def __init__(self, descriptor: int, reports: ReporterStream | None) -> None:
        self._kept: deque[bytes] = deque()
        self._size = 0
        self._descriptor = descriptor
        self._reports = reports
        #: Bytes that have come.
        self.count = 0
        self._thread = threading.Thread(target=self._drain, name="stderr", daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        with os.fdopen(self._descriptor, "rb", buffering=0) as stream:
            while data := stream.read(1 << 16):
                self.count += len(data)
                self._keep(data if self._reports is None else self._reports.feed(data))
        if self._reports is not None:
            self._keep(self._reports.end())

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        self._kept.append(data)
        self._size += len(data)
        while self._size - len(self._kept[0]) >= _KEPT:
            self._size -= len(self._kept.popleft())

    def wait(self) -> None:
        """Wait for the rest of stderr, once the program has ended."""
        # A daemon that the program started in a session of its own may hold the pipe for ever.
        self._thread.join(_PATIENCE)

    def text(self) -> str:
        """The last lines, once the program has ended."""
        self.wait()
        data = b"".join(list(self._kept))[-_KEPT:]
        lines = data.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_LINES:])
