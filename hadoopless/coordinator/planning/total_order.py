"""Finds the boundaries between the parts of a total order by a sample of the mapper's keys.

Before the job itself, a small job runs the mapper over stretches of the inputs; its tasks hold no
outputs but tell keys. The stretches are evenly spaced, so that they stand for inputs that are
sorted already, too. Nothing is left to chance, so that a job has the same boundaries each time.
They are part of its rules from then on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.codecs import is_compressed
from hadoopless.data.input.raw import split_size
from hadoopless.data.input.splits import whole_lines
from hadoopless.job import JobSpec, SampledKey, Split, TaskReport
from hadoopless.rules import Partitioner

#: Bytes of all inputs; a larger sample costs time and makes no fairer parts.
_MOST_BYTES = 2 << 20
_LEAST_BYTES = 128 << 10
#: The sample is at most this part of the inputs: a job should not run twice for its order.
_SHARE = 8
_STRETCHES = 256
#: Tasks of the sampling job; each starts the mapper.
_MOST_TASKS = 32

#: Runs a sampling job; gives the reports of its tasks.
RunSampling = Callable[[JobSpec], Sequence[TaskReport]]


def with_boundaries(spec: JobSpec, run: RunSampling) -> JobSpec:
    """*spec* with the boundaries of its parts, if it needs any and has none; *run* finds them."""
    if not needs_sample(spec):
        return spec
    reports = run(sampling_job(spec))
    keys = [key for report in reports for key in report.sample]
    return bounded(spec, fair_boundaries(keys, spec.num_reducers))


def needs_sample(spec: JobSpec) -> bool:
    """True if there are parts in order of which the borders are not known."""
    partition = spec.rules.partition
    in_order = partition.kind is Partitioner.RANGES and spec.num_reducers > 1
    return in_order and not partition.boundaries


def bounded(spec: JobSpec, boundaries: Sequence[bytes]) -> JobSpec:
    """*spec*, whose parts begin at *boundaries*."""
    partition = replace(spec.rules.partition, boundaries=tuple(boundaries))
    return replace(spec, rules=replace(spec.rules, partition=partition))


def fair_boundaries(keys: Iterable[SampledKey], parts: int) -> tuple[bytes, ...]:
    """The first keys of parts 1, 2, ... that have about the same share of *keys* each.

    Keys that are equal for the order stay together. With fewer of them than parts there are fewer
    boundaries, and the last parts are empty.
    """
    groups = _groups(keys)
    left = sum(group.weight for group in groups)
    boundaries: list[bytes] = []
    weight = 0
    for number, group in enumerate(groups):
        parts_left = parts - len(boundaries)
        fair = left / parts_left
        # Each further part gets a key at least.
        must = len(groups) - number <= parts_left - 1
        if weight and parts_left > 1 and (must or weight + group.weight / 2 > fair):
            boundaries.append(group.key)
            left -= weight
            weight = 0
        weight += group.weight
    return tuple(boundaries)


def _groups(keys: Iterable[SampledKey]) -> list[SampledKey]:
    """One key with the weight of all that are equal to it, for each, in their order."""
    in_order = sorted(keys, key=lambda key: (key.sort_key, key.key))
    groups = []
    for _, equal in groupby(in_order, key=lambda key: key.sort_key):
        first, *others = equal
        groups.append(replace(first, weight=first.weight + sum(other.weight for other in others)))
    return groups


# The inputs that are read ---------------------------------------------------------------------


def sampling_job(spec: JobSpec) -> JobSpec:
    """The job that tells keys of the mapper of *spec*."""
    pieces = [
        _Piece(piece, split_size(piece, spec.cwd), is_compressed(piece.path))
        for split in spec.splits
        for piece in split.pieces
    ]
    wanted = min(_MOST_BYTES, max(_LEAST_BYTES, sum(piece.size for piece in pieces) // _SHARE))
    chosen = _evenly(pieces, wanted)
    if spec.rules.feeds_bytes:
        chosen = [whole_lines(split, spec.cwd) for split in chosen]
    splits = tuple(_by_file(split for split in chosen if split.length != 0))
    return replace(
        spec,
        splits=splits or spec.splits[:1],
        num_reducers=0,
        combiner=None,
        skip_bad_records=False,
        sample_bytes=wanted,
        job_id=spec.job_id or uuid.uuid4().hex,
    )


class _Piece(Struct, frozen=True):
    split: Split
    size: int
    is_compressed: bool


def _evenly(pieces: Sequence[_Piece], wanted: int) -> list[Split]:
    """Stretches of *pieces* that make *wanted* bytes, as evenly spaced as may be; in order."""
    total = sum(piece.size for piece in pieces)
    if total <= wanted and len({piece.split.path for piece in pieces}) <= _MOST_TASKS:
        return [piece.split for piece in pieces]
    for count in (_STRETCHES, _MOST_TASKS):
        found = list(_stretches(pieces, total, wanted, count))
        if len({split.path for split in found}) <= _MOST_TASKS:
            break
    return found


def _stretches(pieces: Sequence[_Piece], total: int, wanted: int, count: int) -> Iterator[Split]:
    """One stretch of at most *wanted* / *count* bytes at each of *count* places.

    A compressed file can only be read from its beginning, and a small one is read whole.
    """
    size = wanted // count
    before = number = 0
    for piece in pieces:
        split, end = piece.split, before + piece.size
        places = []
        while number < count and number * total // count < end:
            places.append(number * total // count - before)
            number += 1
        before = end
        if places and (piece.is_compressed or piece.size <= size * len(places)):
            yield split
            continue
        for place in places:
            yield Split(split.path, split.start + place, min(size, piece.size - place))


def _by_file(stretches: Iterable[Split]) -> Iterator[Split]:
    """One split for the stretches of a file that follow each other: one start of the mapper."""
    for _, of_file in groupby(stretches, key=lambda split: split.path):
        yield Split.of(of_file)
