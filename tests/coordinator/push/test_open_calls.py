"""Calls that wait for attempts which their worker does not know."""

from __future__ import annotations

import socket

import pytest

from hadoopless.coordinator.push.open_calls import OpenCalls
from hadoopless.errors import WorkerError
from hadoopless.wire.unreachable import Unreachable

PATIENCE = 10.0


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_call_whose_attempt_is_gone_for_long_is_cut() -> None:
    clock = Clock()
    calls = OpenCalls("http://one", clock)
    lost, running = calls.begin("map-0-0"), calls.begin("map-1-0")
    for clock.now, attempts in (
        (100.0, []),
        (109.0, ["map-1-0"]),
        (111.0, ["map-1-0", "map-2-0"]),
        (120.0, []),
    ):
        assert running.error is None
        calls.heard(attempts, PATIENCE)
    assert isinstance(lost.error, WorkerError)
    assert running.error is None


def test_a_long_wait_is_told(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    calls = OpenCalls("http://one", clock)
    calls.begin("map-0-0")
    for clock.now in (100.0, 104.0, 106.0, 107.0):
        calls.heard([], PATIENCE)
    (told,) = caplog.messages
    assert told == (
        "worker http://one does not run map-0-0, and no answer has come; the job waits 4 s more"
        " for it"
    )


def test_a_call_that_has_ended_is_not_cut() -> None:
    clock = Clock()
    calls = OpenCalls("http://one", clock)
    cord = calls.begin("map-0-0")
    calls.heard([], PATIENCE)
    calls.end(cord)
    clock.now += 99
    calls.heard([], PATIENCE)
    calls.hang_up("it is lost")
    assert cord.error is None


def test_a_lost_worker_is_not_waited_for() -> None:
    calls = OpenCalls("http://one")
    near, far = socket.socketpair()
    with near, far:
        cord = calls.begin("map-0-0")
        cord.hold(near)
        calls.hang_up("it is lost")
        assert near.recv(1) == b""
        with pytest.raises(Unreachable, match="it is lost"):
            cord.hold(far)
