"""Reads ``fs.permissions.umask-mode``, by which Hadoop's clients give modes to files [UmaskParser].

The umask of the process does not matter to them.
"""

from __future__ import annotations

import re

PROPERTY = "fs.permissions.umask-mode"
DEFAULT = 0o022

_OCTAL = re.compile(r"\s*\+?0*([0-7]{1,3})\s*")
_SYMBOLIC = re.compile(r"\s*([ugoa]*)([+=-])([rwxX]*)\s*")
_SHIFTS = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1, "X": 1}


def parse_mask(text: str) -> int:
    """The bits that a mode must not have: ``022``, or by what it may have: ``u=rwx,g=rx,o=``.

    Raises ValueError, in Hadoop's words.
    """
    octal = _OCTAL.fullmatch(text)
    if octal:
        return int(octal[1], 8)
    allowed = 0
    for part in text.split(","):
        symbolic = _SYMBOLIC.fullmatch(part)
        if symbolic is None:
            raise ValueError(
                f"Unable to parse configuration {PROPERTY} with value {text} as octal or symbolic"
                " umask."
            )
        who, sign, letters = symbolic.groups()
        bits = 0
        for letter in letters:
            bits |= _BITS[letter]
        for one in _SHIFTS if not who or "a" in who else who:
            shift = _SHIFTS[one]
            if sign == "=":
                allowed &= ~(0o7 << shift)
            allowed = allowed & ~(bits << shift) if sign == "-" else allowed | bits << shift
    return 0o777 & ~allowed
