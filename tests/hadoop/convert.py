"""A program that reads pairs in any of Hadoop's ways and writes them in any other."""

from __future__ import annotations

#: Settled: values of equal keys are sorted, with the word "sorted" all is.
#: IN OUT, each text, keyonlytext, rawbytes or typedbytes.
CONVERT = """\
import sys
from itertools import groupby
from struct import pack, unpack
source, target = sys.argv[1:3]
data = sys.stdin.buffer.read()
fixed = {1: 1, 2: 1, 3: 4, 4: 8, 5: 4, 6: 8}

def typed_end(at):
    code, at = data[at], at + 1
    if code in fixed:
        return at + fixed[code]
    (size,) = unpack(">i", data[at:at + 4])
    at += 4
    if code == 8:
        for _ in range(size):
            at = typed_end(at)
        return at
    return at + size

def raw_end(at):
    return at + 4 + unpack(">i", data[at:at + 4])[0]

def pairs():
    if source.endswith("text"):
        for line in data.split(b"\\n")[:-1]:
            key, _, value = line.partition(b"\\t")
            yield key, value
        return
    end = raw_end if source == "rawbytes" else typed_end
    at = 0
    while at < len(data):
        middle = end(at)
        last = end(middle)
        yield data[at:middle], data[middle:last]
        at = last

def shown(part):
    plain = all(33 <= byte < 127 for byte in part)
    return part if plain else part.hex().encode()

def typed(part):
    if len(part) % 3 == 0:
        return b"\\0" + pack(">i", len(part)) + part
    if len(part) % 3 == 1:
        return b"\\3" + pack(">i", sum(part))
    text = shown(part)
    return b"\\7" + pack(">i", len(text)) + text

def written(key, value):
    if target == "text":
        return shown(key) + b"\\t" + shown(value) + b"\\n"
    if target == "keyonlytext":
        return shown(key) + b" " + shown(value) + b"\\n"
    if target == "rawbytes":
        return b"".join(pack(">i", len(part)) + part for part in (key, value))
    return typed(key) + typed(value)

records = sorted(pairs()) if "sorted" in sys.argv else pairs()
for key, group in groupby(records, lambda pair: pair[0]):
    for value in sorted(value for _, value in group):
        sys.stdout.buffer.write(written(key, value))
"""
