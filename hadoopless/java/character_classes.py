"""Java's classes of characters, written as the inside of a character class of Python's ``re``."""

from __future__ import annotations

import sys

LINE_ENDS = "\\n\\r\\u0085\\u2028\\u2029"
_HORIZONTAL = " \\t\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000"
_VERTICAL = "\\n\\v\\f\\r\\u0085\\u2028\\u2029"

#: The letter after a backslash -> the characters that the two stand for.
ESCAPES = {
    "d": "0-9",
    "D": "\\D",
    "w": "a-zA-Z0-9_",
    "W": "\\W",
    "s": " \\t\\n\\v\\f\\r",
    "S": "\\S",
    "h": _HORIZONTAL,
    "H": f"(?:[^{_HORIZONTAL}])",
    "v": _VERTICAL,
    "V": f"(?:[^{_VERTICAL}])",
}

_POSIX = {
    "Lower": "a-z",
    "Upper": "A-Z",
    "ASCII": "\\x00-\\x7f",
    "Alpha": "a-zA-Z",
    "Digit": "0-9",
    "Alnum": "a-zA-Z0-9",
    "Punct": "!-/:-@\\[-`{-~",
    "Graph": "!-~",
    "Print": " -~",
    "Blank": " \\t",
    "Cntrl": "\\x00-\\x1f\\x7f",
    "XDigit": "0-9a-fA-F",
    "Space": " \\t\\n\\v\\f\\r",
    "L1": "\\x00-\\xff",
}

#: Names that stand for several of Unicode's general categories.
_MANY = {
    "LC": ("Lu", "Ll", "Lt"),
    "LD": ("L", "Nd"),
    "IsAlphabetic": ("L", "Nl"),
    "IsLetter": ("L",),
    "IsDigit": ("Nd",),
    "IsUppercase": ("Lu",),
    "IsLowercase": ("Ll",),
    "IsTitlecase": ("Lt",),
    "IsPunctuation": ("P",),
    "javaLetter": ("L",),
    "javaDigit": ("Nd",),
    "javaLetterOrDigit": ("L", "Nd"),
    "javaUpperCase": ("Lu",),
    "javaLowerCase": ("Ll",),
    "javaTitleCase": ("Lt",),
    "javaAlphabetic": ("L", "Nl"),
}
_CATEGORIES = (
    *("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp"),
    *(
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Pc",
        "Pd",
        "Ps",
        "Pe",
        "Pi",
        "Pf",
        "Po",
        "Sm",
        "Sc",
        "Sk",
        "So",
    ),
)


def named_class(name: str, *, negated: bool) -> str:
    """The characters of ``\\p{name}`` or, if *negated*, of ``\\P{name}``."""
    for key in ("gc=", "general_category="):
        name = name.removeprefix(key)
    if name in _POSIX:
        body = _POSIX[name]
    else:
        body = _of_categories(_MANY.get(name) or (name.removeprefix("Is"),))
    return f"(?:[^{body}])" if negated else body


def _of_categories(names: tuple[str, ...]) -> str:
    """All characters whose category begins with one of *names*, as ranges."""
    import unicodedata  # imported here because it is large and seldom needed

    if not all(any(one.startswith(name) for one in _CATEGORIES) and name for name in names):
        raise ValueError(f"Unknown character property name {{{names[0]}}}")
    wanted = {one for one in _CATEGORIES if one.startswith(names)}
    ranges: list[str] = []
    start = -1
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code)) in wanted
        if inside and start < 0:
            start = code
        elif not inside and start >= 0:
            ranges.append(f"\\U{start:08x}-\\U{code - 1:08x}")
            start = -1
    return "".join(ranges)
