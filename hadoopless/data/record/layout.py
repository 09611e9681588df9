"""The form of a job's records on the road, and how a program's output becomes records.

A record is plain, ``key TAB value NL``, or framed (:mod:`hadoopless.data.record.frame_kernels`).
All runs of a job have the same form, so the rules of the job alone decide which. This module only
decides; kernels do the work.
"""

from __future__ import annotations

import functools

from msgspec import Struct

from hadoopless.faults import BadRun
from hadoopless.rules import FieldRange, KeyFields, PairFormat, PartitionRules, Pipe, Rules

_WHOLE_KEY = (FieldRange(),)
_TEXT = PairFormat()
_HASH = PartitionRules()


class BadOutput(BadRun):
    """A program wrote bytes that are no records; the text says what it did."""


class Layout(Struct, frozen=True):
    """The rules for a program's output: how to read, partition and sort it, and into which form."""

    framed: bool = False
    pairs: PairFormat = _TEXT
    partition: PartitionRules = _HASH
    #: None: keys are compared as bytes.
    order: KeyFields | None = None
    sort_values: bool = False
    #: CR and CRLF end a line, too, and blocks know their size for Hadoop's counters.
    like_hadoop: bool = False
    #: Hadoop's counters take the keys or values of framed records for longs.
    long_keys: bool = False
    long_values: bool = False


@functools.lru_cache(16)
def layout_of(rules: Rules, *, combiner_output: bool = False) -> Layout:
    """The layout of what mappers write, or combiners, in a job with these rules."""
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
    """True when the runs of a job with these rules are framed, also those of its combiners."""
    return (
        not _fits_plain(rules.map_output)
        or not _fits_plain(_combined(rules))
        or _order(rules) is not None
        or rules.sort_values
    )


def _combined(rules: Rules) -> PairFormat:
    return rules.combiner_pairs[1] if rules.combiner_pairs else rules.reduce_output


def _fits_plain(pairs: PairFormat) -> bool:
    """True when no key in this format can hold a TAB, and no value can be null."""
    return pairs.pipe is Pipe.TEXT and pairs.separator == b"\t" and pairs.key_fields <= 1


def _order(rules: Rules) -> KeyFields | None:
    """The order of the job; None where it is that of bytes (one range that is the whole key)."""
    return None if rules.order and rules.order.ranges == _WHOLE_KEY else rules.order
