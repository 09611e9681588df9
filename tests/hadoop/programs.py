"""The programs that random jobs ship: name -> source. Small, and the same for each run.

Mappers and reducers read any bytes. A reducer that is called *settled* gives the same bytes for
every order of the values of a key.
"""

from __future__ import annotations

from tests.hadoop.convert import CONVERT

_PYTHON = "#!/usr/bin/env -S python3 -IS\n"

#: Each word of a line is a key, with the value 1.
_TOKENS = """\
import sys
for line in sys.stdin.buffer:
    for word in line.split():
        sys.stdout.buffer.write(word + b"\\t1\\n")
"""

#: The lines of stdin with something hostile behind each, chosen by its length.
_HOSTILE = """\
import sys
ends = [b"\\r\\n", b"\\r", b"\\n", b"\\n\\n", b"\\0\\n", b"\\xff\\t\\xfe\\n", b"\\t\\n",
        b"\\t\\t\\n", b"\\tx\\ty\\n", b"," * 3 + b"\\n", b"\\r\\r\\n", b"z" * 5000 + b"\\n"]
for line in sys.stdin.buffer.read().split(b"\\n"):
    sys.stdout.buffer.write(line + ends[(len(line) + sum(line)) % len(ends)])
sys.stdout.buffer.write(b"no newline at the end")
"""

#: Keys of numbers and words, for orders and partitions by fields:
#: SEPARATOR COUNT-OF-FIELDS all|numbers.
_FIELDS = """\
import sys, zlib
separator, count = sys.argv[1].encode("utf-8", "surrogateescape"), int(sys.argv[2])
shapes = [b"%d", b"-%d", b"0%d", b"%d.50", b"%d.5", b".%d", b"x%d", b"%dx", b" %d", b"-0", b"",
          b"A%d", b"-.%d", b"%d00", b"\\xc3\\xa9%d", b"-%d.25", b"+%d", b"%de2"]
if sys.argv[3] == "numbers":
    shapes = [b"%d", b"-%d", b"0%d", b"%d.50", b"%d.5", b".%d", b"-0", b"-.%d", b"%d00", b"-%d.25",
              b"%d."]
for line in sys.stdin.buffer:
    seed = zlib.crc32(line)
    fields = []
    for index in range(count + seed % 3 - 1):
        seed = zlib.crc32(b"%d" % seed)
        shape = shapes[seed // 16 % len(shapes)]
        fields.append(shape % (seed // 1024 % 12) if b"%" in shape else shape)
    sys.stdout.buffer.write(separator.join(fields) + b"\\t" + line.strip(b"\\r\\n\\t ") + b"\\n")
"""

#: Lines for the reducer `aggregate`, all types.
_AGGREGATE = """\
import sys, zlib
types = ["LongValueSum", "LongValueMax", "LongValueMin", "StringValueMax", "StringValueMin",
         "DoubleValueSum", "UniqValueCount", "ValueHistogram", "longvaluesum", "UNIQVALUECOUNT"]
for line in sys.stdin.buffer:
    for word in line.split():
        seed = zlib.crc32(word)
        kind = types[seed % len(types)]
        number = seed // 64 % 2000 - 1000
        if "Double" in kind:
            # Sums of these are exact, in whatever order.
            value = b"%d.5" % (number // 10) if seed & 16 else b"%.14f" % (number / 2**14)
            if seed & 32:
                value = b"%de%d" % (number, seed // 4096 % 6)
        elif "String" in kind or "niq" in kind.lower():
            value = word[:3]
        elif "Histogram" in kind:
            value = word[:2] + (b"\\t%d" % (seed % 5 + 1) if seed & 1024 else b"")
        else:
            value = b"%d" % number
        name = b"k%d" % (seed // 128 % 6)
        sys.stdout.buffer.write(kind.encode() + b":" + name + b"\\t" + value + b"\\n")
"""

#: Lengths and bytes, as rawbytes has it.
_TO_RAW = """\
import sys
from struct import pack
for line in sys.stdin.buffer:
    key, _, value = line.rstrip(b"\\n").partition(b"\\t")
    for part in (key, value):
        sys.stdout.buffer.write(pack(">i", len(part)) + part)
"""

