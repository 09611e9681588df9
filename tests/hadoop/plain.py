"""Random jobs of ``coordinator.py`` from seeds: files, options, and how far outputs are settled."""

from __future__ import annotations

import bz2
import gzip
from dataclasses import dataclass, field
from random import Random

from tests.hadoop import inputs

_MODULE = b"""\
import string
def words(line):
    return line.split()
"""
_TOKENS = b"""\
#!/usr/bin/env python3
import sys, helper
out = sys.stdout.buffer
for line in sys.stdin.buffer:
    for word in helper.words(line):
        out.write(word + sys.argv[1].encode() + b"\\n")
"""
_SUMS = b"""\
import os, sys
from itertools import groupby
lines = (line.rstrip(b"\\n").split(b"\\t", 1) for line in sys.stdin.buffer)
for key, group in groupby(lines, key=lambda pair: pair[0]):
    total = sum(int(value) for _, value in group)
    sys.stdout.buffer.write(key + b"\\t%d\\n" % total)
"""
#: The lines of each key together, in one order; the key stands alone above them.
_SETTLE = b"""\
#!/usr/bin/env python3
import sys
from itertools import groupby
pairs = (line.split(b"\\t", 1) for line in sys.stdin.buffer)
for key, group in groupby(pairs, key=lambda pair: pair[0]):
    sys.stdout.buffer.write(b"[" + key + b"]\\n" + b"".join(sorted(pair[1] for pair in group)))
"""
_ENVIRONMENT = b"""\
#!/bin/sh
sed "s/^/$COLOUR\t/"
"""
_PROGRAM = b"""\
{ print substr($0, 1, 3) "\\t" length($0) }
"""


@dataclass
class PlainJob:
    """One job; commands run in the directory with its files."""

    seed: int
    dice: Random
    files: dict[str, bytes] = field(default_factory=dict)
    args: list[str] = field(default_factory=list)
    #: Options for the other engine alone.
    other_args: list[str] = field(default_factory=list)
    reduces: int = 1
    #: ``exact``: file by file; ``keys``: lines with equal keys may change places; ``joined``: all
    #: outputs, one after the other; ``lines``: the same lines in any order.
    order: str = "exact"


def make(seed: int) -> PlainJob:
    """The job of *seed*."""
    job = PlainJob(seed, Random(f"plain {seed}"))
    job.reduces = job.dice.choice([0, 1, 1, 2, 3, 4])
    job.args.append(f"--numReducers={job.reduces}")
    simple = _programs(job)
    _inputs(job, simple)
    return job


def _programs(job: PlainJob) -> bool:
    """Draw the programs; returns True if a mapper sees each line by itself, wherever cuts are."""
    dice = job.dice
    if job.reduces and dice.random() < 0.4:
        _word_count(job)
        return True
    mapper = dice.choice(["cat", "sed", "awk", "environment", "count", "grep", "script"])
    if mapper == "sed":
        job.args.append("--mapperPath=sed 's/a/\"q\"/;s/b/x y/'")
    elif mapper == "awk":
        job.files["pro gram.awk"] = _PROGRAM
        job.args.append("--mapperPath=env LC_ALL=C awk -f 'pro gram.awk'")
    elif mapper == "environment":
        job.files["environment.sh"] = _ENVIRONMENT
        job.args += ["--mapperPath=./environment.sh", f"--env=COLOUR={dice.choice('rgb')}=1"]
    elif mapper == "count":
        job.args.append("--mapperPath=wc -l")
    elif mapper == "grep":
        job.files["words"] = b"a\nke\n0\n"
        job.args.append("--mapperPath=sh -c 'LC_ALL=C grep -a -f words || true'")
        job.other_args.append("--files=words")
    elif mapper == "script":
        job.files["deep/m.sh"] = b"#!/bin/sh\nexec tr '\\001' x\n"
        job.args.append("--mapperPath=deep/m.sh")
    else:
        job.args.append("--mapperPath=cat")
    if job.reduces:
        _reducer(job)
    return mapper != "count"


def _word_count(job: PlainJob) -> None:
    """Words with ones, and their sums; the programs are of Python."""
    job.files |= {"map/m.py": _TOKENS, "map/helper.py": _MODULE, "sum.py": _SUMS}
    tab = job.dice.choice(["./map/m.py '\t1'", "python3 map/m.py '\t1'", "map/m.py '\t1'"])
    job.args += [f"--mapperPath={tab}", "--reducerPath=./sum.py"]
    if job.dice.random() < 0.5:
        job.args.append("--combinerPath=sum.py")


def _reducer(job: PlainJob) -> None:
    dice = job.dice
    kind = dice.choice(["settle", "settle", "cat", "wc", "sorted"])
    if kind == "settle":
        job.files["settle.py"] = _SETTLE
        job.args.append("--reducerPath=./settle.py")
    elif kind == "wc":
        # Hadoop drops what a reducer writes that gets no record.
        job.args.append("--reducerPath=awk 'END { if (NR) print NR }'")
    elif kind == "cat":
        job.args.append("--reducerPath=cat")
        job.order = "keys"
    else:
        # Lines without a TAB come to the reducer without one, so all have one.
        job.args = [one for one in job.args if not one.startswith("--mapperPath=")]
        job.args.append("--mapperPath=env LC_ALL=C sed 's/$/\t/'")
        job.args += ["--reducerPath=cat", "--sortValues"]
        if dice.random() < 0.3:
            job.args.append("--combinerPath=cat")
        job.order = "exact" if job.reduces == 1 else "lines"


def _inputs(job: PlainJob, simple: bool) -> None:
    dice = job.dice
    files = {
        name: _text(dice, inputs.size(dice))
        for name in dice.sample(["a", "b c", "d[1]", "é%41", "f*"], dice.choice([1, 1, 2, 3]))
    }
    if dice.random() < 0.2:
        packed = {
            f"{name}.gz": gzip.compress(data, mtime=0) for name, data in list(files.items())[:1]
        }
        packed |= {f"{name}.bz2": bz2.compress(data) for name, data in list(files.items())[1:]}
        files = packed
    elif simple and dice.random() < 0.4:
        _cut(job, sum(map(len, files.values())))
    if dice.random() < 0.3:
        job.files |= {f"job/{number}.in": data for number, data in enumerate(files.values())}
        if any(name.endswith((".gz", ".bz2")) for name in files):
            job.files |= {f"in/{name}": data for name, data in files.items()}
            job.args += ["--inputPath=in", "--outputPath=out"]
            return
        job.args += ["--jobPath=job", "--outputPath=out"]
        return
    job.files |= {f"in/{name}": data for name, data in files.items()}
    job.args += [dice.choice(["--inputPath=in", "--inputPath=in/*"]), "--outputPath=out"]


def _cut(job: PlainJob, total: int) -> None:
    """Other cuts of the input than by its files."""
    if job.dice.random() < 0.5:
        job.args.append(f"--splitSize={max(total // job.dice.randint(2, 5), 1)}")
        job.order = job.order if job.reduces else "joined"
    else:
        job.args.append(f"--combineSmallFiles={max(total, 1)}")
        job.order = job.order if job.reduces else "lines"


def _text(dice: Random, lines: int) -> bytes:
    """Lines without a carriage return and without a byte order mark at the start."""
    made = b"".join(inputs.line(dice).replace(b"\r", b"") + b"\n" for _ in range(lines))
    return made.removeprefix(b"\xef\xbb\xbf")
