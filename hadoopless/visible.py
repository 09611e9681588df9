"""Makes text from outside fit for a terminal, which would obey the control characters in it."""

from __future__ import annotations

import re

#: All control characters of ASCII and Latin-1, but TAB and NL. In text that was decoded from bytes
#: which are no UTF-8, those of Latin-1 are surrogates. Then the characters that let a terminal show
#: those behind them in another order.
_CONTROLS = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\udc80-\\udc9f\\u202a-\\u202e\\u2066-\\u2069]"
)


def visible(text: str) -> str:
    """*text* with its control characters escaped, but for TAB and NL."""
    return _CONTROLS.sub(lambda match: match[0].encode("unicode_escape").decode(), text)
