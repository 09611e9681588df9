"""The jobs that a page can show: those of the history, and one that the user has named by path.

A page names a job by its key. A key is looked up among the logs that are there and is never made
into a path.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.history import store
from hadoopless.history.course import Course
from hadoopless.history.reading import read_course, read_ends

#: A longer log is not read for a comparison.
_LARGEST_COMPARED = 200 << 20
_COURSES_KEPT = 4
_MOST_EARLIER = 50


class Listed(Struct, frozen=True):
    """A job as lists show it."""

    key: str
    path: Path
    began: ev.JobBegan
    end: ev.JobEnded | None
    #: succeeded, failed, cancelled, running or unfinished.
    status: str


class Jobs:
    """The logs of the user, as they lie in the history now."""

    def __init__(self, given: Sequence[Path] = ()) -> None:
        """*given* are logs that need not lie in the history."""
        self._given = {key_of(path): path for path in given}
        self._listed: dict[Path, tuple[int, Listed]] = {}
        self._courses: OrderedDict[tuple[Path, int], Course] = OrderedDict()

    def paths(self) -> dict[str, Path]:
        """All logs by their keys, the newest first, and before them those that were given."""
        found = {key_of(entry.path): entry.path for entry in store.entries()}
        return self._given | {key: path for key, path in found.items() if key not in self._given}

    def path(self, key: str) -> Path:
        """The log that *key* names; raises InputError."""
        path = self.paths().get(key)
        if path is None:
            raise InputError("there is no such job in the history")
        return path

    def listed(self) -> list[Listed]:
        """All jobs; logs that cannot be read are left out."""
        paths = self.paths()
        self._listed = {path: self._listed[path] for path in paths.values() if path in self._listed}
        found = (self._entry(key, path) for key, path in paths.items())
        return [one for one in found if one is not None]

    def _entry(self, key: str, path: Path) -> Listed | None:
        try:
            size = path.stat().st_size
            known = self._listed.get(path)
            if known is not None and known[0] == size and known[1].status != "running":
                return known[1]
            found = _look(key, path)
        except (OSError, InputError):
            return None
        self._listed[path] = size, found
        return found

    def earlier(self, key: str, job: ev.JobBegan) -> list[Listed]:
        """The earlier runs of the programs of *job* that have succeeded, the newest first."""
        same = (
            one
            for one in self.listed()
            if one.key != key
            and one.status == "succeeded"
            and one.began.time <= job.time
            and _programs(one.began) == _programs(job)
        )
        return sorted(same, key=lambda one: -one.began.time)[:_MOST_EARLIER]

    def course(self, path: Path) -> Course:
        """The course in a log that has ended; raises InputError, also for one that is too long."""
        size = path.stat().st_size
        if size > _LARGEST_COMPARED:
            raise InputError("the log of that run is too long to compare it here")
        if (path, size) not in self._courses:
            self._courses[path, size] = read_course(path)
            if len(self._courses) > _COURSES_KEPT:
                self._courses.popitem(last=False)
        return self._courses[path, size]


def key_of(path: Path) -> str:
    """The key of the log at *path*."""
    return path.name.partition(".")[0] or "log"


def _programs(job: ev.JobBegan) -> tuple[str, ...]:
    return job.mapper, job.combiner, job.reducer


def _look(key: str, path: Path) -> Listed:
    """The job of a log, by the two ends of the file."""
    began, end = read_ends(path)
    alive = "running" if end is None and store.runs(path) else "unfinished"
    return Listed(key, path, began, end, end.status if end else alive)
