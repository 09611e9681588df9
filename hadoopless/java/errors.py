"""The error that stands for an exception of Java."""

from __future__ import annotations


class JavaError(Exception):
    """An exception that Java would throw here; users see only its text."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}" if text else kind)
