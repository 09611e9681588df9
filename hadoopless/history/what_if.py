"""Predicts a job for several numbers of workers, reducers and split sizes at once, as a grid. Pure.

Each point of the grid is one replay of the job, so a job of more tasks gets fewer points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, Course
from hadoopless.history.layout import file_sizes, map_sizes
from hadoopless.history.replay import Change, predicted

SPLIT, REDUCERS, WORKERS = "split", "reducers", "workers"
#: The tasks that are replayed for a grid, at most: a third of a second.
MOST_TASKS = 20_000
#: The numbers of the job are multiplied with these, the most telling first.
_FACTORS = (2, 1 / 2, 4, 1 / 4, 8)
#: So many tasks that run at a time make each replayed task cost about twice as much.
_CROWD = 200
_MB = 1 << 20


class Axis(Struct, frozen=True):
    """One number of the job that may be another one."""

    name: str
    #: In ascending order; those of a split size are bytes.
    values: tuple[int, ...]
    #: The place of the job's own number among the values.
    own: int


class Grid(Struct, frozen=True):
    """The predictions for all combinations of the values of some axes."""

    #: The last one is that of the workers; there are others where they make a difference. There is
    #: none where one replay of the job is too much already.
    axes: tuple[Axis, ...]
    #: For each combination; the value of the last axis changes first.
    seconds: tuple[float, ...]
    #: The seconds that the job really took.
    took: float


def grid_of(course: Course) -> Grid | None:
    """The grid of a job that has succeeded, without any point if it has too many tasks; or None."""
    if course.end is None or course.end.status != "succeeded":
        return None
    maps, choices = _maps_by_split(course), _choices(course)
    choices[SPLIT] = list(maps)
    while _tasks(course, maps, choices) > MOST_TASKS:
        longest = max(choices.values(), key=len)
        longest.pop()
        if len(longest) == 1 and longest is choices[WORKERS]:
            return Grid((), (), course.now)
    # The first choice is the number of the job itself, for which its tasks stay as they were.
    split_size = choices[SPLIT][0]
    seconds = tuple(
        predicted(course, Change(workers, None, reducers, None if size == split_size else size))
        for size, reducers, workers in product(*map(sorted, choices.values()))
    )
    if not all(map(math.isfinite, seconds)):
        return None
    axes = (_axis(name, values) for name, values in choices.items())
    return Grid(tuple(axis for axis in axes if len(axis.values) > 1), seconds, course.now)


def _axis(name: str, values: Sequence[int]) -> Axis:
    ordered = sorted(values)
    return Axis(name, tuple(ordered), ordered.index(values[0]))


def _choices(course: Course) -> dict[str, list[int]]:
    """The values of each axis, the job's own first; of several that are as long the first goes."""
    reducers = sum(1 for _ in course.phase(REDUCE))
    return {
        SPLIT: [],
        REDUCERS: _around(reducers),
        WORKERS: _around(course.most_workers or 1),
    }


def _around(own: int) -> list[int]:
    """*own*, then its multiples that are numbers of something."""
    found = [own]
    for factor in _FACTORS:
        value = round(own * factor)
        if value > 0 and value not in found:
            found.append(value)
    return found


def _maps_by_split(course: Course) -> dict[int, int]:
    """The number of map tasks for each split size that makes another number; the job's own first.

    The size that the job was given is not taken: where files are smaller it says nothing.
    """
    largest = max((one.began.bytes for one in course.phase(MAP)), default=0)
    found = {largest: sum(1 for _ in course.phase(MAP))}
    unit = _MB if largest >= 8 * _MB else 1
    files = file_sizes(course)
    for factor in _FACTORS:
        size = round(largest * factor / unit) * unit
        count = len(map_sizes(files, size)) if size > 0 else 0
        if count and count not in found.values():
            found[size] = count
    return found


def _tasks(course: Course, maps: Mapping[int, int], choices: Mapping[str, list[int]]) -> int:
    """The tasks that a grid of *choices* replays; those in a crowd count several times."""
    slots = max(course.all_workers.values(), default=1)
    total = 0
    for size, reducers, workers in product(*choices.values()):
        tasks = maps[size] + reducers
        total += tasks * (1 + min(tasks, workers * slots) // _CROWD)
    return total
