"""The JSON form of an error: how an answer tells it, and how the other side gets it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoopless import errors
from hadoopless.wire.replies import Json

_TASK_ERRORS: dict[str, type[errors.TaskError]] = {
    error.kind: error
    for error in (
        errors.ProgramFailed,
        errors.ProgramTimedOut,
        errors.BadInputData,
        errors.RecordTooLarge,
    )
}
_PLAIN_ERRORS: dict[str, type[errors.MapReduceError]] = {
    error.kind: error
    for error in (
        errors.UsageError,
        errors.InputError,
        errors.ForbiddenError,
        errors.NoWorkersError,
        errors.DiskError,
        errors.WorkerError,
        errors.UnknownMapOutput,
        errors.UnknownSession,
        errors.Cancelled,
    )
}
_TASK_FIELDS = ("what", "task", "command", "source", "stderr", "replay")


def error_reply(error: errors.MapReduceError) -> dict[str, Any]:
    """The JSON body of an error; ``message`` is for people, the rest for :func:`parse_error`."""
    reply: dict[str, Any] = {"status": "error", "message": str(error), "kind": error.kind}
    if isinstance(error, errors.TaskError):
        reply |= {name: getattr(error, name) for name in _TASK_FIELDS}
    elif isinstance(error, errors.FetchError):
        reply |= {
            "what": error.what,
            "worker": error.worker,
            "mapTaskIDs": list(error.map_task_ids),
        }
    return reply


def parse_error(
    reply: Json, unknown: Callable[[str], errors.MapReduceError] = errors.ProgramFailed
) -> errors.MapReduceError:
    """The error behind a reply; one without a kind that we know is *unknown*."""
    message = str(reply.get("message") or "the worker gave no reason")
    kind = str(reply.get("kind"))
    if kind in _TASK_ERRORS:
        return _TASK_ERRORS[kind](**{name: str(reply.get(name) or "") for name in _TASK_FIELDS})
    if kind in _PLAIN_ERRORS:
        return _PLAIN_ERRORS[kind](message)
    if kind == errors.FetchError.kind:
        ids = reply.get("mapTaskIDs")
        return errors.FetchError(
            str(reply.get("what")),
            str(reply.get("worker")),
            tuple(map(str, ids)) if isinstance(ids, list) else (),
        )
    return unknown(message)
