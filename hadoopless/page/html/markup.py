"""Makes HTML of elements and texts; every text is escaped, so that none can become markup. Pure."""

from __future__ import annotations

import html
import re

#: Control characters but TAB and NL, and those that turn the direction of a line around.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_VOID = frozenset(("br", "hr", "input", "meta"))
#: Attributes that are named by a word of Python.
_NAMES = {"class_": "class", "for_": "for"}


class Html(str):
    """A text that is markup already."""

    __slots__ = ()


Child = str | int | float | None


def element(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Html:
    """The element *name*; in names of attributes ``_`` stands for ``-``; None and False: none."""
    words = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = _NAMES.get(key, key.replace("_", "-"))
        words.append(key if value is True else f'{key}="{text(str(value))}"')
    start = f"<{' '.join(words)}>"
    return Html(start if name in _VOID else f"{start}{joined(*children)}</{name}>")


def joined(*children: Child) -> Html:
    """*children* one after the other: markup as it is, texts escaped, None left out."""
    return Html(
        "".join(
            child if isinstance(child, Html) else text(str(child))
            for child in children
            if child is not None
        )
    )


def text(raw: str) -> Html:
    """*raw* as a text of a document, with its control characters made visible."""
    shown = _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), raw)
    return Html(html.escape(shown))
