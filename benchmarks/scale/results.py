"""The points of all series and the straight lines through them; as JSON too."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np


@dataclass
class Point:
    """The cost of one job of a series."""

    series: str
    x: int
    #: Wall seconds of each run.
    walls: list[float]
    #: The most bytes of memory of one worker, and of the coordinator.
    worker: int
    coordinator: int

    @property
    def median(self) -> float:
        """The median of the runs, in seconds."""
        return statistics.median(self.walls)


@dataclass
class ScaleResults:
    """All that a report needs."""

    command: str
    date: str
    machine: dict[str, str]
    points: list[Point] = field(default_factory=list)

    def of(self, series: str) -> list[Point]:
        """The points of a series."""
        return [point for point in self.points if point.series == series]

    def to_json(self) -> dict[str, Any]:
        """The results as data for JSON, times to the millisecond."""
        data = asdict(self)
        for point in data["points"]:
            point["walls"] = [round(wall, 3) for wall in point["walls"]]
        return data


def from_json(data: dict[str, Any]) -> ScaleResults:
    """The results that ``ScaleResults.to_json`` has made *data* of."""
    return ScaleResults(**{**data, "points": [Point(**point) for point in data["points"]]})


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line through points: *base* at zero, *slope* for each one of x."""

    base: float
    slope: float
    #: The largest distance of a point from the line, as a share of the point.
    off: float

    @property
    def is_straight(self) -> bool:
        """True if each point is about where the line is."""
        return self.off <= 0.15


def fitted(points: Sequence[Point]) -> Line:
    """The line with the least squares of the distances, each as a share of its point."""
    x = np.array([point.x for point in points], dtype=float)
    y = np.array([point.median for point in points])
    shares = np.stack([1 / y, x / y], axis=1)
    (base, slope), *_ = np.linalg.lstsq(shares, np.ones(len(y)), rcond=None)
    off = float(np.max(np.abs((base + slope * x) / y - 1)))
    return Line(float(base), float(slope), off)