_FROM_RAW = """\
import sys
from struct import unpack
data, at, lines = sys.stdin.buffer.read(), 0, []
while at < len(data):
    pair = []
    for _ in range(2):
        (size,) = unpack(">i", data[at:at + 4])
        pair.append(data[at + 4:at + 4 + size].hex())
        at += 4 + size
    lines.append("\\t".join(pair))
groups = {}
for line in lines:
    groups.setdefault(line.split("\\t")[0], []).append(line)
for group in groups.values():
    print(*sorted(group), sep="\\n")
"""

#: Typed bytes of many types, chosen by the line.
_TO_TYPED = """\
import sys, zlib
from struct import pack
def string(data):
    return b"\\x07" + pack(">i", len(data)) + data
def make(seed, word):
    n = seed // 32 % 2000 - 1000
    kinds = [
        lambda: b"\\x00" + pack(">i", len(word)) + word,
        lambda: b"\\x01" + pack(">b", n % 256 - 128),
        lambda: b"\\x02" + bytes([n & 1]),
        lambda: b"\\x03" + pack(">i", n),
        lambda: b"\\x04" + pack(">q", n << 33),
        lambda: b"\\x05" + pack(">f", n / 8),
        lambda: b"\\x06" + pack(">d", n * 1e5),
        lambda: string(ascii),
        lambda: b"\\x08" + pack(">i", 2) + b"\\x03" + pack(">i", n) + string(ascii),
        lambda: b"\\x09" + b"\\x03" + pack(">i", n) + string(ascii) + b"\\xff",
        lambda: b"\\x0a" + pack(">i", 1) + string(ascii) + b"\\x03" + pack(">i", n),
        lambda: bytes([50 + n % 150]) + pack(">i", len(word)) + word,
    ]
    ascii = bytes(32 + c % 95 for c in word[:20])
    return kinds[seed % (len(kinds) if sys.argv[1] == "all" else 8)]()
for line in sys.stdin.buffer:
    word = line.rstrip(b"\\n")
    seed = zlib.crc32(word)
    sys.stdout.buffer.write(make(seed, word[:8]) + make(zlib.crc32(word[:3]), word))
"""

_FROM_TYPED = """\
import sys
from struct import unpack
data = sys.stdin.buffer.read()
fixed = {1: 1, 2: 1, 3: 4, 4: 8, 5: 4, 6: 8}
def end(at):
    code, at = data[at], at + 1
    if code in fixed:
        return at + fixed[code]
    if code == 9:
        while data[at] != 255:
            at = end(at)
        return at + 1
    (size,) = unpack(">i", data[at:at + 4])
    at += 4
    if code in (8, 10):
        for _ in range(size * (1 if code == 8 else 2)):
            at = end(at)
        return at
    return at + size
at, groups = 0, {}
while at < len(data):
    middle = end(at)
    last = end(middle)
    groups.setdefault(data[at:middle], []).append(data[middle:last])
    at = last
for key, values in groups.items():
    for value in sorted(values):
        print(key.hex(), value.hex(), sep="\\t")
"""

#: Settled: the lines, sorted within equal keys. SEPARATOR.
_SETTLE = """\
import sys
separator = sys.argv[1].encode("utf-8", "surrogateescape") if len(sys.argv) > 1 else b"\\t"
group, last = [], None
for line in sys.stdin.buffer:
    key = line.rstrip(b"\\n").split(separator)[0]
    if key != last:
        sys.stdout.buffer.write(b"".join(sorted(group)))
        group, last = [], key
    group.append(line)
sys.stdout.buffer.write(b"".join(sorted(group)))
"""

#: Settled: key, count and sorted values.
_GROUP = """\
import sys
from itertools import groupby
lines = (line.rstrip(b"\\n").partition(b"\\t") for line in sys.stdin.buffer)
for key, group in groupby(lines, lambda parts: parts[0]):
    values = sorted(value for _, _, value in group)
    sys.stdout.buffer.write(b"%s\\t%d:%s\\n" % (key, len(values), b"|".join(values)))
"""

