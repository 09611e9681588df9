"""Text as Java sees it: broken UTF-8, the order of strings, numbers that are written out."""

from __future__ import annotations

from hadoopless.java.errors import JavaError

LONG_MIN = -(1 << 63)
LONG_MAX = (1 << 63) - 1


def text(data: bytes) -> str:
    """Text.toString: what is no UTF-8 is replaced, a whole surrogate by one character."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        import re  # hardly ever needed, and slow to load

        whole = re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]?", b"\xef\xbf\xbd", data)
        return whole.decode(errors="replace")


def valid(data: bytes) -> bytes:
    """*data* after it has been a Java string."""
    return data if data.isascii() else text(data).encode()


def order(data: bytes) -> bytes:
    """What sorts as String.compareTo does, by UTF-16 units; *data* is valid."""
    return data if data.isascii() else _units(data)


def _units(data: bytes) -> bytes:
    """UTF-16 units in a form that sorts with ASCII: Java's modified UTF-8 is that.

    A character beyond 16 bits is a pair of surrogates, each written as three bytes.
    """
    string = data.decode()
    if max(string) < "\U00010000":
        return data
    units = string.encode("utf-16-be")
    return b"".join(
        chr(int.from_bytes(units[at : at + 2], "big")).encode(errors="surrogatepass")
        for at in range(0, len(units), 2)
    )


def parse_long(data: bytes) -> int:
    """Long.parseLong."""
    if len(data) < 19 and data.isdigit():
        return int(data)
    return parse_integer(text(data), LONG_MIN, LONG_MAX)


def parse_integer(string: str, low: int, high: int) -> int:
    """Long.parseLong or Integer.parseInt, whose digits may be those of any script."""
    digits = string[1:] if string[:1] in ("+", "-") else string
    # Java looks at single UTF-16 units, so that the digits beyond 16 bits are none.
    # Python refuses thousands of digits; of so many none but zeros are in range.
    few = len(digits.lstrip("0")) < 100
    if few and digits.isdecimal() and max(digits) < "\U00010000":
        number = int(string[: len(string) - len(digits)] + (digits.lstrip("0") or "0"))
        if low <= number <= high:
            return number
    raise number_format(string)


def number_format(string: str) -> JavaError:
    """What Java says of a *string* that is no number."""
    return JavaError("java.lang.NumberFormatException", f'For input string: "{string}"')


def wrapped(number: int) -> int:
    """*number* as a long that has overflowed."""
    return (number - LONG_MIN & 0xFFFFFFFFFFFFFFFF) + LONG_MIN
