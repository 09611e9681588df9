"""Random streaming jobs from seeds: files, arguments, and what may be demanded of their output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from tests.hadoop import edges, mistakes, oddities, shapes
from tests.hadoop.draft import Draft, Order


@dataclass(frozen=True)
class Job:
    """One job; ``{cwd}`` in an argument stands for its directory."""

    seed: int
    #: The name of what it is about.
    shape: str
    files: dict[str, bytes]
    args: list[str]
    order: Order
    #: The random parts of the job, for statistics and for people.
    features: frozenset[str]
    #: Counters that depend on what Hadoop leaves open.
    loose_counters: frozenset[str]


#: The shapes of jobs, and how often each is drawn.
SHAPES: list[tuple[Callable[[Draft], None], int]] = [
    (shapes.lines, 34),
    (shapes.map_only, 14),
    (shapes.by_fields, 16),
    (shapes.raw_bytes, 6),
    (shapes.typed_bytes, 7),
    (shapes.one_io, 3),
    (shapes.aggregate, 6),
    (shapes.library, 9),
    (shapes.environment, 5),
    (shapes.arguments, 4),
    (edges.mixed_io, 6),
    (edges.numbers, 3),
    (edges.combined_input, 2),
    (edges.side_files, 2),
    (edges.no_maps, 1),
    (edges.prefixed, 2),
    (mistakes.broken_run, 5),
    (mistakes.unread, 2),
    (oddities.odd_word, 8),
    (mistakes.broken_options, 6),
]


def make(seed: int) -> Job:
    """The job of *seed*."""
    draft = Draft(Random(seed))
    (shape,) = draft.dice.choices([s for s, _ in SHAPES], [w for _, w in SHAPES])
    shape(draft)
    return Job(
        seed,
        shape.__name__,
        draft.files,
        draft.arguments(),
        draft.order,
        frozenset(draft.features),
        frozenset(draft.loose_counters),
    )
