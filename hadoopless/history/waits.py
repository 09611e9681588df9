"""Says what programs have waited for, as far as the processors of the machine tell it. Pure."""

from __future__ import annotations

from collections import Counter

from hadoopless.history.course import Course
from hadoopless.history.options import Options
from hadoopless.history.words import percent, plural

#: From this share of their time on, processors are busy; below the other one they are not.
_BUSY, _FREE = 0.85, 0.6
#: Other processes that take a smaller share of the busy time are not the reason.
_OTHERS = 0.3
#: Programs that want a processor get one for a larger share of their time, also where many want it.
_RUNNABLE = 0.06


def wait_of(course: Course, options: Options) -> tuple[str, str]:
    """The cause for which programs of *course* waited, and the advice."""
    more = _more(course, options)
    share = _busy_share(course)
    if share is None or _FREE <= share < _BUSY:
        return (
            "programs that waited for a disk, a busy processor or something outside",
            f"for the last, {more}" if more else "",
        )
    others = _others_share(course)
    is_for_others = others >= _OTHERS
    if share < _FREE or (is_for_others and _computing_share(course) < _RUNNABLE):
        why = "programs that waited for a disk or something outside"
        return why, f"for the latter, {more}" if more else ""
    if is_for_others:
        return (
            "programs that waited, probably for the processors: these worked"
            f" {percent(others)} of their time for other processes",
            "the job is faster without them",
        )
    cores = plural(course.cores or 0, "processor")
    return (
        f"programs that waited for the processors: {plural(course.slots, 'slot')} shared {cores}",
        "more slots do not help",
    )


def _more(course: Course, options: Options) -> str:
    """The advice that runs more tasks at a time; "" where no task has waited for a slot."""
    tasks = {one.task: one.is_reduce for one in course.attempts}
    most = max(Counter(tasks.values()).values(), default=0)
    slots = max(course.all_workers.values(), default=1)
    return options.more_at_a_time(slots) if most > course.slots else ""


def _busy_share(course: Course) -> float | None:
    """The share of the time of all processors in which they worked; None if it is not known."""
    if course.end is None or not course.end.machine_cpu or not course.cores:
        return None
    passed = course.now - course.attempts[0].began.at if course.attempts else 0.0
    return course.end.machine_cpu / (course.cores * passed) if passed else None


def _others_share(course: Course) -> float:
    """The share of the processors' work that was not for attempts of this job."""
    own = _own_cpu(course)
    busy = course.end.machine_cpu if course.end else 0.0
    return max(0.0, busy - own) / busy if busy else 0.0


def _computing_share(course: Course) -> float:
    """The share of their time in which attempts had a processor."""
    took = sum(one.seconds(course.now) for one in course.attempts)
    return _own_cpu(course) / took if took else 0.0


def _own_cpu(course: Course) -> float:
    ends = (one.ended for one in course.attempts if one.ended is not None)
    return sum(end.program_cpu + end.own_cpu for end in ends)
