"""The stdin of combiners and reducers: merged runs, written as the program reads pairs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hadoopless.data.merge.merge import merged
from hadoopless.data.merge.reduce_input import PairCounts, stdin_pieces, types_of
from hadoopless.data.program.stdin import write_all
from hadoopless.data.record.layout import is_framed
from hadoopless.data.runs.runs import Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.rules import PairFormat, Rules
from hadoopless.worker.services import Services

_AS_LINES = PairFormat()


def feed_merged(
    target: int,
    groups: Iterable[Sequence[Run]],
    services: Services,
    rules: Rules,
    pairs: PairFormat,
    counts: PairCounts | None,
) -> None:
    """Write *groups* to *target* in the format *pairs*, one after the other, each merged.

    *counts*, if given, gets what was written; this costs a look at each record.
    """
    framed = is_framed(rules)
    write_run = SpillFile(services.settings.spill_directory).append
    for runs in groups:
        pieces = merged(runs, services.merge_budget, write_run, framed)
        if framed or pairs != _AS_LINES or counts is not None:
            counts = counts or PairCounts()
            types = types_of(rules.map_output)
            pieces = stdin_pieces(pieces, framed=framed, types=types, target=pairs, counts=counts)
        write_all(target, pieces)
