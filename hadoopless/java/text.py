"""Java's strings: decoding of broken UTF-8, the order of strings, and integers in them."""

from __future__ import annotations

from hadoopless.java.errors import JavaError

LONG_MIN = -(1 << 63)
LONG_MAX = (1 << 63) - 1


def text(data: bytes) -> str:
    """*data* as Text.toString decodes it: broken UTF-8 and whole surrogates become U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        import re  # imported here because it is seldom needed and slow to load

        whole = re.sub(rb"\xed[\xa0-\xbf][\x80-\xbf]?", b"\xef\xbf\xbd", data)
        return whole.decode(errors="replace")


def valid(data: bytes) -> bytes:
    """*data* decoded to a Java string and encoded again."""
    return data if data.isascii() else text(data).encode()


def order(data: bytes) -> bytes:
    """A sort key that orders valid UTF-8 as String.compareTo does: by UTF-16 units."""
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
    """*data* as Long.parseLong reads it; raises JavaError."""
    if len(data) < 19 and data.isdigit():
        return int(data)
    return parse_integer(text(data), LONG_MIN, LONG_MAX)


def parse_integer(string: str, low: int, high: int) -> int:
    """*string* as Long.parseLong or Integer.parseInt read it: digits of any script are allowed."""
    digits = string[1:] if string[:1] in ("+", "-") else string
    # Java looks at single UTF-16 units, so digits beyond U+FFFF do not count as digits.
    # Python refuses thousands of digits; only leading zeros could keep such a number in range.
    few = len(digits.lstrip("0")) < 100
    if few and digits.isdecimal() and max(digits) < "\U00010000":
        number = int(string[: len(string) - len(digits)] + (digits.lstrip("0") or "0"))
        if low <= number <= high:
            return number
    raise number_format(string)


def number_format(string: str) -> JavaError:
    """The error that Java raises for a *string* that is no number."""
    return JavaError("java.lang.NumberFormatException", f'For input string: "{string}"')


def wrapped(number: int) -> int:
    """*number* as a long that has overflowed."""
    return (number - LONG_MIN & 0xFFFFFFFFFFFFFFFF) + LONG_MIN
