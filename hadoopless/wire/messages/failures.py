"""The JSON form of an error: how an answer tells it, and how the other side gets it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoopless import errors
from hadoopless.failure import Failure, Role
from hadoopless.wire.messages.replies import Json

_TASK_ERRORS: dict[str, type[errors.TaskError]] = {
    error.kind: error
    for error in (
        errors.ProgramFailed,
        errors.ProgramTimedOut,
        errors.BadInputData,
        errors.RecordTooLarge,
    )
}
_ROLES = [role.value for role in Role]
_PLAIN_ERRORS: dict[str, type[errors.MapReduceError]] = {
    error.kind: error
    for error in (
        errors.UsageError,
        errors.InputError,
        errors.InputChanged,
        errors.ForbiddenError,
        errors.NoWorkersError,
        errors.DiskError,
        errors.WorkerError,
        errors.StoreError,
        errors.Unproven,
        errors.UnknownMapOutput,
        errors.UnknownSession,
        errors.Cancelled,
    )
}


def error_reply(error: errors.MapReduceError) -> dict[str, Any]:
    """The JSON body of an error; ``message`` is for people, the rest for :func:`parse_error`."""
    reply: dict[str, Any] = {"status": "error", "message": str(error), "kind": error.kind}
    if isinstance(error, errors.TaskError):
        reply |= {"task": error.task} | _failure_fields(error.failure)
    elif isinstance(error, errors.FetchError):
        reply |= {
            "what": error.what,
            "worker": error.worker,
            "mapTaskIDs": list(error.map_task_ids),
        }
    return reply


def _failure_fields(failure: Failure) -> dict[str, Any]:
    return {
        "what": failure.what,
        "role": failure.role.value if failure.role else None,
        "command": failure.command,
        "exit": failure.exit,
        "stderr": failure.stderr,
        "source": failure.input,
        "replay": failure.replay,
    }


def parse_error(
    reply: Json, unknown: Callable[[str], errors.MapReduceError] | None = None
) -> errors.MapReduceError:
    """The error behind a reply. One without a kind that we know is the program's, or *unknown*."""
    message = str(reply.get("message") or "the worker gave no reason")
    kind = str(reply.get("kind"))
    if kind in _TASK_ERRORS:
        return _TASK_ERRORS[kind](_parse_failure(reply), _text(reply, "task"))
    if kind in _PLAIN_ERRORS:
        return _PLAIN_ERRORS[kind](message)
    if kind == errors.FetchError.kind:
        ids = reply.get("mapTaskIDs")
        return errors.FetchError(
            str(reply.get("what")),
            str(reply.get("worker")),
            tuple(map(str, ids)) if isinstance(ids, list) else (),
        )
    return unknown(message) if unknown else errors.ProgramFailed(Failure(message))


def _parse_failure(reply: Json) -> Failure:
    exit_code, role = reply.get("exit"), reply.get("role")
    return Failure(
        _text(reply, "what"),
        Role(role) if role in _ROLES else None,
        command=_text(reply, "command"),
        exit=exit_code if type(exit_code) is int else None,
        stderr=None if reply.get("stderr") is None else str(reply["stderr"]),
        input=_text(reply, "source"),
        replay=_text(reply, "replay"),
    )


def _text(reply: Json, name: str) -> str:
    return str(reply.get(name) or "")
