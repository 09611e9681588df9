"""The figures of a job, which tell it at a glance and compare it with another. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, SUCCEEDED, Attempt, Course
from hadoopless.page import numbers


class Figure(Struct, frozen=True):
    """One figure: its value, and how people read it. ``value`` is 0 where nothing is known."""

    label: str
    value: float
    show: Callable[[float], str] = numbers.count
    #: Words that go with the value.
    note: str = ""

    @property
    def shown(self) -> str:
        """The value for people."""
        return self.show(self.value)


def figures_of(course: Course) -> dict[str, Figure]:
    """The figures of the job, by their names, in the order in which they are shown."""
    maps, reduces = list(course.phase(MAP)), list(course.phase(REDUCE))
    ended = [one.ended for one in (*maps, *reduces) if one.ended is not None]
    job = course.job
    all_maps, all_reduces = (job.maps, job.reduces) if job else (0, 0)
    fetched = sum(one.fetched_bytes for one in ended)
    output = sum(one.ended.output_bytes for one in (reduces if all_reduces else maps) if one.ended)
    return {
        "duration": Figure("duration", course.now, numbers.seconds),
        "maps": Figure("map tasks done", len(maps), note=f"of {numbers.count(all_maps)}"),
        "reduces": Figure(
            "reduce tasks done", len(reduces), note=f"of {numbers.count(all_reduces)}"
        ),
        "input": _input(course, maps),
        "records": Figure(
            "records read", sum(one.ended.input_records for one in maps if one.ended)
        ),
        "mapped": Figure(
            "map output",
            sum(one.ended.output_bytes for one in maps if one.ended) if all_reduces else 0,
            numbers.size,
        ),
        "fetched": Figure("fetched by reduces", fetched, numbers.size),
        "spilled": Figure("spilled to disk", sum(one.spilled_bytes for one in ended), numbers.size),
        "output": Figure("output", output, numbers.size),
        "attempts": Figure("attempts", len(course.attempts)),
        "failed": Figure("failed attempts", sum(map(_has_failed, course.attempts))),
        "lost": Figure("workers lost", len(course.lost_workers)),
        "programs": Figure(
            "CPU of programs", sum(one.program_cpu for one in ended), numbers.seconds
        ),
        "own": Figure("CPU of workers", sum(one.own_cpu for one in ended), numbers.seconds),
        "map_phase": Figure("map phase", _span(maps), numbers.seconds),
        "reduce_phase": Figure("reduce phase", _span(reduces), numbers.seconds),
        "map_median": Figure("median map", quantile(_lengths(maps), 0.5), numbers.seconds),
        "map_longest": Figure("longest map", quantile(_lengths(maps), 1), numbers.seconds),
        "reduce_median": Figure("median reduce", quantile(_lengths(reduces), 0.5), numbers.seconds),
        "reduce_longest": Figure("longest reduce", quantile(_lengths(reduces), 1), numbers.seconds),
    }


def _input(course: Course, maps: Sequence[Attempt]) -> Figure:
    """The bytes of the inputs, of which so many are read by maps that have ended."""
    read = sum(one.ended.input_bytes for one in maps if one.ended)
    whole = course.job.input_bytes if course.job else 0
    if read < whole and course.end is None:
        return Figure("input read", read, numbers.size, f"of {numbers.size(whole)}")
    return Figure("input", max(read, whole), numbers.size)


def _has_failed(attempt: Attempt) -> bool:
    """True if it has ended badly, and not because nobody needed it any more."""
    return attempt.ended is not None and attempt.ended.result not in (SUCCEEDED, "cancelled")


def _lengths(attempts: Iterable[Attempt]) -> list[float]:
    return sorted(one.seconds(0.0) for one in attempts if one.ended is not None)


def _span(attempts: Sequence[Attempt]) -> float:
    """The time from the first start to the last end."""
    ends = [one.ended.at for one in attempts if one.ended is not None]
    return max(ends) - min(one.began.at for one in attempts) if ends else 0.0


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value of *ordered* below which that *part* of it lies; 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


class Change(Struct, frozen=True):
    """A figure of two runs."""

    label: str
    before: str
    after: str
    #: after / before; 0 where one of them is unknown.
    ratio: float


def compared(before: Course, after: Course) -> list[Change]:
    """The figures of both runs, without those that neither of them has."""
    old, new = figures_of(before), figures_of(after)
    return [
        Change(
            new[name].label,
            old[name].shown,
            new[name].shown,
            new[name].value / old[name].value if old[name].value and new[name].value else 0.0,
        )
        for name in new
        if old[name].value or new[name].value
    ]
