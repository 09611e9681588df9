"""``hadoopless explain``: where the time of a job went, and how long it would take otherwise."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from hadoopless.commands.telling import Answer, answer, told_of_profile
from hadoopless.entry.arguments import Parser, add_job, count, size
from hadoopless.errors import InputError, UsageError
from hadoopless.history import store
from hadoopless.history.course import MAP, REDUCE, Course
from hadoopless.history.layout import is_packed
from hadoopless.history.profile import profile_of
from hadoopless.history.reading import read_so_far
from hadoopless.history.replay import Change, predicted
from hadoopless.history.slot_time import SlotTime
from hadoopless.history.verdict import Verdict, verdict_of
from hadoopless.history.words import listed, percent, percents, plural, seconds
from hadoopless.visible import visible

SCHEMA = 1
_EXAMPLE = """\
examples:
  hadoopless explain
  hadoopless explain 5f0c --workers=8 --numReducers=16
what it cannot know:
  a prediction takes the durations that were measured, on the processors that there
  were; workers on further machines, slower disks and failures are not in it
"""
_WIDTH = 50
_MB = 1 << 20
#: Tasks or workers that are replayed; 100,000 tasks take some seconds and 250 MB.
MOST = 100_000
#: The uses of slots, with the letter that stands for each in the bar.
_USES = (
    ("programs", "#", "your programs"),
    ("ours", "o", "fetching, sorting, merging, writing"),
    ("waiting", "w", "waiting"),
    ("idle", ".", "free"),
    ("redone", "x", "attempts that did not count"),
    ("running", "?", "attempts that have not ended"),
)


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless explain",
        description="Say where the time of a job went. With options, say how long it would take"
        " with other numbers.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_job(parser)
    parser.add_argument("--workers", metavar="N", type=count, help="with so many workers")
    parser.add_argument(
        "--slots", metavar="N", type=count, help="with so many tasks at a time each"
    )
    parser.add_argument("--numReducers", metavar="N", type=count, help="with so many reducers")
    parser.add_argument("--splitSize", metavar="SIZE", type=size, help="with splits of this size")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str]) -> int:
    """Explain a job; returns the exit code of the process."""
    return answer("explain", SCHEMA, words, lambda: _found(words))


def _found(words: Sequence[str]) -> Answer:
    options = new_parser().parse_args(words)
    log = store.find(options.job).path
    course, runs = read_so_far(log, brief=True)
    change = Change(options.workers, options.slots, options.numReducers, options.splitSize)
    _check(course, change)
    verdict = verdict_of(course, runs=runs)
    replays = predictions(course, change)
    profile = profile_of(log)
    return (
        lambda: as_object(course, verdict, replays) | {"profile": profile},
        lambda: "\n".join((shown(course, verdict, replays), *told_of_profile(profile))),
    )


def _check(course: Course, change: Change) -> None:
    if change == Change():
        return
    if course.end is None or course.end.status != "succeeded":
        raise InputError("the job has not succeeded: how long it would take cannot be told")
    if change.reducers is not None and course.job is not None and not course.job.reduces:
        raise InputError("the job has no reducers: leave out --numReducers")
    pieces = sum(one.began.bytes for one in course.phase(MAP)) // (change.split_size or sys.maxsize)
    wanted = max(pieces, change.workers or 0, change.slots or 0, change.reducers or 0)
    if wanted > MOST:
        raise UsageError(f"no more than {MOST:,} workers, slots or tasks can be replayed")


def predictions(course: Course, change: Change) -> list[tuple[Change, float]]:
    """The seconds with *change*; without one, those with what a user would try first.

    Nobody is to wait for what was not asked for: then a job of many tasks is not replayed.
    """
    if course.end is None or course.end.status != "succeeded":
        return []
    if change == Change() and _is_large(course):
        return []
    changes = [change] if change != Change() else list(_usual(course))
    return [(one, predicted(course, one)) for one in changes]


def _is_large(course: Course) -> bool:
    return len(course.attempts) > MOST


def _usual(course: Course) -> Iterator[Change]:
    workers = course.most_workers or 1
    yield Change(workers=2 * workers)
    reduces = sum(1 for _ in course.phase(REDUCE))
    if reduces:
        yield Change(reducers=2 * reduces)
    cut = (one.began for one in course.phase(MAP) if not is_packed(one.began.input))
    largest = max((one.bytes for one in cut), default=0)
    if largest > 2 * _MB:
        yield Change(split_size=round(largest / 2 / _MB) * _MB)


def _options(change: Change) -> str:
    given = {
        "--workers": change.workers,
        "--slots": change.slots,
        "--numReducers": change.reducers,
        "--splitSize": None if change.split_size is None else _exact(change.split_size),
    }
    return " ".join(f"{name}={value}" for name, value in given.items() if value is not None)


def _named(change: Change) -> str:
    """*change* for people: options of the programs that run jobs have other names and values."""
    parts = []
    if change.workers is not None:
        parts.append(plural(change.workers, "worker"))
    if change.slots is not None:
        parts.append(f"{plural(change.slots, 'slot')} each")
    if change.reducers is not None:
        parts.append(plural(change.reducers, "reducer"))
    if change.split_size is not None:
        size = _exact(change.split_size)
        parts.append(f"splits of {size}{' bytes' if size.isdigit() else ''}")
    return listed(parts)


def _exact(size: int) -> str:
    """*size* as an option takes it."""
    for unit, name in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if not size % unit:
            return f"{size // unit}{name}"
    return str(size)


def as_object(
    course: Course, verdict: Verdict, replays: Sequence[tuple[Change, float]]
) -> dict[str, Any]:
    """The verdict for programs: docs/json.md describes the object."""
    told: dict[str, Any] = msgspec.to_builtins(verdict)
    return {
        "object": "explain",
        "schema": SCHEMA,
        "status": "succeeded",
        "exitCode": 0,
        "id": course.job.id if course.job else "",
        **told,
        "predictions": [{"options": _options(one), "seconds": took} for one, took in replays],
    }


def shown(course: Course, verdict: Verdict, replays: Sequence[tuple[Change, float]]) -> str:
    """The verdict for people."""
    lines = [*verdict.sentences]
    if drawn := bar(verdict.slot_time, _WIDTH):
        lines += ["", *drawn]
    named = int(verdict.names_loss)
    if others := verdict.losses[named:]:
        lines += ["", "Other losses:" if named else "Losses:"]
        lines += [f"  {percent(loss.share):>5}  {loss.told}" for loss in others]
    if replays:
        lines += ["", f"It took {seconds(course.now)}. By the durations of its tasks it would take"]
        lines += [f"  {seconds(took):>7}  with {_named(one)}" for one, took in replays]
    elif _is_large(course):
        lines += ["", "Other numbers are tried for so many tasks when you name them: --workers=N"]
    return visible("\n".join(lines))


def bar(times: SlotTime, width: int) -> list[str]:
    """The slot-seconds as a bar of letters, *width* columns wide; below it what they mean."""
    if not times.total:
        return []
    drawn, at, left = "", 0.0, 0
    legend = []
    values = [getattr(times, name) for name, _, _ in _USES]
    for (_, letter, words), value, share in zip(_USES, values, percents(values), strict=True):
        at += width * value / times.total
        drawn += letter * (round(at) - left)
        left = round(at)
        if value:
            legend.append(f"  {letter} {share:>5}  {words}")
    return [f"[{drawn}]", *legend]
