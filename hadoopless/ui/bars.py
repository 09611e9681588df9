"""Draws rows with bars of progress for a given width. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

_WIDEST_BAR = 40
_NARROWEST_BAR = 10
#: Columns that a bar leaves to the notes behind it, if it can.
_FOR_NOTES = 38
_GREEN, _DIM, _PLAIN = "\x1b[32m", "\x1b[2m", "\x1b[0m"


class Row(Struct, frozen=True):
    """One phase of a job."""

    name: str
    done: int
    total: int
    #: The share of the work that is done, from 0 to 1.
    share: float
    #: The most important first.
    notes: Sequence[str] = field(default=())


class Style(Struct, frozen=True):
    """The characters of a bar, and whether it has colours."""

    done: str = "━"
    rest: str = "─"
    colours: bool = True


def drawn(rows: Sequence[Row], width: int, style: Style) -> list[str]:
    """A line for each of *rows*, shorter than *width*: a terminal wraps lines that fill it.

    In less room there is a shorter bar, then fewer notes, then no bar.
    """
    names = max(len(row.name) for row in rows)
    counts = [f"{row.done}/{row.total}" for row in rows]
    # As wide as they will get, so that the bars do not change their length.
    figures = max(len(f"100% {row.total}/{row.total}") for row in rows)
    room = max(0, width - 1)
    left = room - names - figures - 2
    bar = min(_WIDEST_BAR, max(_NARROWEST_BAR, left - _FOR_NOTES))
    if bar > left:
        bar = 0
    lines = []
    for row, count in zip(rows, counts, strict=True):
        if room < names + 1 + figures:
            lines.append(f"{row.name[:1]} {count}"[:room])
            continue
        told = f"{int(100 * row.share):3}% {count}"
        shown = f"{row.name:<{names}} {_bar(row, bar, style)}{told:<{figures}}"
        left_over = room - names - 1 - (bar + 1 if bar else 0) - figures
        lines.append(f"{shown}{fitting(row.notes, left_over - 2, before='  ')}".rstrip())
    return lines


def faint(line: str, style: Style) -> str:
    """*line* as one that matters less than the others."""
    return f"{_DIM}{line}{_PLAIN}" if style.colours and line else line


def _bar(row: Row, width: int, style: Style) -> str:
    """The bar of *row* and a blank; nothing for no *width*."""
    if not width:
        return ""
    full = int(width * row.share)
    done, rest = style.done * full, style.rest * (width - full)
    if style.colours:
        done, rest = f"{_GREEN}{done}{_PLAIN}", f"{_DIM}{rest}{_PLAIN}"
    return f"{done}{rest} "


def fitting(notes: Sequence[str], room: int, *, before: str = "") -> str:
    """As many of *notes* as there is *room* for, each whole; *before* is put before the first."""
    told = ""
    for note in notes:
        longer = f"{told}, {note}" if told else note
        if len(longer) > room:
            break
        told = longer
    return f"{before}{told}" if told else ""
