"""Finds the causes for which slots did not work for the user's programs, each with advice. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, Attempt, Course
from hadoopless.history.options import Options, options_of
from hadoopless.history.slot_time import SlotTime
from hadoopless.history.words import listed, megabytes, percent, plural, quoted, seconds, task_name

#: Losses below this share of all slot-seconds are not worth a word.
_LEAST_SHARE = 0.02
#: A task that takes so many times the median is an exception.
_UNEVEN = 1.5
#: Shorter tasks cost mostly their start.
_SHORT_TASK = 0.2
_MB = 1_000_000

#: Tells the cause, and the advice or "".
_Tell = Callable[[Course, Options], tuple[str, str]]


class Loss(Struct, frozen=True, rename="camel"):
    """Slot-seconds that were lost to one cause; the *advice* is a sentence, or empty."""

    share: float
    cause: str
    advice: str = ""


def losses_of(course: Course, times: SlotTime) -> tuple[Loss, ...]:
    """The losses of *course* that are worth a word, the largest first."""
    if not times.total:
        return ()
    options = options_of(course.job)
    found = [
        Loss(slot_seconds / times.total, *tell(course, options))
        for slot_seconds, tell in _causes(times)
        if slot_seconds / times.total >= _LEAST_SHARE
    ]
    return tuple(sorted(found, key=lambda loss: -loss.share))


def _causes(times: SlotTime) -> Iterator[tuple[float, _Tell]]:
    yield times.idle_at_start + times.idle_at_end, _start_and_end
    yield times.idle_in_maps, _uneven_maps
    yield times.idle_in_reduces, _uneven_reduces
    yield times.redone, _redone
    yield times.waiting, _waiting
    yield times.ours, _ours


def _start_and_end(course: Course, options: Options) -> tuple[str, str]:
    return "the start and the end of the job", ""


def _uneven_maps(course: Course, options: Options) -> tuple[str, str]:
    tasks = list(course.phase(MAP))
    slots = sum(course.all_workers.values())
    if len(tasks) < slots:
        return (
            f"{plural(len(tasks), 'map task')} for {plural(slots, 'slot')}",
            f"{options.split_size(_split_for(course, slots))} makes more of them",
        )
    longest = max(tasks, key=lambda one: one.seconds(course.now))
    took, usual = _longest_and_median(tasks, course.now)
    if took > _UNEVEN * usual:
        size = longest.began.bytes
        held = f", which reads {megabytes(size)} of {longest.began.input}" if size else ""
        return (
            f"slots were free while {task_name(longest)}{held} took {seconds(took)};"
            f" the median is {seconds(usual)}",
            f"{options.split_size(_split_for(course, 4 * slots))} cuts it into more tasks",
        )
    return (
        "slots were free while the last map tasks ran",
        f"{options.split_size(_split_for(course, 4 * slots))} makes them shorter",
    )


def _split_for(course: Course, tasks: int) -> int:
    """Bytes of a split, so that the inputs make about so many *tasks*; whole megabytes."""
    size = course.job.input_bytes if course.job else 0
    return max(1, round(size / max(1, tasks) / _MB))


def _uneven_reduces(course: Course, options: Options) -> tuple[str, str]:
    tasks = list(course.phase(REDUCE))
    slots = sum(course.all_workers.values())
    if len(tasks) < slots:
        return (
            f"{plural(len(tasks), 'reduce task')} for {plural(slots, 'slot')}",
            options.reducers(slots) + " uses all",
        )
    longest = max(tasks, key=lambda one: one.seconds(course.now))
    took, usual = _longest_and_median(tasks, course.now)
    if took <= _UNEVEN * usual:
        return "slots were free while the last reduce tasks ran", (
            f"{options.reducers(2 * len(tasks))} makes them shorter"
        )
    return _skew(longest, tasks, options)


def _skew(longest: Attempt, tasks: list[Attempt], options: Options) -> tuple[str, str]:
    sizes = {one.index: one.ended.input_bytes for one in tasks if one.ended}
    total, own = sum(sizes.values()), sizes.get(longest.index, 0)
    cause = f"the others waited for partition {longest.index}"
    if not total or not longest.ended:
        return cause, options.combiner()
    cause += f", which has {percent(own / total)} of the bytes"
    keys = longest.ended.top_keys
    if keys and keys[0].bytes > own / 4:
        cause += f", the key {quoted(keys[0].key)} alone {percent(keys[0].bytes / total)}"
        return cause, options.combiner()
    return cause, f"{options.reducers(2 * len(tasks))} spreads its keys"


def _redone(course: Course, options: Options) -> tuple[str, str]:
    failed: dict[str, int] = {}
    for one in course.attempts:
        if one.ended is not None and not one.counts:
            reason = one.ended.result
            reason = "output lost" if reason == "succeeded" else reason
            failed[reason] = failed.get(reason, 0) + 1
    told = listed([f"{count} x {reason}" for reason, count in failed.items()])
    return f"attempts that did not count ({told})", ""


def _waiting(course: Course, options: Options) -> tuple[str, str]:
    return (
        "programs that waited for a disk, a busy processor or something outside",
        f"for the last, {options.more_at_a_time()}",
    )


def _ours(course: Course, options: Options) -> tuple[str, str]:
    tasks = list(course.phase(MAP))
    usual = _longest_and_median(tasks, course.now)[1] if tasks else 0.0
    if tasks and usual < _SHORT_TASK and len(tasks) > 4 * sum(course.all_workers.values()):
        return (
            f"starting {plural(len(tasks), 'map task')} of {seconds(usual)} each",
            f"{options.combine_small()} reads many files in one task",
        )
    return "fetching, sorting, merging and writing", options.combiner()


def _longest_and_median(tasks: list[Attempt], now: float) -> tuple[float, float]:
    times = [one.seconds(now) for one in tasks]
    return max(times), statistics.median(times)
