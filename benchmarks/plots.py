"""Draws peers.json and scale.json of a directory: ``python -m benchmarks.plots DIRECTORY``.

The same results make the same bytes with the same matplotlib.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.peers import results as peer_results
from benchmarks.peers.engines import PEERS
from benchmarks.peers.results import Results, shown_size
from benchmarks.peers.workloads import WORKLOADS
from benchmarks.scale import results as scale_results
from benchmarks.scale.results import ScaleResults
from benchmarks.scale.series import SERIES

MIB = 1 << 20
_COLUMNS = 3
#: Ours are blue; the others are told apart by colours and markers.
_OURS = ("#08306b", "#2171b5", "#6baed6")
_THEIRS = ("#000000", "#e69f00", "#7f7f7f", "#cc79a7", "#009e73", "#d55e00", "#8c564b", "#b5a000")
_MARKERS = "os^Dv<>pPX*"


def main(arguments: Sequence[str]) -> int:
    """Draw all results of a directory."""
    directory = Path(arguments[0])
    peers, scale = (directory / f"{name}.json" for name in ("peers", "scale"))
    if peers.exists():
        results = peer_results.from_json(json.loads(peers.read_text()))
        save(draw_peers(results), peers.with_suffix(".svg"))
    if scale.exists():
        points = scale_results.from_json(json.loads(scale.read_text()))
        save(draw_scale(points), scale.with_suffix(".svg"))
    return 0


def save(figure: Figure, path: Path) -> None:
    """Write *figure* as an SVG without a date and with names that are the same in each run."""
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})


def draw_peers(results: Results) -> Figure:
    """A panel for each workload, with a line for each peer."""
    measured = [one for one in WORKLOADS if any(cell.walls for cell in results.of(one.name))]
    figure, panels = grid(len(measured))
    for workload, axes in zip(measured, panels, strict=False):
        cells = [cell for cell in results.of(workload.name) if cell.walls]
        for (peer, colour), marker in zip(colours().items(), _MARKERS, strict=True):
            own = [cell for cell in cells if cell.peer == peer]
            medians = [cell.median for cell in own]
            below = [cell.median - min(cell.walls) for cell in own]
            above = [max(cell.walls) - cell.median for cell in own]
            axes.errorbar(
                [cell.size for cell in own],
                medians,
                yerr=[below, above],
                color=colour,
                marker=marker,
                markersize=4,
                linewidth=1.2,
                capsize=2,
                label=next(one.title for one in PEERS if one.name == peer).replace("`", ""),
            )
        sizes = sorted({cell.size for cell in cells})
        axes.set(xscale="log", yscale="log", title=workload.name, ylabel="seconds")
        axes.set_xticks(sizes, [shown_size(size) for size in sizes])
        axes.minorticks_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    return figure


def colours() -> dict[str, str]:
    """The colour of each peer, by its name."""
    ours, theirs = iter(_OURS), iter(_THEIRS)
    return {peer.name: next(ours if peer.is_ours else theirs) for peer in PEERS}


def draw_scale(results: ScaleResults) -> Figure:
    """A panel for each series: times on the left scale, memory of a worker on the right one."""
    measured = [one for one in SERIES if results.of(one.name)]
    figure, panels = grid(len(measured))
    for series, axes in zip(measured, panels, strict=False):
        points = results.of(series.name)
        x = [point.x for point in points]
        axes.plot(x, [point.median for point in points], color=_OURS[1], marker="o", label="time")
        axes.set(title=series.name, xlabel=series.axis, ylabel="seconds", ylim=(0, None))
        if max(x) > 100 * min(x):
            axes.set(xscale="log", yscale="log", ylim=(None, None))
        memory = axes.twinx()
        for peaks, style, label in (
            ([point.worker for point in points], "--", "memory of a worker"),
            ([point.coordinator for point in points], ":", "memory of the coordinator"),
        ):
            values = [peak / MIB for peak in peaks]
            memory.plot(x, values, color=_THEIRS[1], linestyle=style, label=label)
        memory.set(ylabel="MiB", ylim=(0, None))
    handles, labels = panels[0].get_legend_handles_labels()
    more, names = memory.get_legend_handles_labels()
    figure.legend(
        handles + more, labels + names, loc="outside lower center", ncols=3, frameon=False
    )
    return figure


def grid(count: int) -> tuple[Figure, list[Axes]]:
    """A figure with *count* panels in rows."""
    rows = max(1, -(-count // _COLUMNS))
    figure = Figure(figsize=(4 * _COLUMNS, 3 * rows + 0.8), layout="constrained")
    axes = [figure.add_subplot(rows, _COLUMNS, 1 + index) for index in range(max(1, count))]
    return figure, axes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
