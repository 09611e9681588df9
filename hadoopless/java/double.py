"""Double.toString and Float.toString before Java 19: not always the shortest digits.

Java's documentation says what the text should look like; its old algorithm, a variant of the free
format printing of Steele and White, sometimes gives one digit more than needed, and rarely a digit
that is not the nearest. Outputs of Hadoop have those digits, so we make them as well.
"""

from __future__ import annotations

import math
import struct

_DOUBLE_BITS = 53
_FLOAT_BITS, _FLOAT_LEAST = 24, -126


def double_text(number: float) -> str:
    """The text that Double.toString gives *number*."""
    return _text(number, _DOUBLE_BITS)


def float_text(number: float) -> str:
    """The text that Float.toString gives *number*, the value of a four-byte float."""
    return _text(number, _FLOAT_BITS)


def _text(number: float, precision: int) -> str:
    if number != number:
        return "NaN"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    number = abs(number)
    if number == math.inf:
        return sign + "Infinity"
    if number == 0.0:
        return sign + "0.0"
    digits, exponent = _digits(number, precision)
    return sign + _laid_out(digits, exponent)


def _laid_out(digits: str, point: int) -> str:
    """*digits* with the decimal point after the first *point* of them."""
    if 0 < point < 8:
        whole = digits[:point].ljust(point, "0")
        return f"{whole}.{digits[point:] or '0'}"
    if -3 < point <= 0:
        return "0." + "0" * -point + digits
    return f"{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _digits(number: float, precision: int) -> tuple[str, int]:
    """The digits of *number* > 0, and the position of the decimal point among them."""
    (bits,) = struct.unpack(">q", struct.pack(">d", number))
    fraction, exponent = bits & (1 << 52) - 1, bits >> 52
    if exponent:
        significant = 53
        fraction |= 1 << 52
    else:
        significant = fraction.bit_length()
        fraction <<= 53 - significant
        exponent = significant - 52
    # number == fraction / 2**52 * 2**exponent, and fraction has 53 bits.
    exponent -= 1023
    if precision == _FLOAT_BITS:
        significant = _FLOAT_BITS + min(exponent - _FLOAT_LEAST, 0)
    zeros = (fraction & -fraction).bit_length() - 1
    if 53 - zeros - exponent - 1 <= 0 and exponent <= 62:
        return _of_whole(fraction, exponent, significant)
    return _of_any(fraction, exponent, significant, zeros)


def _of_whole(fraction: int, exponent: int, significant: int) -> tuple[str, int]:
    """The digits of an integer below 2**63, as far as its significant bits determine them."""
    value = fraction << exponent - 52 if exponent >= 52 else fraction >> 52 - exponent
    dropped = 0
    beyond = exponent - significant - 1
    if exponent > significant and beyond > 1:
        dropped = int(beyond * math.log10(2))
        unit = 10**dropped
        value = (value + unit // 2) // unit
    text = str(value)
    return text.rstrip("0"), len(text) + dropped


def _of_any(fraction: int, exponent: int, significant: int, zeros: int) -> tuple[str, int]:
    tiny = max(0, 53 - zeros - exponent - 1)
    point = _estimate(fraction, exponent)
    # value / scale == number / 10**point, and margin / scale is half the value of the last bit.
    fives_up, fives_down = max(0, -point), max(0, point)
    up = fives_up + tiny + exponent
    down = fives_down + tiny
    margin_up = up - significant
    bits = 53 - zeros
    up -= bits - 1
    common = min(up, down)
    up, down, margin_up = up - common, down - common, margin_up - common
    if bits == 1:
        margin_up -= 1  # below a power of two the neighbour is nearer
    if margin_up < 0:
        up, down, margin_up = up - margin_up, down - margin_up, 0
    value = (fraction >> zeros) * 5**fives_up << up
    scale = 5**fives_down << down
    margin = 5**fives_up << margin_up
    width = _width(bits, up, down, fives_up, fives_down)
    return _developed(value, scale, margin, point, width)


def _width(bits: int, up: int, down: int, fives_up: int, fives_down: int) -> int:
    """The width of the integers that Java would compute with; 0 for BigInteger."""
    most = max(
        bits + up + _bits_of_five(fives_up),
        down + 1 + _bits_of_five(fives_down + 1),
    )
    return 32 if most < 32 else 64 if most < 64 else 0


def _bits_of_five(power: int) -> int:
    return (5**power).bit_length() if power and power < 28 else 3 * power if power else 0


def _developed(value: int, scale: int, margin: int, point: int, width: int) -> tuple[str, int]:
    """Develop digits one by one until the rest is within the margin.

    Java computes in an int or a long where *value* and *scale* fit, and then its margin and its
    comparisons may overflow.
    """
    tens = 10 * scale
    digits: list[int] = []
    first, low, high = True, False, False
    while not low and not high:
        digit, rest = divmod(value, scale)
        value = 10 * rest
        margin *= 10
        reach = value + margin
        if width and reach >> width - 1:
            margin, reach = _wrapped(margin, width), _wrapped(reach, width)
        low = value < margin or margin <= 0
        high = margin <= 0 or (reach > tens if width else reach >= tens)
        if first and digit == 0:
            point -= 1
        else:
            digits.append(digit)
        if first and not -3 <= point < 8:
            # With an exponent there is always a digit behind the point, so it is developed, too.
            low = high = False
        first = False
    above = _wrapped(2 * value - tens, width) if width else 2 * value - tens
    if high and (not low or above > 0 or (above == 0 and digits[-1] & 1)):
        point += _round_up(digits)
    return "".join(map(str, digits)), point + 1


def _wrapped(number: int, width: int) -> int:
    """*number* in *width* bits with a sign."""
    half = 1 << width - 1
    return (number + half) % (2 * half) - half


def _round_up(digits: list[int]) -> int:
    """Add one to the last digit; 1 if the point moves by that."""
    at = len(digits) - 1
    while at >= 0 and digits[at] == 9:
        digits[at] = 0
        at -= 1
    if at < 0:
        digits[:] = [1, *digits[1:]]
        return 1
    digits[at] += 1
    return 0


def _estimate(fraction: int, exponent: int) -> int:
    """About floor(log10(number)), by the tangent of log10 at 1.5; sometimes one too large."""
    scaled = fraction / (1 << 52)
    return math.floor((scaled - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
