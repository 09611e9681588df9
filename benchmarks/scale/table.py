"""The results of scale as Markdown: a section for each series, with its table and its line."""

from __future__ import annotations

from benchmarks.peers.results import spread
from benchmarks.scale.results import Line, Point, ScaleResults, fitted
from benchmarks.scale.series import SERIES, Series

MIB = 1 << 20


def sections(results: ScaleResults) -> str:
    """A section for each series that was measured."""
    return "\n\n".join(section(one, results) for one in SERIES if results.of(one.name))


def section(series: Series, results: ScaleResults) -> str:
    """The job of a series, its table, and the sentence about its line."""
    points = results.of(series.name)
    rows = [
        f"| {series.axis} | time | a worker's memory | the coordinator's memory |",
        "|---|---|---|---|",
        *map(row, points),
    ]
    parts = [f"### Against {series.axis}: {series.name}", series.what, "\n".join(rows)]
    if len(points) > 2:
        parts.append(told(fitted(points)))
    return "\n\n".join([*parts, series.why])


def row(point: Point) -> str:
    """The row of a point."""
    worker, coordinator = (f"{peak / MIB:.0f} MiB" for peak in (point.worker, point.coordinator))
    return f"| {point.x:,} | {spread(point.walls)} | {worker} | {coordinator} |"


def told(line: Line) -> str:
    """The line in words."""
    if not line.is_straight:
        return f"The times are no straight line: one is {line.off:.0%} off the best line."
    slope = f"{abs(line.slope) * 1000:.3g} ms {'more' if line.slope >= 0 else 'less'}"
    return (
        f"The times are a straight line to within {line.off:.0%}: {line.base:.2f} s, and {slope}"
        " for each one more."
    )