#: Settled; a combiner, too: the sum of the values that are numbers.
_SUM = """\
import sys
from itertools import groupby
def number(value):
    return int(value) if value.isdigit() else 1
lines = (line.rstrip(b"\\n").partition(b"\\t") for line in sys.stdin.buffer)
for key, group in groupby(lines, lambda parts: parts[0]):
    sys.stdout.buffer.write(b"%s\\t%d\\n" % (key, sum(number(value) for _, _, value in group)))
"""

#: Settled; a combiner, too: each record once.
_DISTINCT = """\
import sys
from itertools import groupby
for key, group in groupby(sys.stdin.buffer, lambda line: line.split(b"\\t")[0]):
    sys.stdout.buffer.writelines(sorted(set(group)))
"""

_ARGUMENTS = """\
import sys
sys.stdin.buffer.read()
for word in sys.argv[1:]:
    print("<" + word.replace("\\t", "[TAB]") + ">")
"""

_ENVIRONMENT = """\
import os, sys
sys.stdin.buffer.read()
for name in sys.argv[1:]:
    print(name, os.environ.get(name, "(not set)").split("/")[-1], sep="\\t")
"""

#: Counters, a status and plain words on stderr, then the lines.
_COUNTERS = """\
import sys
lines = sys.stdin.buffer.readlines()
err = sys.stderr.buffer
prefix = sys.argv[1].encode() if len(sys.argv) > 1 else b"reporter:"
for line in lines:
    size = len(line)
    err.write(prefix + b"counter:group %d,size %d,%d\\n" % (size % 3, size % 4, size))
err.write(prefix + b"counter:Zeta,a=b, 3\\n" + prefix + b"counter:Zeta,n,-7\\n")
err.write(prefix + b"counter:too,many,commas,1\\n" + prefix + b"counter:no,number,x\\n")
err.write(prefix + b"counter: blanks , around , 5\\n" + prefix + b"status:all is well\\n")
err.write(b"a " + prefix + b"counter:g,inside,1\\nplain words\\n")
err.write(prefix + b"counter:last,without newline,%d" % len(lines))
sys.stdout.buffer.writelines(lines)
"""

#: The lines, then the end with a status: STATUS.
_FAIL = '#!/bin/sh\ncat\nexit "$1"\n'
#: Nothing but a status.
_FAIL_EARLY = '#!/bin/sh\nexit "$1"\n'
#: The lines with what a shipped file says.
_SIDE = '#!/bin/sh\nread -r word < "$1"\nexec sed "s/^/$word /"\n'

#: Tells where side files go, as the environment says, and writes one, besides the lines.
_SIDE_FILE = """\
import os, sys
lines = sys.stdin.buffer.readlines()
sys.stdout.buffer.writelines(lines)
place = os.environ["mapreduce_task_output_dir"].removeprefix("file:")
os.makedirs(place + "/more", exist_ok=True)
for name in ("side-", "more/side-"):
    with open(place + "/" + name + os.environ["mapreduce_task_partition"], "w") as file:
        print(len(lines), file=file)
"""

SOURCES: dict[str, bytes] = {
    name: (source if source.startswith("#!") else _PYTHON + source).encode()
    for name, source in {
        "tokens.py": _TOKENS,
        "hostile.py": _HOSTILE,
        "fields.py": _FIELDS,
        "aggregate.py": _AGGREGATE,
        "to_raw.py": _TO_RAW,
        "from_raw.py": _FROM_RAW,
        "to_typed.py": _TO_TYPED,
        "from_typed.py": _FROM_TYPED,
        "settle.py": _SETTLE,
        "group.py": _GROUP,
        "sum.py": _SUM,
        "distinct.py": _DISTINCT,
        "arguments.py": _ARGUMENTS,
        "environment.py": _ENVIRONMENT,
        "counters.py": _COUNTERS,
        "fail.sh": _FAIL,
        "fail_early.sh": _FAIL_EARLY,
        "side.sh": _SIDE,
        "side_file.py": _SIDE_FILE,
        "convert.py": CONVERT,
    }.items()
}
