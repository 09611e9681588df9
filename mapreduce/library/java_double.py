"""Double.toString as Java had it before version 19: not always the shortest digits.

Java's documentation says what the text should look like; its old algorithm, a variant of the free
format printing of Steele and White, sometimes gives one digit more than needed, and rarely a digit
that is not the nearest. Outputs of Hadoop have those digits, so we make them as well.
"""

from __future__ import annotations

import math
import struct


def double_text(number: float) -> str:
    """Double.toString(*number*)."""
    if number != number:
        return "NaN"
    sign = "-" if math.copysign(1.0, number) < 0 else ""
    number = abs(number)
    if number == math.inf:
        return sign + "Infinity"
    if number == 0.0:
        return sign + "0.0"
    digits, exponent = _digits(number)
    return sign + _laid_out(digits, exponent)


def _laid_out(digits: str, point: int) -> str:
    """*digits* with the decimal point after the first *point* of them."""
    if 0 < point < 8:
        whole = digits[:point].ljust(point, "0")
        return f"{whole}.{digits[point:] or '0'}"
    if -3 < point <= 0:
        return "0." + "0" * -point + digits
    return f"{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def _digits(number: float) -> tuple[str, int]:
    """The digits of *number* > 0, and where the decimal point is among them."""
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
    zeros = (fraction & -fraction).bit_length() - 1
    if 53 - zeros - exponent - 1 <= 0 and exponent <= 62:
        return _of_whole(fraction, exponent, significant)
    return _of_any(fraction, exponent, significant, zeros)


def _of_whole(fraction: int, exponent: int, significant: int) -> tuple[str, int]:
    """All digits of an integer below 2**63, but not those that its 53 bits do not tell."""
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
    # value / scale == number / 10**point, and margin / scale is half of what the last bit is worth.
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
    return _developed(value, scale, margin, point, _fits_long(bits, up, down, fives_up, fives_down))


def _fits_long(bits: int, up: int, down: int, fives_up: int, fives_down: int) -> bool:
    """Whether Java would compute with 64 bits: there a tie at the upper border goes on."""
    return (
        bits + up + _bits_of_five(fives_up) < 64 and down + 1 + _bits_of_five(fives_down + 1) < 64
    )


def _bits_of_five(power: int) -> int:
    return (5**power).bit_length() if power and power < 28 else 3 * power if power else 0


def _developed(value: int, scale: int, margin: int, point: int, small: bool) -> tuple[str, int]:
    """Digit by digit until what is left is within the margin."""
    tens = 10 * scale
    digits: list[int] = []
    first, low, high = True, False, False
    while not low and not high:
        digit, rest = divmod(value, scale)
        value = 10 * rest
        margin *= 10
        low = value < margin
        high = value + margin > tens if small else value + margin >= tens
        if first and digit == 0:
            point -= 1
        else:
            digits.append(digit)
        if first and not -3 <= point < 8:
            # With an exponent there is a digit behind the point, and it shall tell something.
            low = high = False
        first = False
    if high and (not low or 2 * value > tens or (2 * value == tens and digits[-1] & 1)):
        point += _round_up(digits)
    return "".join(map(str, digits)), point + 1


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
    """About floor(log10(number)): a line through log10 at 1.5, too large by one at times."""
    scaled = fraction / (1 << 52)
    return math.floor((scaled - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
