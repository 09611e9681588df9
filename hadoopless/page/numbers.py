"""Numbers as the page shows them, and static/base.js: grouped digits, sizes, times. Pure."""

from __future__ import annotations

#: A thin space that breaks no line stands between a number and its unit.
_SPACE = "\u202f"


def count(number: float) -> str:
    """A whole number with its digits in groups of three."""
    return f"{number:,.0f}"


def size(number: float) -> str:
    """*number* bytes, in units of 1,024."""
    if number < 1000:
        return f"{number:.0f}{_SPACE}B"
    for unit in ("KB", "MB", "GB", "TB"):
        number /= 1024
        if number < 999.5 or unit == "TB":
            return f"{_three(number)}{_SPACE}{unit}"
    raise AssertionError("the last unit always fits")


def seconds(number: float) -> str:
    """A time in one or two units."""
    if number < 0.9995:
        return f"{1000 * number:.0f}{_SPACE}ms"
    if number < 59.95:
        return f"{_three(number)}{_SPACE}s"
    whole = round(number)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{_SPACE}min {rest:02d}{_SPACE}s"
    hours, minutes = divmod(round(number / 60), 60)
    return f"{hours:,}{_SPACE}h {minutes:02d}{_SPACE}min"


def share(part: float, whole: float) -> str:
    """*part* of *whole* in percent."""
    if not whole:
        return "—"
    percent = 100 * part / whole
    return f"< 1{_SPACE}%" if 0 < percent < 0.5 else f"{percent:.0f}{_SPACE}%"


def _three(number: float) -> str:
    """*number*, below 1,000, with three digits or one behind the point."""
    return f"{number:.0f}" if number >= 99.95 else f"{number:.1f}"
