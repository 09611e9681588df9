"""Says in three sentences why a job took as long as it did, and which option changes that. Pure."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, Course
from hadoopless.history.losses import Loss, losses_of
from hadoopless.history.slot_time import SlotTime, slot_time
from hadoopless.history.words import listed, percent, plural, seconds


class Bounds(Struct, frozen=True, rename="camel"):
    """Seconds below which no schedule of these tasks on these slots can come."""

    #: All attempts that count, spread evenly over all slots.
    work: float = 0.0
    #: The longest map task, and after it the longest reduce task.
    longest_tasks: float = 0.0
    #: The task of the longest partition alone.
    longest_partition: float = 0.0

    @property
    def least(self) -> float:
        """The largest of them."""
        return max(self.work, self.longest_tasks)


class Verdict(Struct, frozen=True, rename="camel"):
    """The use of the time of a job: sentences for people, figures for programs."""

    sentences: tuple[str, ...]
    seconds: float
    slots: int
    slot_time: SlotTime
    bounds: Bounds
    #: The largest first.
    losses: tuple[Loss, ...] = ()


def verdict_of(course: Course) -> Verdict:
    """The verdict on *course*, up to its last event."""
    times = slot_time(course)
    bounds = _bounds(course)
    found = losses_of(course, times)
    slots = sum(course.all_workers.values())
    sentences = (_first(course, slots, bounds), _second(times), _third(found))
    return Verdict(sentences, course.now, slots, times, bounds, found)


def _bounds(course: Course) -> Bounds:
    maps, reduces = (
        [one.seconds(course.now) for one in course.phase(phase)] for phase in (MAP, REDUCE)
    )
    slots = sum(course.all_workers.values()) or 1
    longest = max(reduces, default=0.0)
    return Bounds((sum(maps) + sum(reduces)) / slots, max(maps, default=0.0) + longest, longest)


def _first(course: Course, slots: int, bounds: Bounds) -> str:
    verb = "took" if course.end else "has run for"
    text = f"The job {verb} {seconds(course.now)} on {plural(slots, 'slot')}"
    if not bounds.least:
        return f"{text}."
    why = "there is so much to do" if bounds.work >= bounds.longest_tasks else "of the longest ones"
    return f"{text}; its tasks need at least {seconds(bounds.least)}, because {why}."


def _second(times: SlotTime) -> str:
    total = times.total
    if not total:
        return "No slot was there yet."
    shares = {
        "your programs": times.programs,
        "our own work": times.ours,
        "waiting": times.waiting,
        "free": times.idle,
        "attempts that did not count": times.redone,
    }
    told = [f"{percent(value / total)} {name}" for name, value in shares.items() if value]
    return f"The slots were used so: {listed(told)}."


def _third(losses: tuple[Loss, ...]) -> str:
    if not losses:
        return "Nothing else is worth a change: the programs are the limit."
    first = losses[0]
    return f"The largest loss, {percent(first.share)}: {first.cause}" + (
        f"; {first.advice}." if first.advice else "."
    )
