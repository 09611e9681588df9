"""The words of a command line without secrets, for all that others may read."""

from __future__ import annotations

import re

#: Names of properties whose values are secrets, as Spark has it.
_NAME = re.compile(r"secret|password|token|access\.?key", re.IGNORECASE)
_PROPERTY = re.compile(r"(?:--property=|-D)?([A-Za-z][\w.-]*)=")
_CONNECT = re.compile(r"(?:--master=|-D)?(?:spark\.master=)?sc://")
_HIDDEN = "…"


def is_secret(name: str) -> bool:
    """The property *name* has a secret value."""
    return _NAME.search(name) is not None


def without_secret(word: str) -> str:
    """*word* without the value of a secret property, or what stands behind an address of Spark."""
    found = _PROPERTY.match(word)
    if found and is_secret(found[1]):
        return found[0] + _HIDDEN
    if _CONNECT.match(word):
        return word.partition(";")[0]
    return word
