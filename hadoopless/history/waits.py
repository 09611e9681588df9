"""Says what programs have waited for, as far as the processors of the machine tell it. Pure."""

from __future__ import annotations

from hadoopless.history.course import Course
from hadoopless.history.options import Options
from hadoopless.history.words import percent, plural

#: From this share of their time on, processors are busy; below the other one they are not.
_BUSY, _FREE = 0.85, 0.6
#: Other processes that take a smaller share of the busy time are not the reason.
_OTHERS = 0.3


def wait_of(course: Course, options: Options) -> tuple[str, str]:
    """The cause for which programs of *course* waited, and the advice."""
    more = options.more_at_a_time(max(course.all_workers.values(), default=1))
    share = _busy_share(course)
    if share is None or _FREE <= share < _BUSY:
        return (
            "programs that waited for a disk, a busy processor or something outside",
            f"for the last, {more}",
        )
    if share < _FREE:
        return "programs that waited for a disk or something outside", f"for the latter, {more}"
    others = _others_share(course)
    if others >= _OTHERS:
        return (
            "programs that waited for the processors, which worked"
            f" {percent(others)} of their time for other processes",
            "the job is faster without them",
        )
    cores = plural(course.cores or 0, "processor")
    return (
        f"programs that waited for the processors: {plural(course.slots, 'slot')} shared {cores}",
        "more slots do not help",
    )


def _busy_share(course: Course) -> float | None:
    """The share of the time of all processors in which they worked; None if it is not known."""
    if course.end is None or not course.end.machine_cpu or not course.cores:
        return None
    passed = course.now - course.attempts[0].began.at if course.attempts else 0.0
    return course.end.machine_cpu / (course.cores * passed) if passed else None


def _others_share(course: Course) -> float:
    """The share of the processors' work that was not for attempts of this job."""
    ends = [one.ended for one in course.attempts if one.ended is not None]
    own = sum(end.program_cpu + end.own_cpu for end in ends)
    busy = course.end.machine_cpu if course.end else 0.0
    return max(0.0, busy - own) / busy if busy else 0.0
