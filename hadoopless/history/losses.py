"""Finds the causes for which slots did not work for the user's programs, each with advice. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from hadoopless.history.course import CANCELLED, MAP, REDUCE, SUCCEEDED, Attempt, Course
from hadoopless.history.layout import is_packed
from hadoopless.history.options import Options, options_of
from hadoopless.history.slot_time import SlotTime
from hadoopless.history.waits import wait_of
from hadoopless.history.words import (
    listed,
    on_one_line,
    percent,
    plural,
    quoted,
    seconds,
    task_name,
)
from hadoopless.sizes import show_size

#: Losses below this share of all slot-seconds are not worth a word.
_LEAST_SHARE = 0.02
#: A task that takes so many times the median is an exception.
_UNEVEN = 1.5
#: Shorter tasks cost mostly their start.
_SHORT_TASK = 0.2
#: Bytes; cutting into smaller pieces costs more than it saves.
_LEAST_SPLIT = 64 << 10

#: Tells the cause, and the advice or "".
_Tell = Callable[[Course, Options], tuple[str, str]]


class Loss(Struct, frozen=True, rename="camel"):
    """Slot-seconds that were lost to one cause; the *advice* is a sentence, or empty."""

    share: float
    cause: str
    advice: str = ""

    @property
    def told(self) -> str:
        """The cause and the advice, as a part of a sentence."""
        return f"{self.cause}; {self.advice}" if self.advice else self.cause


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
    yield times.waiting, wait_of
    yield times.ours, _ours


def _start_and_end(course: Course, options: Options) -> tuple[str, str]:
    ready = min(course.joined.values(), default=0.0)
    if ready < course.outside_of_attempts / 2:
        return "the start and the end of the job", ""
    if options.is_spark:
        return f"Spark needed the first {seconds(ready)} to begin", ""
    if options.is_pull:
        return f"no worker had joined for the first {seconds(ready)}", ""
    if not course.own_workers:
        return f"the coordinator needed the first {seconds(ready)} to find its workers", ""
    return (
        f"no worker was ready for the first {seconds(ready)}",
        "workers that run already (hadoopless workers) save most of it",
    )


def _uneven_maps(course: Course, options: Options) -> tuple[str, str]:
    tasks, begun = _tasks(course, MAP)
    if not tasks:
        return "slots were free while map tasks ran", ""
    if begun < course.slots:
        why = f"{plural(begun, 'map task')} for {plural(course.slots, 'slot')}"
        return why, _more_maps(tasks, course.slots, options)
    longest = max(tasks, key=lambda one: one.seconds(course.now))
    took, usual = _longest_and_median(tasks, course.now)
    advice = _more_maps(tasks, 4 * course.slots, options)
    if took > _UNEVEN * usual:
        size = longest.began.bytes
        held = (
            f", which reads {show_size(size)} of {on_one_line(longest.began.input)},"
            if size
            else ""
        )
        return (
            f"slots were free while {task_name(longest)}{held} took {seconds(took)};"
            f" the median is {seconds(usual)}",
            advice,
        )
    return "slots were free while the last map tasks ran", advice


def _tasks(course: Course, phase: str) -> tuple[list[Attempt], int]:
    """The attempts of *phase* whose outputs count, and the number of tasks that have begun."""
    wanted = phase == REDUCE
    begun = {one.task for one in course.attempts if one.is_reduce is wanted}
    return list(course.phase(phase)), len(begun)


def _more_maps(tasks: Sequence[Attempt], wanted: int, options: Options) -> str:
    """The advice that makes about so many map tasks; "" where the largest cannot be cut."""
    largest = max(tasks, key=lambda one: one.began.bytes)
    size = max(_LEAST_SPLIT, sum(one.began.bytes for one in tasks) // wanted)
    if largest.began.bytes < _UNEVEN * size:
        return ""
    if is_packed(largest.began.input):
        return "a compressed file is one map task, several smaller ones are several"
    return f"{options.split_size(size)} makes more and shorter ones"


def _uneven_reduces(course: Course, options: Options) -> tuple[str, str]:
    tasks, begun = _tasks(course, REDUCE)
    if not tasks:
        return "slots were free while reduce tasks ran", ""
    longest = max(tasks, key=lambda one: one.seconds(course.now))
    sizes = {one.index: one.ended.input_bytes for one in tasks if one.ended}
    own, total = sizes.get(longest.index, 0), sum(sizes.values())
    keys = longest.ended.top_keys if longest.ended else ()
    if total and keys and keys[0].bytes > max(own, total / max(2, course.slots)) / 2:
        return (
            f"slots were free while partition {longest.index} was reduced, which has"
            f" {percent(own / total)} of the bytes, the key {quoted(keys[0].key)} alone"
            f" {percent(keys[0].bytes / total)}",
            options.combiner(),
        )
    if begun < course.slots:
        why = f"{plural(begun, 'reduce task')} for {plural(course.slots, 'slot')}"
        is_all = course.job is None or begun >= course.job.reduces
        return why, f"{options.reducers(course.slots)} uses all" if is_all else ""
    more = options.reducers(2 * len(tasks))
    took, usual = _longest_and_median(tasks, course.now)
    if took <= _UNEVEN * usual:
        return "slots were free while the last reduce tasks ran", f"{more} makes them shorter"
    cause = f"slots were free while partition {longest.index} was reduced"
    if not total:
        return cause, options.combiner()
    cause += f", which has {percent(own / total)} of the bytes"
    if options.has_partitioner:
        return f"{cause}, as the partitioner wants it", ""
    return cause, f"{more} spreads its keys"


def _redone(course: Course, options: Options) -> tuple[str, str]:
    counting = {one.task for one in course.attempts if one.counts}
    ends: dict[str, int] = {}
    failed = ""
    for one in course.attempts:
        if one.ended is None or one.counts:
            continue
        reason = one.ended.result
        if reason == SUCCEEDED:
            reason = "output lost"
        elif reason == CANCELLED and one.task in counting:
            reason = "overtaken by another attempt"
        elif one.ended.failure is not None:
            failed = failed or one.task
        ends[reason] = ends.get(reason, 0) + 1
    told = listed([f"{count} x {reason}" for reason, count in ends.items()])
    job = course.job.id[:8] if course.job else "last"
    advice = f"hadoopless logs {job} {failed} tells more" if failed else ""
    return f"attempts that did not count ({told})", advice


def _ours(course: Course, options: Options) -> tuple[str, str]:
    for phase in (MAP, REDUCE):
        tasks = list(course.phase(phase))
        usual = _longest_and_median(tasks, course.now)[1] if tasks else 0.0
        if tasks and usual < _SHORT_TASK and len(tasks) > 4 * course.slots:
            return (
                f"starting {plural(len(tasks), f'{phase} task')} of {seconds(usual)} each",
                _fewer(phase, len(tasks), course, options),
            )
    if all(one.seconds(course.now) < _SHORT_TASK for one in course.attempts):
        return "the start and the end of tasks, which are all short", ""
    return "fetching, sorting, merging and writing", options.combiner()


def _fewer(phase: str, tasks: int, course: Course, options: Options) -> str:
    """The advice that makes fewer tasks of *phase*."""
    if phase == REDUCE:
        return f"{options.reducers(course.slots)} makes fewer of them"
    if course.job is not None and tasks >= 2 * course.job.input_files > 0:
        size = -(-course.job.input_bytes // (4 * course.slots))
        return f"{options.split_size(size)} makes fewer of them"
    return f"{options.combine_small()} reads many files in one task"


def _longest_and_median(tasks: list[Attempt], now: float) -> tuple[float, float]:
    """The longest time, and the median; of two tasks it is that of the shorter one."""
    times = [one.seconds(now) for one in tasks]
    return max(times), statistics.median_low(times)
