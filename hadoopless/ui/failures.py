"""Tells of the first failed attempt of a job at once, in one line; the end of the job tells more.

Tasks whose program fails run again, so without this line a user would wait for the last attempt to
learn of a mistake that the first one has shown.
"""

from __future__ import annotations

from collections.abc import Callable

from hadoopless.errors import TaskError
from hadoopless.scheduler import AttemptFailed

#: Characters of stderr: where the width is not known, and for which a line may be wrapped.
_USUAL_ROOM = 200
_LEAST_ROOM = 40


class FirstFailure:
    """Tells the first failure of a user's program, and no other one."""

    def __init__(self, say: Callable[[str], None], logs: str, width: Callable[[], int | None]):
        """*logs* begins a line to type that shows more, "" where there is none.

        *width* gives the columns of a terminal, or None.
        """
        self._say = say
        self._logs = logs
        self._width = width
        self._is_told = False

    def __call__(self, failed: AttemptFailed) -> None:
        """Take in a failure that does not end the job."""
        if not self._is_told and failed.reason.blames_program:
            self._is_told = True
            self._say(failure_line(failed, self._logs, self._width()))


def failure_line(failed: AttemptFailed, logs: str, width: int | None = None) -> str:
    """The failure in one line: the task, its end, the last line of stderr, the way to see more."""
    task = failed.attempt.task
    error = failed.error
    end, last = failed.reason.value, ""
    if isinstance(error, TaskError):
        end = error.failure.sentence.partition("\n")[0]
        lines = (error.failure.stderr or "").strip().splitlines()
        last = lines[-1].strip() if lines else ""
    more = f"; see: {logs} {task.phase.value}-{task.index}" if logs else ""
    head = f"{task}: {end}"
    if last:
        head += f": {_cut(last, _room(len(head) + len(': ') + len(more), width))}"
    return head + more


def _room(taken: int, width: int | None) -> int:
    """The characters for stderr beside *taken* ones: a terminal may need a second row for them."""
    if width is None:
        return _USUAL_ROOM
    room = width - 1 - taken
    return room if room >= _LEAST_ROOM else max(room + width, _LEAST_ROOM)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3]}..."
