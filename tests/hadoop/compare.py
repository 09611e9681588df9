"""The differences between two outcomes of one job that Hadoop does not leave open."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

from tests.hadoop.draft import Order
from tests.hadoop.jobs import Job
from tests.hadoop.order import FieldOrder
from tests.hadoop.outcome import Counters, Outcome

_FRAMEWORK = "Map-Reduce Framework"
_COUNTED = (
    "Map input records",
    "Map output records",
    "Map output bytes",
    "Map output materialized bytes",
    "Combine input records",
    "Combine output records",
    "Reduce input groups",
    "Reduce shuffle bytes",
    "Reduce input records",
    "Reduce output records",
    "Spilled Records",
    "Shuffled Maps ",
    "Merged Map outputs",
)
_READ = ("File Input Format Counters ", "Bytes Read")
_WRITTEN = ("File Output Format Counters ", "Bytes Written")
_BUILT_IN = (
    "File System Counters",
    "Job Counters ",
    _FRAMEWORK,
    "Shuffle Errors",
    _READ[0],
    _WRITTEN[0],
)
#: Words on stderr by which a person, or a script, finds out what was wrong with an option.
_SAID = re.compile(
    r"^(?:\S+ \S+ )?((?:ERROR streaming|WARN streaming)\.\S+: .*|No Arg.*|Stream.*)$"
)


def differences(job: Job, hadoop: Outcome, ours: Outcome) -> list[str]:
    """One line for each; empty: there are none."""
    found = []
    if hadoop.status != ours.status:
        found.append(f"exit status {ours.status}, of Hadoop {hadoop.status}")
    if hadoop.status != 0:
        if ours.files is not None and "_SUCCESS" in ours.files:
            found.append("_SUCCESS of a job that fails in Hadoop")
        if "Running job" not in hadoop.stderr:
            found += _words(hadoop, ours)
    elif ours.status == 0:
        found += _outputs(job, hadoop, ours)
        found += _counters(job, hadoop, ours)
    return found


def _words(hadoop: Outcome, ours: Outcome) -> Iterable[str]:
    """The messages before a job is submitted."""
    theirs, said = (
        [m[1] for line in outcome.stderr.splitlines() if (m := _SAID.match(line))]
        for outcome in (hadoop, ours)
    )
    mine = iter([_placeless(line) for line in said])
    # More may be said: where Hadoop says nothing at all, for example.
    if not all(_placeless(line) in mine for line in theirs):
        yield f"says {said}, Hadoop {theirs}"
    # The words of the usage are our own.
    if hadoop.stdout.partition("\n")[0] != ours.stdout.partition("\n")[0]:
        yield f"stdout {ours.stdout[:300]!r}, of Hadoop {hadoop.stdout[:300]!r}"


def _placeless(text: str) -> str:
    """*text* without the directories of paths: each run has its own."""
    return re.sub(r"(file:)?/[\w./-]*/", "", text)


def _outputs(job: Job, hadoop: Outcome, ours: Outcome) -> Iterable[str]:
    if hadoop.files is None or ours.files is None:
        if hadoop.files is not ours.files:
            yield "only Hadoop has an output directory" if hadoop.files else "an output directory"
        return
    theirs, mine = _visible(hadoop.files), _visible(ours.files)
    if set(theirs) != set(mine):
        yield f"files {sorted(mine)}, of Hadoop {sorted(theirs)}"
        return
    expected = {name: _unpacked(name, data) for name, data in theirs.items()}
    got = {name: _unpacked(name, data) for name, data in mine.items()}
    if "unordered maps" in job.features and "reduces 0" in job.features:
        if sorted(expected.values()) != sorted(got.values()):
            yield f"parts {got}, of Hadoop {expected}"
        return
    for name, data in sorted(got.items()):
        complaint = _part(job.order, expected[name], data)
        if complaint:
            yield f"{name}: {complaint}"


def _visible(files: dict[str, bytes]) -> dict[str, bytes]:
    """The *files* without those that Hadoop's local file systems put beside each file."""
    return {name: data for name, data in files.items() if not name.endswith(".crc")}


def _unpacked(name: str, data: bytes) -> bytes:
    unpack: dict[str, Callable[[bytes], bytes]]
    unpack = {"gz": gzip.decompress, "deflate": zlib.decompress, "bz2": bz2.decompress}
    try:
        return unpack.get(name.rpartition(".")[2], bytes)(data)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        return f"(cannot be unpacked: {error})".encode()


