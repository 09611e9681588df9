"""Calls that wait for attempts which their worker does not know."""

from __future__ import annotations

import socket

import pytest

from hadoopless.coordinator.push.open_calls import OpenCalls
from hadoopless.errors import WorkerError
from hadoopless.wire.caller import Unreachable

PATIENCE = 10.0


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_call_whose_attempt_is_gone_for_long_is_cut() -> None:
    clock = Clock()
    calls = OpenCalls(clock)
    with calls.begin("map-0-0") as lost, calls.begin("map-1-0") as running:
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


def test_a_call_that_has_ended_is_not_cut() -> None:
    clock = Clock()
    calls = OpenCalls(clock)
    with calls.begin("map-0-0") as cord:
        calls.heard([], PATIENCE)
    clock.now += 99
    calls.heard([], PATIENCE)
    calls.hang_up("it is lost")
    assert cord.error is None


def test_a_lost_worker_is_not_waited_for() -> None:
    calls = OpenCalls()
    near, far = socket.socketpair()
    with near, far, calls.begin("map-0-0") as cord:
        cord.hold(near)
        calls.hang_up("it is lost")
        assert near.recv(1) == b""
        with pytest.raises(Unreachable, match="it is lost"):
            cord.hold(far)
