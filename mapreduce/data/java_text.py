"""How Java decodes UTF-8 and writes floating-point numbers as text."""

from __future__ import annotations

import math
import re

import numpy as np

#: A surrogate in UTF-8, or the begin of one: one malformed sequence for Java, several for Python.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")
_REPLACEMENT = "\ufffd".encode()
_DOUBLE_BITS = 53
_FLOAT_BITS = 24


def decoded(data: bytes) -> str:
    """*data* as UTF-8, one U+FFFD in place of each sequence that is none [Text.toString]."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _SURROGATE.sub(_REPLACEMENT, data).decode(errors="replace")


def double_text(number: float) -> str:
    """What Double.toString gives [FloatingDecimal].

    Java 18 and older write a digit too many, or the second best one, for some powers of two and
    numbers next to zero (2**-44); that is not repeated here.
    """
    if not math.isfinite(number) or number == 0:
        return _special(number)
    size = abs(number)
    digits = _whole_digits(size, _DOUBLE_BITS)
    if not digits:
        digits = f"{size:.1e}"  # two digits at least, the nearest ones
        if float(digits) != size:
            digits = repr(size)
    return _sign(number) + _java_form(size, digits)


def float_text(number: float) -> str:
    """What Float.toString gives for *number*, a value of a float of four bytes."""
    if not math.isfinite(number) or number == 0:
        return _special(number)
    size = abs(number)
    single = np.float32(size)
    digits = _whole_digits(size, _FLOAT_BITS)
    if not digits:
        digits = f"{size:.1e}"
        if np.float32(digits) != single:
            digits = np.format_float_scientific(single, unique=True)
    return _sign(number) + _java_form(size, digits)


def _special(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return _sign(number) + ("0.0" if number == 0 else "Infinity")


def _sign(number: float) -> str:
    return "-" if math.copysign(1.0, number) < 0 else ""


def _whole_digits(size: float, bits: int) -> str:
    """The digits of a whole number that fits a long; "" for others.

    Java takes them from the long and rounds away those below the precision: not always as few as
    would do (2.0E18, but 2.02217629096541875E18).
    """
    if not size.is_integer() or size >= 2.0**63:
        return ""
    whole = int(size)
    spare_bits = whole.bit_length() - bits - 2
    zeros = len(str(1 << spare_bits)) - 1 if spare_bits > 0 else 0
    kept, rest = divmod(whole, 10**zeros)
    if zeros and 2 * rest >= 10**zeros:
        kept += 1
    return f"{kept}e{zeros}"


def _java_form(size: float, digits: str) -> str:
    """The decimal *digits* of *size* with a point or, outside [0.001, 10000000), an exponent."""
    mantissa, _, exponent = digits.partition("e")
    whole, _, fraction = mantissa.partition(".")
    significant = (whole + fraction).lstrip("0")
    point = len(significant) - len(fraction) + int(exponent or 0)
    significant = significant.rstrip("0")
    if not 1e-3 <= size < 1e7:
        return f"{significant[0]}.{significant[1:] or '0'}E{point - 1}"
    if point <= 0:
        return f"0.{'0' * -point}{significant}"
    return f"{significant[:point].ljust(point, '0')}.{significant[point:] or '0'}"
