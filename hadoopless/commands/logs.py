"""``hadoopless logs``: the text that the programs of a job have written to stderr."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from typing import Any

from hadoopless.commands.telling import Answer, answer, told_of_profile
from hadoopless.entry.arguments import Parser, add_job
from hadoopless.errors import InputError
from hadoopless.history import store
from hadoopless.history.course import Attempt, Course
from hadoopless.history.profile import profile_of
from hadoopless.history.reading import read_so_far
from hadoopless.history.words import on_one_line, seconds
from hadoopless.visible import visible

SCHEMA = 1
_EXAMPLE = """\
examples:
  hadoopless logs
  hadoopless logs map-3
  hadoopless logs 5f0c reduce-0-1
"""
#: A word that names a task, or an attempt, of the last job.
_TASK = re.compile("(map|reduce)-[0-9]+(-[0-9]+)?")


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless logs",
        description="Print the end of stderr of each attempt of a job, and how it has ended.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_job(parser)
    parser.add_argument(
        "task", metavar="TASK", nargs="?", help="a task (map-3) or an attempt (map-3-0); all"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str]) -> int:
    """Print the stderr of a job; returns the exit code of the process."""
    return answer("logs", SCHEMA, words, lambda: _found(words))


def _found(words: Sequence[str]) -> Answer:
    options = new_parser().parse_args(words)
    job, task = options.job, options.task
    if task is None and _TASK.fullmatch(job):
        job, task = "last", job
    log = store.find(job).path
    course, runs = read_so_far(log)
    attempts = chosen(course, task)
    return (
        lambda: as_object(course, attempts, runs=runs),
        lambda: "\n".join((shown(course, attempts, runs=runs), *told_of_profile(profile_of(log)))),
    )


def chosen(course: Course, task: str | None) -> list[Attempt]:
    """The attempts of *task*, or that one attempt; all if it is None. Raises InputError."""
    if task is None:
        return course.attempts
    name = task.strip().replace(" ", "-")
    found = [one for one in course.attempts if name in (one.task, one.name)]
    if not found:
        if not course.attempts:
            raise InputError(f"the job has no attempt of {task}: none has begun")
        raise InputError(f"the job has no attempt of {task}; tasks are called map-0, reduce-0, ...")
    return found


def as_object(course: Course, attempts: Sequence[Attempt], *, runs: bool) -> dict[str, Any]:
    """The ends of *attempts* for programs: docs/json.md describes the object."""
    return {
        "object": "logs",
        "schema": SCHEMA,
        "status": "succeeded",
        "exitCode": 0,
        "id": course.job.id if course.job else "",
        "attempts": [
            {
                "attempt": one.name,
                "worker": one.began.worker,
                "result": _result(one, runs),
                "seconds": one.seconds(course.now),
                "input": one.began.input,
                "stderr": one.ended.stderr if one.ended else "",
                "replay": one.ended.failure.replay if one.ended and one.ended.failure else "",
            }
            for one in attempts
        ],
    }


def shown(course: Course, attempts: Sequence[Attempt], *, runs: bool) -> str:
    """The ends of *attempts* for people; of many, those that have nothing to tell are counted."""
    if not attempts:
        return "no attempt has begun" + (" yet" if runs else "")
    alone = len(attempts) == 1
    told = [line for one in attempts for line in _lines(one, course, alone=alone, runs=runs)]
    quiet = sum(not _speaks(one) for one in attempts)
    if quiet and not alone:
        told.append(f"{quiet} of {len(attempts)} attempts wrote nothing to stderr")
    return visible("\n".join(told))


def _result(attempt: Attempt, runs: bool) -> str:
    """The result of *attempt* of a job that *runs* or does not run any more."""
    if attempt.ended is not None:
        return attempt.ended.result
    return "running" if runs else "lost"


def _speaks(attempt: Attempt) -> bool:
    end = attempt.ended
    return end is None or bool(end.stderr or end.failure or end.stderr_left_out)


def _lines(attempt: Attempt, course: Course, *, alone: bool, runs: bool) -> Iterator[str]:
    if not alone and not _speaks(attempt):
        return
    end = attempt.ended
    result = _result(attempt, runs)
    took = seconds(attempt.seconds(course.now))
    yield f"{attempt.name} on {attempt.began.worker}: {result}, {took}"
    if attempt.began.input:
        yield f"  input:   {on_one_line(attempt.began.input)}"
    if end is None:
        why = "it has not ended" if runs else "the coordinator was gone before it ended"
        yield f"  its stderr is not known: {why}"
        return
    if end.failure is not None:
        yield f"  {(end.failure.message or end.failure.kind).splitlines()[0]}"
    yield from (f"    {line}" for line in end.stderr.splitlines())
    if end.stderr_left_out:
        yield "    (left out: the log holds enough of it)"
    elif alone and not end.stderr:
        yield "  it wrote nothing to stderr"
    if end.failure is not None and end.failure.replay:
        yield f"  to run just this task by hand:\n    {end.failure.replay}"
