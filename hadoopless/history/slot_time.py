"""Splits the slot-seconds of a job: users' programs, our own work, waiting, idle, redone. Pure.

A slot-second is a second of one slot of one worker. While an attempt has a slot, its programs
compute, or we do (fetch, sort, merge, write, the call itself), or both wait: for a disk, for a
processor that others use, for something outside. Work of ours that goes on while a program computes
costs the slot nothing, so it is counted only beyond the CPU time of the programs.
"""

from __future__ import annotations

import math
from itertools import pairwise

from msgspec import Struct

from hadoopless.history.course import Attempt, Course
from hadoopless.history.events import AttemptEnded


class SlotTime(Struct, frozen=True, rename="camel"):
    """Slot-seconds by their use; the fields add up to ``total``."""

    programs: float = 0.0
    ours: float = 0.0
    waiting: float = 0.0
    #: Attempts that do not count: failed, cancelled, lost, or done again.
    redone: float = 0.0
    #: Attempts of which no end is known: they run, or their coordinator was killed.
    running: float = 0.0
    #: Free slots before the first attempt, while maps ran, while reduces ran, and at the end.
    idle_at_start: float = 0.0
    idle_in_maps: float = 0.0
    idle_in_reduces: float = 0.0
    idle_at_end: float = 0.0

    @property
    def idle(self) -> float:
        """All free slots."""
        return self.idle_at_start + self.idle_in_maps + self.idle_in_reduces + self.idle_at_end

    @property
    def total(self) -> float:
        """All slots, for as long as their workers were there."""
        return self.programs + self.ours + self.waiting + self.redone + self.running + self.idle


def slot_time(course: Course) -> SlotTime:
    """The slot-seconds of *course* up to its last event."""
    programs = ours = waiting = redone = running = 0.0
    for attempt in course.attempts:
        seconds = attempt.seconds(course.now)
        if attempt.ended is None:
            running += seconds
            continue
        if not attempt.counts:
            redone += seconds
            continue
        computed, worked = _computed_and_worked(attempt.ended, seconds)
        programs += computed
        ours += worked
        waiting += seconds - computed - worked
    borders = _borders(course)
    idle = [
        max(0.0, _capacity(course, begin, end) - _busy(course.attempts, begin, end, course.now))
        for begin, end in pairwise(borders)
    ]
    return SlotTime(programs, ours, waiting, redone, running, *idle)


def _computed_and_worked(end: AttemptEnded, seconds: float) -> tuple[float, float]:
    """The parts of *seconds* in which programs computed, and in which only we worked."""
    told = min(end.seconds, seconds)
    if not told:
        return 0.0, 0.0  # a worker that tells nothing
    running = min(told, end.program_seconds or told)
    computed = min(running, end.program_cpu)
    outside = seconds - running  # the call, fetching, preparing, committing
    within = min(running - computed, max(0.0, end.own_cpu - (told - running)))
    return computed, outside + within


def _borders(course: Course) -> list[float]:
    """The times between the four parts of a job: start, maps, reduces, end."""
    end = course.now
    started = min((one.began.at for one in course.attempts), default=end)
    reduced = min((one.began.at for one in course.attempts if one.is_reduce), default=end)
    last = max((one.ended.at for one in course.attempts if one.ended), default=end)
    if any(one.ended is None for one in course.attempts):
        last = end
    if reduced > last:
        reduced = last
    return [0.0, started, max(started, reduced), max(started, last), max(started, end)]


def _capacity(course: Course, begin: float, end: float) -> float:
    """The slot-seconds that the workers of *course* had between two times.

    A worker counts from the beginning of the job on: before it joins, its slots are not used. One
    that takes the place of a lost one counts from then on.
    """
    lost = {event.worker: event.at for event in course.lost_workers}
    first_loss = min(lost.values(), default=math.inf)
    total = 0.0
    for worker, slots in course.all_workers.items():
        joined = course.joined[worker]
        since = max(begin, joined) if joined >= first_loss else begin
        until = end if worker in course.workers else min(end, lost.get(worker, end))
        total += slots * max(0.0, until - since)
    return total


def _busy(attempts: list[Attempt], begin: float, end: float, now: float) -> float:
    """The slot-seconds that *attempts* took between two times."""
    total = 0.0
    for one in attempts:
        until = now if one.ended is None else one.ended.at
        total += max(0.0, min(until, end) - max(one.began.at, begin))
    return total
