"""Runs the event loop of a process whose signals raise KeyboardInterrupt."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run *main* to its end in a new event loop.

    An interrupt may come before the loop has begun: then Python would warn of *main* on stderr.
    """
    try:
        asyncio.run(main)
    finally:
        main.close()
