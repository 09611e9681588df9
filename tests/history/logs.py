"""Event logs that tests make up."""

from __future__ import annotations

from typing import Any

from hadoopless.history import events as ev
from hadoopless.history.course import Course, course_of

HERE = "http://127.0.0.1:8000"
THERE = "http://127.0.0.1:8001"


def began(**fields: Any) -> ev.JobBegan:
    """The first line of a log; *fields* are other than usual."""
    usual: dict[str, Any] = {"mapper": "cat", "reducer": "wc", "maps": 2, "reduces": 1, "cores": 2}
    return ev.JobBegan(0.0, "5f0cabcd", fields.pop("time", 1e9), ev.SCHEMA, **(usual | fields))


class Log:
    """The events of one job, in the order of the calls."""

    def __init__(self, *workers: str, slots: int = 1, **job: Any) -> None:
        self.events: list[ev.Event] = [began(**job)]
        self.events += [ev.WorkerJoined(0.0, worker, slots) for worker in workers]

    def run(
        self,
        task: str,
        start: float,
        end: float,
        worker: str = HERE,
        result: str = "succeeded",
        number: int = 0,
        slot: int = 0,
        **fields: Any,
    ) -> Log:
        """Add an attempt that runs from *start* to *end*, as its worker tells, too."""
        size = fields.pop("bytes", 0)
        backup = fields.pop("backup", False)
        path = fields.pop("input", "")
        told = {"seconds": end - start, "program_seconds": end - start} | fields
        self.events.append(ev.AttemptBegan(start, task, number, worker, slot, backup, path, size))
        self.events.append(ev.AttemptEnded(end, task, number, worker, result, **told))
        return self

    def done(self, at: float, status: str = "succeeded", **fields: Any) -> Course:
        """End the job; the course that all events together make."""
        self.events.append(ev.JobEnded(at, status, **fields))
        return self.course()

    def course(self) -> Course:
        """The course so far."""
        return course_of(sorted(self.events, key=lambda event: event.at))

    def text(self) -> bytes:
        """The bytes of the log."""
        return b"".join(map(ev.encode, self.events))
