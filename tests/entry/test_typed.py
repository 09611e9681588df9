"""Messages speak of the program by the name that the user has typed."""

from __future__ import annotations

import pytest

from hadoopless import installation
from hadoopless.entry import typed


@pytest.mark.parametrize(
    ("noted", "checkout", "program", "line"),
    [
        (None, True, "workers.py", "python3 workers.py"),
        (None, False, "workers.py", "hadoopless workers"),
        ("coordinator.py", True, "coordinator.py", "python3 workers.py"),
        ("hadoopless run", True, "hadoopless run", "hadoopless workers"),
        ("hadoop", True, "hadoop", "python3 workers.py"),
        ("hadoop", False, "hadoop", "hadoopless workers"),
    ],
)
def test_names(
    noted: str | None, checkout: bool, program: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "IS_CHECKOUT", checkout)
    typed.note(noted)
    try:
        assert typed.program("workers.py") == program
        assert typed.line("workers.py") == line
    finally:
        typed.note(None)
