"""Numbers, keys and lists as the texts about a job show them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hadoopless.history.course import Attempt


def seconds(value: float) -> str:
    """A duration for people: ``4 ms``, ``0.35 s``, ``61 s``, ``12 min``."""
    if 0 < value < 0.01:
        return f"{max(1.0, 1000 * value):.0f} ms"
    if value < 10:
        return f"{value:.2f} s"
    if value < 120:
        return f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def percent(share: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * share:.0f} %" if share >= 0.005 or not share else "< 1 %"


def percents(values: Sequence[float]) -> list[str]:
    """The shares of *values* in percent, which add up to 100 as they are shown.

    What is missing after rounding down goes to those that lose the most by it.
    """
    total = sum(values)
    if not total:
        return [percent(0.0) for _ in values]
    exact = [100 * value / total for value in values]
    shown = [math.floor(share) for share in exact]
    by_loss = sorted(range(len(exact)), key=lambda place: shown[place] - exact[place])
    for place in by_loss[: 100 - sum(shown)]:
        shown[place] += 1
    most = "100 %" if sum(map(bool, values)) == 1 else "> 99 %"
    texts = {0: "< 1 %", 100: most}
    pairs = zip(shown, values, strict=True)
    return [texts.get(one, f"{one} %") if value else "0 %" for one, value in pairs]


def plural(count: int, word: str) -> str:
    """``1 slot``, ``2 slots``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def listed(parts: list[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def quoted(key: str) -> str:
    """A key for people, on one line."""
    return f"`{on_one_line(key)[:40]}`" if key else "that is empty"


def on_one_line(text: str) -> str:
    """*text* with its tabs and newlines escaped."""
    return text.replace("\t", "\\t").replace("\n", "\\n")


def task_name(attempt: Attempt) -> str:
    """``map 3``."""
    return attempt.task.replace("-", " ")


def capital(text: str) -> str:
    """*text* as the beginning of a sentence."""
    return text[:1].upper() + text[1:]
