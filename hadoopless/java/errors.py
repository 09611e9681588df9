"""The error that stands for an exception of Java."""

from __future__ import annotations


class JavaError(Exception):
    """An exception as Java would throw it; only its text is shown."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
