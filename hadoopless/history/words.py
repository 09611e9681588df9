"""Numbers, keys and lists as the texts about a job show them. Pure."""

from __future__ import annotations

from hadoopless.history.course import Attempt

_MB = 1_000_000


def seconds(value: float) -> str:
    """A duration for people: ``0.35 s``, ``61 s``, ``12 min``."""
    if value < 10:
        return f"{value:.2f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def percent(share: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * share:.0f} %" if share >= 0.005 or not share else "< 1 %"


def plural(count: int, word: str) -> str:
    """``1 slot``, ``2 slots``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def megabytes(size: int) -> str:
    """A size in megabytes."""
    return f"{size / _MB:,.0f} MB" if size >= 10 * _MB else f"{size / _MB:.1f} MB"


def listed(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def quoted(key: str) -> str:
    """A key for people."""
    return f"`{key[:40]}`" if key else "that is empty"


def task_name(attempt: Attempt) -> str:
    """``map 3``."""
    return attempt.task.replace("-", " ")