def _part(order: Order, expected: bytes, got: bytes) -> str:
    """The reason why *got* is not as good as *expected*; an empty string if it is."""
    if got == expected or order.kind == "nothing":
        return ""
    theirs, mine = _lines(expected), _lines(got)
    if order.kind != "exact":
        if Counter(theirs) == Counter(mine):
            if order.kind == "lines":
                return ""
            if order.kind == "settled":
                separator = order.separator
                if _settled(theirs, separator) == _settled(mine, separator):
                    return ""
            if order.kind == "fields" and not _must_be_sorted(order, theirs, mine):
                return ""
            return f"order ({order}): " + _first_difference(theirs, mine)
        extra, missing = Counter(mine) - Counter(theirs), Counter(theirs) - Counter(mine)
        return f"too many {_few(extra)}, missing {_few(missing)}"
    return _first_difference(theirs, mine)


def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def _few(lines: Counter[bytes]) -> str:
    shown = ", ".join(repr(line[:200]) for line in list(lines)[:3])
    return f"{lines.total()} lines: {shown}" if lines else "none"


def _first_difference(theirs: list[bytes], mine: list[bytes]) -> str:
    for index, (one, other) in enumerate(zip(mine, theirs, strict=False)):
        if one != other:
            return f"line {index + 1} is {one[:200]!r}, of Hadoop {other[:200]!r}"
    return f"{len(mine)} lines, of Hadoop {len(theirs)}"


def _settled(lines: list[bytes], separator: bytes) -> list[bytes]:
    """*lines* with each stretch of equal keys sorted.

    What is before the first separator of a line is a prefix of its key, or all of it, so it is the
    same for all values of a key.
    """
    settled: list[bytes] = []
    stretch: list[bytes] = []
    for line in lines:
        if stretch and stretch[0].split(separator)[0] != line.split(separator)[0]:
            settled += sorted(stretch)
            stretch = []
        stretch.append(line)
    return settled + sorted(stretch)


def _must_be_sorted(order: Order, theirs: list[bytes], mine: list[bytes]) -> bool:
    """True if *mine* is in a wrong order."""
    by = FieldOrder(order.options, order.separator)

    def ordered(lines: list[bytes]) -> bool:
        keys = [_key(line, order.fields) for line in lines[:-1]]
        return all(by.compare(a, b) <= 0 for a, b in pairwise(keys))

    orders = all(by.orders(_key(line, order.fields)) for line in theirs[:-1])
    return orders and ordered(theirs) and not ordered(mine)


def _key(line: bytes, fields: int) -> bytes:
    """The part of an output line that was sorted, if the key had up to *fields* fields."""
    parts = line.split(b"\t")
    if len(parts) > fields:
        return b"\t".join(parts[:fields])
    return line.removesuffix(b"\t")


def _counters(job: Job, hadoop: Outcome, ours: Outcome) -> Iterable[str]:
    for name in _COUNTED:
        if name not in job.loose_counters:
            yield from _counter(hadoop.counters, ours.counters, _FRAMEWORK, name)
    if _WRITTEN[1] not in job.loose_counters:
        written, wanted = _written(ours), _written(hadoop)
        if written != wanted:
            yield f"counter {_WRITTEN[1]} {written}, of Hadoop {wanted}"
    # A task within a line reads on to its end in Hadoop, and stops at the split's end here.
    if "lines longer than splits" not in job.features:
        yield from _counter(hadoop.counters, ours.counters, *_READ)
    theirs, mine = (
        {n: c for n, c in outcome.counters.items() if n not in _BUILT_IN}
        for outcome in (hadoop, ours)
    )
    if theirs != mine:
        yield f"user counters {mine}, of Hadoop {theirs}"
    shown = _in_order(ours.counters, hadoop.counters)
    expected = _in_order(hadoop.counters, ours.counters)
    if shown != expected:
        yield f"counters in the order {shown}, of Hadoop {expected}"


def _in_order(counters: Counters, others: Counters) -> list[tuple[str, str]]:
    """The *counters* that are among the *others*, too."""
    groups = [group for group in counters if group in others]
    return [(group, name) for group in groups for name in counters[group] if name in others[group]]


def _counter(hadoop: Counters, ours: Counters, group: str, name: str) -> Iterable[str]:
    theirs, got = hadoop.get(group, {}).get(name), ours.get(group, {}).get(name)
    if theirs != got:
        yield f"counter {name} {got}, of Hadoop {theirs}"


def _written(outcome: Outcome) -> int | None:
    """Bytes Written, without the .crc files, which a local Hadoop counts, too."""
    written = outcome.counters.get(_WRITTEN[0], {}).get(_WRITTEN[1])
    checksums = sum(
        len(data)
        for name, data in (outcome.files or {}).items()
        if name.endswith(".crc") and "_SUCCESS" not in name
    )
    # Hadoop counts nothing for output formats that do not write files.
    return written - checksums if written else written
