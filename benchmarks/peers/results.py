"""The results of the peers: the times of each cell of the tables, or why there are none."""

from __future__ import annotations

import statistics
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass
class Cell:
    """One peer with one workload at one size."""

    workload: str
    size: int
    peer: str
    #: Wall seconds of each run.
    walls: list[float] = field(default_factory=list)
    #: The reason why there are no times.
    why_not: str = ""
    #: True if the peer ran, and failed.
    failed: bool = False

    @property
    def median(self) -> float:
        """The median of the runs, in seconds."""
        return statistics.median(self.walls)


@dataclass
class Results:
    """All that a report needs."""

    command: str
    date: str
    machine: dict[str, str]
    versions: dict[str, str]
    #: Reasons by the name of a peer that is not there.
    missing: dict[str, str]
    #: The rules by which runs were left out, by their names: see ``running.Rules``.
    rules: dict[str, float]
    cells: list[Cell] = field(default_factory=list)

    def of(self, workload: str) -> list[Cell]:
        """The cells of a workload."""
        return [cell for cell in self.cells if cell.workload == workload]

    def to_json(self) -> dict[str, Any]:
        """The results as data for JSON, times to the millisecond."""
        data = asdict(self)
        for cell in data["cells"]:
            cell["walls"] = [round(wall, 3) for wall in cell["walls"]]
        return data


def from_json(data: dict[str, Any]) -> Results:
    """The results that ``Results.to_json`` has made *data* of."""
    return Results(**{**data, "cells": [Cell(**cell) for cell in data["cells"]]})


def runs_from_json(data: Sequence[dict[str, Any]]) -> list[Results]:
    """The results of several runs, the oldest first."""
    return [from_json(run) for run in data]


def without(runs: Sequence[Results], workloads: Set[str]) -> list[Results]:
    """Those *runs* that have figures of other *workloads*, with these figures alone."""
    left = [
        replace(run, cells=[cell for cell in run.cells if cell.workload not in workloads])
        for run in runs
    ]
    return [run for run in left if run.cells]


def shown_size(size: int) -> str:
    """A number of bytes for people."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:g} {name}"
    return f"{size} B"


def spread(walls: Sequence[float]) -> str:
    """The median, and the least and the most if there were several runs."""
    median = shown_seconds(statistics.median(walls))
    if len(walls) == 1:
        return f"{median} s (one run)"
    return f"{median} s ({shown_seconds(min(walls))} to {shown_seconds(max(walls))})"


def shown_seconds(seconds: float) -> str:
    """Seconds in about three digits."""
    digits = 0 if seconds >= 100 else 1 if seconds >= 10 else 2
    return f"{seconds:.{digits}f}"
