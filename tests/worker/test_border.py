"""Errors of a worker's own get a kind before its callers hear of them."""

from __future__ import annotations

import errno
import os

import pytest

from hadoopless.errors import (
    Cancelled,
    DiskError,
    InputError,
    MapReduceError,
    ProgramFailed,
    WorkerError,
)
from hadoopless.failure import Failure
from hadoopless.worker.border import own_errors


@pytest.mark.parametrize(
    "error", [ProgramFailed(Failure("exit code 1")), DiskError("full"), Cancelled("stopped")]
)
def test_errors_with_a_kind_stay_as_they_are(error: MapReduceError, caplog):
    with pytest.raises(type(error)) as caught, own_errors("map-0-0"):
        raise error
    assert caught.value is error
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (OSError(errno.ENOSPC, "No space left", "/spill"), DiskError, "/spill: No space left"),
        (OSError(errno.EIO, "Input/output error"), DiskError, "Input/output error"),
        (OSError(errno.EMFILE, "Too many open files"), WorkerError, "ulimit -n"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), WorkerError, "Cannot allocate"),
        (MemoryError(), WorkerError, "no memory left"),
        (BlockingIOError(errno.EAGAIN, "Try again"), WorkerError, "ulimit -u"),
        (RuntimeError("can't start new thread"), WorkerError, "ulimit -u"),
    ],
    ids=repr,
)
def test_what_the_machine_has_no_more_of(error: Exception, kind: type, text: str, caplog):
    with pytest.raises(kind, match=text), own_errors("map-0-0"):
        raise error
    assert caplog.text == ""


@pytest.mark.parametrize(
    "error", [InputError("cannot read the input 0.in"), DiskError("cannot spill to /spill")]
)
@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_no_file_is_blamed_for_the_limit_of_descriptors(error: MapReduceError, number: int):
    error.__cause__ = OSError(number, os.strerror(number))
    with pytest.raises(WorkerError, match=r"open files.*ulimit -n"), own_errors("map-0-0"):
        raise error


@pytest.mark.parametrize("error", [ValueError("odd"), OSError(errno.ENOENT, "No such file")])
def test_errors_of_our_code_are_logged_with_their_trace(error: Exception, caplog):
    with pytest.raises(WorkerError, match="an error of our own, ") as caught, own_errors("map-3-1"):
        raise error
    assert str(error) in str(caught.value)
    assert "map-3-1" in caplog.text
    assert "Traceback" in caplog.text
