"""What map and reduce tasks under the plain rules have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hadoopless.data.merge.merge import WriteRun, merged
from hadoopless.data.merge.reduce_input import PairCounts, Types, stdin_pieces
from hadoopless.data.program.commands import Root
from hadoopless.data.program.directory import TaskDirectory
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.runs.runs import Run
from hadoopless.errors import DiskError, TaskError
from hadoopless.rules import PairFormat


def as_lines(
    runs: Sequence[Run], budget: int, write_run: WriteRun, framed: bool
) -> Iterator[memoryview]:
    """*runs*, merged, as combiners and reducers read them: ``key TAB value NL``."""
    pieces = merged(runs, budget, write_run, framed)
    if not framed:
        return pieces
    return stdin_pieces(
        pieces, framed=True, types=Types(), target=PairFormat(), counts=PairCounts()
    )


def kept(error: TaskError, root: Root, feed: Feeder, directory: str) -> str:
    """Keep in a new directory within *directory* what *feed* writes, the input of what failed.

    Returns the shell line that runs the command of *error* on it again; "" when that cannot be.
    """
    kept_for_good = TaskDirectory(directory)
    try:
        kept_for_good.__enter__()
    except DiskError:
        return ""  # what has failed before is the one to tell
    return kept_for_good.replay(error.command, {}, feed, cwd=root.cwd)
