"""Which form the records of a job have on the road, and how a program's output becomes them.

Two forms: plain, ``key TAB value NL``, and framed (:mod:`hadoopless.data.record.frame_kernels`).
All runs of a job have one form, so what decides is the job's rules alone. Pure; the kernels are
elsewhere.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from hadoopless.faults import BadRun
from hadoopless.rules import FieldRange, KeyFields, PairFormat, PartitionRules, Pipe, Rules

_WHOLE_KEY = (FieldRange(),)
_TEXT = PairFormat()
_HASH = PartitionRules()


class BadOutput(BadRun):
    """A program wrote what cannot be taken; the text says what it did."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How what a program writes is read, partitioned and sorted, and the form it then has."""

    framed: bool = False
    pairs: PairFormat = _TEXT
    partition: PartitionRules = _HASH
    #: None: keys are compared as bytes.
    order: KeyFields | None = None
    sort_values: bool = False
    #: CR and CRLF end a line, too, and blocks tell how large Hadoop's counters take them for.
    like_hadoop: bool = False
    #: Keys and values that Hadoop takes for longs, in framed blocks.
    long_keys: bool = False
    long_values: bool = False


@functools.lru_cache(16)
def layout_of(rules: Rules, *, combiner_output: bool = False) -> Layout:
    """The layout of what mappers write, or combiners, in a job of these rules."""
    return Layout(
        is_framed(rules),
        _combined(rules) if combiner_output else rules.map_output,
        rules.partition,
        _order(rules),
        rules.sort_values,
        like_hadoop=not rules.plain,
        long_keys=rules.long_keys,
        long_values=rules.long_values,
    )


def is_framed(rules: Rules) -> bool:
    """True if the runs of such a job, a combiner's too, are framed."""
    return (
        not _fits_plain(rules.map_output)
        or not _fits_plain(_combined(rules))
        or _order(rules) is not None
        or rules.sort_values
    )


def _combined(rules: Rules) -> PairFormat:
    return rules.combiner_pairs[1] if rules.combiner_pairs else rules.reduce_output


def _fits_plain(pairs: PairFormat) -> bool:
    """True if no key that is read so can hold a TAB, and no value can be null."""
    return pairs.pipe is Pipe.TEXT and pairs.separator == b"\t" and pairs.key_fields <= 1


def _order(rules: Rules) -> KeyFields | None:
    """The order, but None where it is that of bytes: one range that is the whole key."""
    return None if rules.order and rules.order.ranges == _WHOLE_KEY else rules.order
