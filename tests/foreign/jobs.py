"""Small jobs as scripts and inputs on disk, each beside a model of the same job in plain Python."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

Record = tuple[bytes, bytes]

WORDCOUNT_MAPPER = """\
import sys
for line in sys.stdin.buffer:
    for word in line.split():
        sys.stdout.buffer.write(word + b"\\t1\\n")
"""

WORDCOUNT_REDUCER = """\
import sys
from itertools import groupby
records = (line.rstrip(b"\\n").split(b"\\t") for line in sys.stdin.buffer)
for word, group in groupby(records, key=lambda record: record[0]):
    sys.stdout.buffer.write(b"%s\\t%d\\n" % (word, sum(int(record[1]) for record in group)))
"""

COPY = """\
import shutil, sys
shutil.copyfileobj(sys.stdin.buffer, sys.stdout.buffer)
"""

FAIL = """\
import sys
sys.stdin.buffer.read()
sys.exit(3)
"""


def split_words(data: bytes) -> list[Record]:
    """The records that the word-count mapper emits."""
    return [(word, b"1") for word in data.split()]


def count_words(records: Sequence[Record]) -> bytes:
    """The lines that the word-count reducer writes."""
    groups = groupby(records, key=itemgetter(0))
    return b"".join(b"%s\t%d\n" % (word, len(list(group))) for word, group in groups)


def parse_lines(data: bytes) -> list[Record]:
    """The records of a mapper that copies its input: a key up to the first TAB, and the rest."""
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    return [(line.split(b"\t", 1)[0], b"".join(line.split(b"\t", 1)[1:])) for line in lines]


def join_records(records: Sequence[Record]) -> bytes:
    """The lines that a reducer which copies its input writes."""
    return b"".join(key + b"\t" + value + b"\n" for key, value in records)


def java_hash(key: bytes) -> int:
    """Hadoop's hash of a key without its sign: here as the polynomial that the loop works out."""
    signed = [(byte + 128) % 256 - 128 for byte in key]
    powers: list[int] = [31**exponent for exponent in reversed(range(len(key)))]
    h: int = 31 ** len(key) + sum(a * b for a, b in zip(signed, powers, strict=True))
    return h & 0x7FFFFFFF


@dataclass(frozen=True)
class Job:
    """A job: its two scripts, its inputs, and what scripts do as functions."""

    name: str
    inputs: Sequence[bytes]
    mapper: str = COPY
    reducer: str = COPY
    map: Callable[[bytes], list[Record]] = field(default=parse_lines)
    reduce: Callable[[Sequence[Record]], bytes] = field(default=join_records)

    @property
    def mapper_path(self) -> str:
        """The mapper, relative to the root that the job was written to."""
        return f"{self.name}/mapper.py"

    @property
    def reducer_path(self) -> str:
        """The reducer, relative to the root that the job was written to."""
        return f"{self.name}/reducer.py"

    def write(self, root: Path) -> None:
        """Put scripts and inputs into ``root/name``, which is the job directory too."""
        directory = root / self.name
        directory.mkdir()
        for script, source in (("mapper.py", self.mapper), ("reducer.py", self.reducer)):
            # This very Python: what "env python3" finds first may be a slow wrapper.
            (directory / script).write_text(f"#!{sys.executable}\n{source}")
            (directory / script).chmod(0o755)
        for i, data in enumerate(self.inputs):
            (directory / f"{i}.in").write_bytes(data)

    def partition(
        self, records: Sequence[Record], reducer_ix: int, num_reducers: int
    ) -> list[Record]:
        """The records of one partition, sorted by key, equal keys in the order of *records*."""
        chosen = [pair for pair in records if java_hash(pair[0]) % num_reducers == reducer_ix]
        return sorted(chosen, key=itemgetter(0))

    def expected(self, num_reducers: int) -> list[bytes]:
        """The bytes of every output file."""
        records = [record for data in self.inputs for record in self.map(data)]
        return [self.reduce(self.partition(records, r, num_reducers)) for r in range(num_reducers)]

    def outputs(self, root: Path) -> list[bytes]:
        """The output files that are there, which must be 0.out, 1.out, ... without a gap."""
        names = {path.name for path in (root / self.name).glob("*.out*")}
        assert names == {f"{r}.out" for r in range(len(names))}
        return [(root / self.name / f"{r}.out").read_bytes() for r in range(len(names))]


def wordcount(name: str = "words", inputs: int = 5) -> Job:
    """Word count of some fish, on *inputs* files that are all different."""
    texts = [
        f"one fish two fish\nred fish blue fish\n\n number {i} \N{FISH} f\u00efsh\u2028\n".encode()
        for i in range(inputs)
    ]
    return Job(name, texts, WORDCOUNT_MAPPER, WORDCOUNT_REDUCER, split_words, count_words)


def odd_bytes(name: str = "odd") -> Job:
    """Records that tempt to decode, to strip, to split at the wrong place or to sort by value."""
    return Job(
        name,
        [
            b"k\tz from 0\nk\ta from 0\n\xff\tlast\n\xf0\x9f\x90\x9f\tfish\nno tab\nk\tm from 0\n",
            b"",
            b"k\tb from 2\n\nempty\t\ntwo\ttabs\there\n\t no key\n\xc3\xa9\t\xc3\ncr\r\tcr\r\r\n",
            b"\xed\xa0\xbd\tsurrogate\n\x00\tnul\x00\nk\tA from 3\n",
            b"nel\xc2\x85\tls\xe2\x80\xa8.\x0b\x0c\x1c\nk\tB from 4\n",
            b"k\tno newline at the end",
        ],
    )
