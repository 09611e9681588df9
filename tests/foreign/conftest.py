"""Our coordinator for the tests here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.pools import Coordinated, coordinate

RunCoordinator = Callable[..., Coordinated]


@pytest.fixture
def run_coordinator(tmp_path: Path) -> RunCoordinator:
    """``run_coordinator(urls, "--jobPath=words", ...)``: our coordinator in tmp_path."""
    return partial(coordinate, cwd=tmp_path)
