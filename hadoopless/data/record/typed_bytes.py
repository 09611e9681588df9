"""Typed bytes: a type code and its payload, as Hadoop's streaming package has them.

The codes: 0 bytes, 1 byte, 2 bool, 3 int, 4 long, 5 float, 6 double, 7 string, 8 vector, 9 list
(ended by 255), 10 map, 50 to 200 bytes of an application. All numbers are signed and big-endian.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from hadoopless.data.record.layout import BadOutput
from hadoopless.java.double import double_text, float_text
from hadoopless.java.text import text as decoded

_BYTES, _BYTE, _BOOL, _INT, _LONG, _FLOAT, _DOUBLE, _STRING, _VECTOR, _LIST, _MAP = range(11)
_WRITABLE = 50
#: Ends a list; in place of a key it ends the output.
MARKER = 255

_NUMBERS = {
    code: struct.Struct(form)
    for code, form in [
        (_BYTE, ">b"),
        (_BOOL, ">?"),
        (_INT, ">i"),
        (_LONG, ">q"),
        (_FLOAT, ">f"),
        (_DOUBLE, ">d"),
    ]
}
_LENGTH = struct.Struct(">i")
_WITH_LENGTH = {_BYTES, _STRING, *range(_WRITABLE, 201)}

_TOO_DEEP = "wrote typed bytes that are nested too deeply"

Data = bytes | memoryview


def end_of(data: Data, at: int) -> int | None:
    """The end of the value that begins at *at*; None when *data* end before.

    Raises BadOutput for bytes that are no value.
    """
    try:
        end = _skip(data, at)
    except (IndexError, struct.error):
        return None
    except RecursionError:
        raise BadOutput(_TOO_DEEP) from None
    return end if end <= len(data) else None


def text_of(data: Data) -> str:
    """Java's toString of one whole value; BadOutput."""
    try:
        return _shown(data, 0)[0]
    except RecursionError:
        raise BadOutput(_TOO_DEEP) from None


def of_text(data: Data) -> bytes:
    """*data*, a text, as a typed string; what is no UTF-8 becomes U+FFFD [TypedBytesOutput]."""
    text = decoded(bytes(data)).encode()
    return bytes([_STRING]) + _LENGTH.pack(len(text)) + text


def of_bytes(data: Data, code: int = _BYTES) -> bytes:
    """*data* as typed bytes."""
    return bytes([code]) + _LENGTH.pack(len(data)) + data


def of_long(data: Data) -> bytes:
    """*data*, eight bytes, as a typed long."""
    return bytes([_LONG]) + data


def of_class(name: str) -> bytes:
    """An object of a Java class that writes nothing, as typed bytes."""
    return of_bytes(_LENGTH.pack(len(name)) + name.encode(), _WRITABLE)


def _length(data: Data, at: int) -> int:
    length: int = _LENGTH.unpack_from(data, at)[0]
    if length < 0:
        raise BadOutput(f"wrote typed bytes of length {length}")
    return length


def _count(data: Data, at: int) -> int:
    """The count of items at *at*; Java reads none where it is below 0."""
    count: int = _LENGTH.unpack_from(data, at)[0]
    return max(0, count)


def _skip(data: Data, at: int) -> int:
    """The end of the value at *at*; IndexError or struct.error when *data* end within it."""
    code = data[at]
    at += 1
    if code in _NUMBERS:
        return at + _NUMBERS[code].size
    if code in _WITH_LENGTH:
        return at + 4 + _length(data, at)
    if code in (_VECTOR, _MAP):
        items = _count(data, at) * (1 if code == _VECTOR else 2)
        at += 4
        for _ in range(items):
            at = _skip(data, at)
        return at
    if code == _LIST:
        while data[at] != MARKER:
            at = _skip(data, at)
        return at + 1
    raise BadOutput(f"wrote bytes that are no typed bytes: no value begins with {code}")


def _shown(data: Data, at: int) -> tuple[str, Any, int]:
    """A whole value at *at*: its toString, its order as a key of a map, and its end.

    The order is None for containers: Java cannot compare them.
    """
    code = data[at]
    at += 1
    if code in _NUMBERS:
        form = _NUMBERS[code]
        number = form.unpack_from(data, at)[0]
        return _number_text(code, number), (code, _order(number)), at + form.size
    if code in _WITH_LENGTH:
        end = at + 4 + _length(data, at)
        payload = bytes(data[at + 4 : end])
        if code == _STRING:
            text = decoded(payload)
            return text, (code, text.encode("utf-16-be")), end
        return payload.hex(), (_BYTES, payload), end
    if code == _MAP:
        return _map_text(data, at)
    items = []
    if code == _VECTOR:
        count = _count(data, at)
        at += 4
        for _ in range(count):
            item, _key, at = _shown(data, at)
            items.append(item)
    else:
        while data[at] != MARKER:
            item, _key, at = _shown(data, at)
            items.append(item)
        at += 1
    return f"[{', '.join(items)}]", None, at


def _map_text(data: Data, at: int) -> tuple[str, None, int]:
    """The toString of a map, in the order of its keys [TreeMap]; the last of equal keys counts."""
    entries: dict[Any, tuple[str, str]] = {}
    classes = set()
    count = _count(data, at)
    at += 4
    for _ in range(count):
        key, order, at = _shown(data, at)
        value, _order, at = _shown(data, at)
        classes.add(order and order[0])
        if None in classes or len(classes) > 1:
            raise BadOutput("wrote a typed map whose keys cannot be compared")
        entries[order] = (key, value)
    shown = ", ".join(f"{key}={value}" for _, (key, value) in sorted(entries.items()))
    return f"{{{shown}}}", None, at


def _number_text(code: int, number: Any) -> str:
    if code == _BOOL:
        return "true" if number else "false"
    if code == _FLOAT:
        return float_text(number)
    if code == _DOUBLE:
        return double_text(number)
    return str(number)


def _order(number: Any) -> Any:
    """The order of Java's compareTo: for floats -0.0 before 0.0, and NaN, equal to itself, last."""
    if not isinstance(number, float):
        return number
    if math.isnan(number):
        return (True, 0.0, 1.0)
    return (False, number, math.copysign(1.0, number))
