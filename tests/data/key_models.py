"""Hadoop's ways to pick parts of keys, to compare them and to hash them, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass

from hadoopless.rules import FieldRange, KeyFields

#: A key and where a range of it begins and ends (behind its last byte).
Part = tuple[bytes, int, int]


def part_of(key: bytes, wanted: FieldRange, separator: bytes) -> Part | None:
    """[KeyFieldHelper]: the start lies within the key, the end may lie before it."""
    lengths = []
    start = 0
    while (hit := key.find(separator, start)) >= 0:
        lengths.append(hit - start)
        start = hit + 1  # not behind the separator, if that is longer
    lengths.append(len(key) - start)
    places = [sum(lengths[:i]) + i * len(separator) for i in range(len(lengths))]
    if wanted.start_field > len(lengths):
        return None
    start = places[wanted.start_field - 1] + wanted.start_char - 1
    if start < 0 or start >= len(key):
        return None
    end = len(key)
    if 0 < wanted.end_field <= len(lengths):
        last = wanted.end_field - 1
        end = min(end, places[last] + (wanted.end_char or lengths[last]))
    return key, start, end


def compared(a: bytes, b: bytes, order: KeyFields) -> int:
    """[KeyFieldBasedComparator]: below, at or above 0. A range that both lack is equal."""
    for wanted in order.ranges:
        left, right = (part_of(key, wanted, order.separator) for key in (a, b))
        if left is None or right is None:
            result = (left is not None) - (right is not None)
        elif wanted.numeric:
            result = compared_numbers(left, right)
        else:
            result = compared_bytes(left, right)
        if result:
            return -result if wanted.reverse else result
    return 0


def compared_bytes(a: Part, b: Part) -> int:
    """Bytes, or the lengths where one has none, or less than none."""
    (left, start, end), (right, other_start, other_end) = a, b
    left, right = left[start : max(start, end)], right[other_start : max(other_start, other_end)]
    common = min(len(left), len(right))
    if left[:common] != right[:common]:
        return 1 if left > right else -1
    return (end - start) - (other_end - other_start)


@dataclass
class _Number:
    """Goes over a number while two are compared."""

    key: bytes
    at: int
    end: int

    def __post_init__(self) -> None:
        self.seen = self.key[self.at]  # whatever the range is
        self.negative = self.seen == ord("-")
        self.at += self.negative
        while self.now == ord("0"):
            self.at += 1

    @property
    def now(self) -> int:
        return self.key[self.at] if self.at < self.end else -1

    @property
    def has_digit(self) -> bool:
        return ord("0") <= self.now <= ord("9")

    @property
    def left(self) -> bytes:
        return self.key[self.at : max(self.at, self.end)]

    @property
    def is_zero(self) -> bool:
        if self.has_digit:
            return False
        return self.now != ord(".") or not has_value(self.left[1:])

    def look(self) -> None:
        """See the byte behind equal digits, if there is one."""
        if self.now >= 0:
            self.seen = self.now

    def digits(self) -> int:
        """The number of digits that follow."""
        return len(self.left) - len(self.left.lstrip(b"0123456789"))


def has_value(fraction: bytes) -> bool:
    """True if zeros are followed by another digit."""
    return fraction.lstrip(b"0")[:1].isdigit()


def compared_numbers(a: Part, b: Part) -> int:
    """[numericalCompare], which takes in more than the numbers: see what stands behind them."""
    left, right = _Number(*a), _Number(*b)
    if left.negative != right.negative:
        if left.is_zero and right.is_zero:
            return 0
        return -1 if left.negative else 1
    sign = -1 if left.negative else 1
    while left.has_digit and left.now == right.now:
        left.at += 1
        right.at += 1
    left.look()
    right.look()
    point = ord(".")
    if (left.seen == point and not right.has_digit) or (right.seen == point and not left.has_digit):
        return sign * compared_fractions(left.left, right.left)
    if left.digits() != right.digits():
        return sign * (left.digits() - right.digits())
    return sign * (signed(left.seen) - signed(right.seen))


def signed(byte: int) -> int:
    """The number that Java makes of a byte, which has a sign."""
    return byte - 256 if byte > 127 else byte


def compared_fractions(left: bytes, right: bytes) -> int:
    """[decimalCompare], from the points on; one may be missing."""
    if not left:
        return -has_value(right[1:])
    if not right:
        return +has_value(left[1:])
    if left[:1] != right[:1]:
        return has_value(left[1:]) if left[:1] == b"." else -has_value(right[1:])
    if left[:1] != b".":
        return 0
    for at, (byte, other) in enumerate(zip(left, right, strict=False)):
        if byte != other:
            both = left[at : at + 1].isdigit(), right[at : at + 1].isdigit()
            return byte - other if all(both) else both[0] - both[1]
    common = min(len(left), len(right))
    return has_value(left[common:]) - has_value(right[common:])


def hashed(data: bytes | list[int], seed: int = 0) -> int:
    """31 times what was, plus the next one; a byte has a sign."""
    for each in data:
        seed = (31 * seed + (signed(each) if isinstance(data, bytes) else each)) & 0xFFFFFFFF
    return seed & 0x7FFFFFFF


def java_text(key: bytes) -> str:
    """[Text.toString]: as Python replaces bad bytes, but one character for a whole surrogate."""
    text = ""
    while key:
        try:
            return text + key.decode()
        except UnicodeDecodeError as error:
            text += key[: error.start].decode() + "\ufffd"
            rest = key[error.start :]
            surrogate = rest[:1] == b"\xed" and 0xA0 <= (rest[1:2] or b"\0")[0] <= 0xBF
            size = error.end - error.start
            if surrogate:
                size = 3 if 0x80 <= (rest[2:3] or b"\0")[0] <= 0xBF else min(2, len(rest))
            key = rest[size:]
    return text


def java_hash(key: bytes) -> int:
    """[String.hashCode]."""
    units = java_text(key).encode("utf-16-le", "surrogatepass")
    return hashed([int.from_bytes(units[i : i + 2], "little") for i in range(0, len(units), 2)])


def fields_hash(key: bytes, fields: KeyFields) -> int:
    """[KeyFieldBasedPartitioner] with options."""
    key = java_text(key).encode()
    result = 0
    for wanted in fields.ranges:
        if part := part_of(key, wanted, fields.separator):
            result = hashed(key[part[1] : max(part[1], part[2])], result)
    return result
