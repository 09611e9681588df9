"""The results of the peers as Markdown tables."""

from __future__ import annotations

from benchmarks.peers.engines import PEERS, Peer
from benchmarks.peers.results import Cell, Results, shown_size, spread
from benchmarks.peers.workloads import WORKLOADS, Workload


def tables(results: Results) -> str:
    """A section with a table for each workload that was measured."""
    measured = [one for one in WORKLOADS if results.of(one.name)]
    return "\n\n".join(f"### {one.name}\n\n{table(one, results)}" for one in measured)


def table(workload: Workload, results: Results) -> str:
    """The sentence about the workload and its table: a row for a peer, a column for a size."""
    cells = results.of(workload.name)
    sizes = sorted({cell.size for cell in cells})
    found = {(cell.peer, cell.size): cell for cell in cells}
    head = " | ".join(["", *map(shown_size, sizes)])
    rows = [f"|{head} |", "|---" * (1 + len(sizes)) + "|"]
    rows += [
        row(peer, [found[peer.name, size] for size in sizes])
        for peer in PEERS
        if (peer.name, sizes[0]) in found
    ]
    what = f"{workload.what[0].upper()}{workload.what[1:]}."
    return "\n".join([what, "", *rows])


def row(peer: Peer, cells: list[Cell]) -> str:
    """The row of a peer; ours are in bold."""
    title = f"**{peer.title}**" if peer.is_ours else peer.title
    return " | ".join([f"| {title}", *map(shown, cells)]) + " |"


def shown(cell: Cell) -> str:
    """The times of a cell, or why there are none."""
    return spread(cell.walls) if cell.walls else f"— ({escaped(cell.why_not)})"


def escaped(text: str) -> str:
    """*text* within a cell of a table."""
    return " ".join(text.replace("|", "\\|").split())
