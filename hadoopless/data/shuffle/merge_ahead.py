"""Merges neighbouring map outputs of one partition ahead of its reduce task.

Only outputs of consecutive map tasks are merged, so that equal keys stay in the order of the maps.
The runs themselves are kept: if one of the outputs is replaced meanwhile, the reduce task merges
the others from their own runs, and where the merged ones turn out to be nonsense it can be told
which worker has sent that. So what is merged takes memory twice, until its reduce task has ended,
and never more than there is left of one half of the budget.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from hadoopless.data.machine.buffers import new_buffer
from hadoopless.data.merge.merge import merged
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.job import Sum

#: Bytes of the windows on those runs that lie in files.
_WINDOWS = 4 << 20
#: So many files are read through windows of a good size.
_MOST_FILES = 16


class Merged:
    """The runs of neighbouring map outputs of one partition as one run, in memory."""

    def __init__(self, map_task_ids: Sequence[str], run: MemoryRun, gathered: Gathered) -> None:
        """*gathered* has the memory of *run*."""
        self.map_task_ids = tuple(map_task_ids)
        self.run = run
        self.gathered = gathered

    def drop(self) -> None:
        """Give its memory back."""
        self.gathered.close()


def merge_neighbours(
    outputs: Mapping[str, Sequence[Run]],
    framed: bool,
    gathered: Gathered,
    is_wanted: Callable[[], bool],
) -> Merged | None:
    """The runs of *outputs*, neighbours in the order of the map tasks, as one run.

    None: there is nothing to merge, too little memory, or it *is_wanted* no more. *gathered* takes
    the memory, or gives it back. Raises CorruptRun, DiskError.
    """
    started = time.thread_time()
    runs = [run for each in outputs.values() for run in each if run.length]
    files = sum(isinstance(run, FileRun) for run in runs)
    size = sum(run.length for run in runs)
    if len(runs) < 2 or files > _MOST_FILES or not gathered.take_of_half(size):
        return None
    try:
        target = new_buffer(size)
        at = 0
        for piece in merged(runs, _WINDOWS, gathered.new_file(), framed):
            if not is_wanted():
                gathered.close()
                return None
            target[at : at + len(piece)] = piece
            at += len(piece)
        run = MemoryRun(target, 0, at, Sum.of(run.sum for run in runs))
    except BaseException:
        gathered.close()
        raise
    gathered.add_cpu(time.thread_time() - started)
    return Merged(tuple(outputs), run, gathered)


def stretches(
    neighbours: Iterable[Sequence[str]], outputs: Mapping[str, Sequence[Run]]
) -> Iterator[dict[str, Sequence[Run]]]:
    """The parts of each list of *neighbours* that are among *outputs*, of two and more."""
    for ids in neighbours:
        for is_here, part in groupby(ids, outputs.__contains__):
            stretch = {map_task_id: outputs[map_task_id] for map_task_id in part if is_here}
            if len(stretch) > 1:
                yield stretch
