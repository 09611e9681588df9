"""``hadoopless history``: the jobs of which an event log is kept, the newest last."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from hadoopless.commands.telling import Answer, answer
from hadoopless.entry.arguments import Parser, index
from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.history import store
from hadoopless.history.reading import read_ends
from hadoopless.history.words import plural, seconds
from hadoopless.visible import visible

SCHEMA = 1
_EXAMPLE = """\
example:
  hadoopless history --last=5
files:
  the logs lie in the directory that MAPREDUCE_HISTORY names, or in
  ~/.local/state/hadoopless/jobs; MAPREDUCE_HISTORY=off keeps none
"""
_HEAD = ("job", "began", "result", "took", "tasks", "mapper", "output")
#: Characters of a job's id that are shown, and of a command.
_SHOWN_ID = 8
_SHOWN_COMMAND = 40


class Known(Struct, frozen=True):
    """A job of the history."""

    began: ev.JobBegan
    ended: ev.JobEnded | None
    path: str
    #: True while its coordinator is there.
    runs: bool = False

    @property
    def status(self) -> str:
        """succeeded, failed, cancelled, running, or lost: its coordinator was killed."""
        if self.ended is not None:
            return self.ended.status
        return "running" if self.runs else "lost"


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless history",
        description="List the jobs that have run, the newest last.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--last", metavar="N", type=index, default=20, help="the newest N (20); 0: all"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str]) -> int:
    """List the jobs; returns the exit code of the process."""
    return answer("history", SCHEMA, words, lambda: _found(words))


def _found(words: Sequence[str]) -> Answer:
    jobs = known_jobs(new_parser().parse_args(words).last)
    return lambda: as_object(jobs), lambda: shown(jobs)


def known_jobs(most: int = 0) -> list[Known]:
    """The newest *most* jobs of the history, 0 for all; the newest last."""
    found: list[Known] = []
    for entry in store.entries():
        if most and len(found) == most:
            break
        try:
            began, ended = read_ends(entry.path)
        except InputError:
            continue  # removed meanwhile, or of another release
        runs = ended is None and store.runs(entry.path)
        found.append(Known(began, ended, str(entry.path), runs))
    return found[::-1]


def as_object(jobs: Sequence[Known]) -> dict[str, Any]:
    """The *jobs* for programs: docs/json.md describes the object."""
    return {
        "object": "history",
        "schema": SCHEMA,
        "status": "succeeded",
        "exitCode": 0,
        "directories": [str(one) for one in store.directories()],
        "unusable": [
            {"directory": str(one), "reason": why} for one, why in store.unusable().items()
        ],
        "jobs": [
            {
                "id": job.began.id,
                "status": job.status,
                "began": job.began.time,
                "seconds": job.ended.at if job.ended else None,
                "maps": job.began.maps,
                "reduces": job.began.reduces,
                "command": list(job.began.command),
                "directory": job.began.cwd,
                "mapper": job.began.mapper,
                "reducer": job.began.reducer,
                "output": job.began.output,
                "outputs": list(job.ended.outputs) if job.ended else [],
                "log": job.path,
            }
            for job in jobs
        ],
    }


def shown(jobs: Sequence[Known]) -> str:
    """The *jobs* for people."""
    if not jobs:
        off = not store.directories()
        why = f"no history is kept: {store.ENVIRONMENT}={store.OFF}"
        if off:
            return why
        troubles = (f"{one}: {trouble}" for one, trouble in store.unusable().items())
        return visible("; ".join(["no job has run yet", *troubles]))
    rows = [_HEAD, *map(_row, jobs)]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    newest = jobs[-1].began.id[:_SHOWN_ID]
    lines.append(f"{plural(len(jobs), 'job')}; hadoopless explain {newest} tells of one")
    return visible("\n".join(lines))


def _row(job: Known) -> tuple[str, ...]:
    began = job.began
    return (
        began.id[:_SHOWN_ID],
        store.shown_time(began.time),
        job.status,
        seconds(job.ended.at) if job.ended else "",
        f"{began.maps}+{began.reduces}",
        _cut(began.mapper),
        _cut(began.output),
    )


def _cut(text: str) -> str:
    text = text.replace("\n", " ")
    return text if len(text) <= _SHOWN_COMMAND else f"{text[: _SHOWN_COMMAND - 1]}…"
