"""Says in three sentences why a job took as long as it did, and which option changes that. Pure."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.history.course import MAP, REDUCE, SUCCEEDED, Course
from hadoopless.history.events import Failed
from hadoopless.history.losses import Loss, losses_of
from hadoopless.history.slot_time import SlotTime, slot_time
from hadoopless.history.words import capital, listed, percent, percents, plural, seconds


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

    @property
    def names_loss(self) -> bool:
        """True if the last sentence tells the first of the losses."""
        return bool(self.losses) and self.losses[0].told in self.sentences[-1]


def verdict_of(course: Course, *, runs: bool = True) -> Verdict:
    """The verdict on *course*, up to its last event.

    A job without an end is one that *runs*, or one whose log ends too early.
    """
    times = slot_time(course)
    bounds = _bounds(course)
    found = losses_of(course, times)
    sentences = (_first(course, bounds, runs=runs), _second(times), _third(course, times, found))
    return Verdict(sentences, course.now, course.slots, times, bounds, found)


def _bounds(course: Course) -> Bounds:
    maps, reduces = (
        [one.seconds(course.now) for one in course.phase(phase)] for phase in (MAP, REDUCE)
    )
    longest = max(reduces, default=0.0)
    work = (sum(maps) + sum(reduces)) / (course.slots or 1)
    return Bounds(work, max(maps, default=0.0) + longest, longest)


def _first(course: Course, bounds: Bounds, *, runs: bool) -> str:
    took = f"{seconds(course.now)} on {plural(course.slots, 'slot')}"
    if course.end is None:
        if runs:
            return f"The job has run for {took}."
        return f"The log ends after {took}, but the job had not ended then."
    if course.end.status != SUCCEEDED:
        verb = "failed" if course.end.status == "failed" else "was cancelled"
        return f"The job {verb} after {took}."
    if not bounds.least:
        return f"The job took {took}."
    why = "there is so much to do" if bounds.work >= bounds.longest_tasks else "of the longest ones"
    return f"The job took {took}; its tasks need at least {seconds(bounds.least)}, because {why}."


def _second(times: SlotTime) -> str:
    if not times.total:
        return "No slot was there yet."
    uses = {
        "your programs": times.programs,
        "our own work": times.ours,
        "waiting": times.waiting,
        "free": times.idle,
        "attempts that did not count": times.redone,
        "attempts that have not ended": times.running,
    }
    shares = percents(list(uses.values()))
    told = [
        f"{share} {name}"
        for (name, value), share in zip(uses.items(), shares, strict=True)
        if value
    ]
    return f"The slots were used so: {listed(told)}."


def _third(course: Course, times: SlotTime, losses: tuple[Loss, ...]) -> str:
    failure = course.end.failure if course.end else None
    if failure is not None:
        return _failed(course, failure)
    if losses:
        return f"The largest loss, {percent(losses[0].share)}: {losses[0].told}."
    if times.programs <= times.total / 2:
        return "Nothing can be said yet of its limit."
    return "Nothing else is worth a change: the programs are the limit."


def _failed(course: Course, failure: Failed) -> str:
    """The end of a job that did not succeed, in the first line of its error."""
    why = (failure.message or failure.kind).partition("\n")[0].rstrip(".")
    for one in course.attempts:
        if one.ended is not None and one.ended.failure is not None:
            job = course.job.id[:8] if course.job else "last"
            return f"{capital(why)}; hadoopless logs {job} tells more."
    return f"{capital(why)}."
