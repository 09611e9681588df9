"""Shows that work goes on whose progress nobody knows: a sign that turns, and a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from itertools import cycle
from types import TracebackType

from hadoopless.ui.bars import fitting
from hadoopless.ui.console import Console
from hadoopless.ui.notes import clock

_INTERVAL = 0.1
_DOTS, _ASCII = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"


class Spinner(AbstractContextManager["Spinner"]):
    """Tell *what* goes on until the end of the context, with *hints*, the most important first.

    On a terminal the words go away at the end; elsewhere one line stays.
    """

    def __init__(self, console: Console, what: str, hints: Sequence[str]) -> None:
        self._console = console
        self._what = what
        self._hints = hints
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Spinner:
        if self._console.can_draw or self._console.is_in_notebook:
            self._thread = threading.Thread(target=self._turn, name="spinner", daemon=True)
            self._thread.start()
        else:
            self._console.say(", ".join((self._what, *self._hints)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join()
            self._console.draw(())

    def _turn(self) -> None:
        began = time.monotonic()
        for sign in cycle(_DOTS if self._console.has_lines else _ASCII):
            notes = (self._what, clock(time.monotonic() - began), *self._hints)
            self._console.draw([fitting(notes, self._console.width - 3, before=f"{sign} ")])
            if self._stop.wait(_INTERVAL):
                return
