"""Pipes between this process and a program."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.data.program.pipes import Pace, open_pipe, pause_for
from hadoopless.data.program.stdin import write_all

MB = 1 << 20


@pytest.mark.parametrize(
    ("moved", "seconds", "pause"),
    [
        (MB, 0.016, 4.0),
        (MB // 4, 0.004, 4.0),
        (MB, 0.003, 0.0),
        (8192, 0.01, 16.0),
        (0, 1.0, 0.0),
    ],
    ids=["steady", "steady, in smaller steps", "fast", "slow", "the end"],
)
def test_pauses(moved: int, seconds: float, pause: float) -> None:
    assert pause_for(MB, moved, seconds) == pytest.approx(pause)


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """The end to read from and the end to write to; a test closes those that it takes out."""
    ends = list(open_pipe())
    yield ends
    for end in ends:
        os.close(end)


def paused(end: int) -> Pace:
    """The pace of a pipe whose program is slow: now and then it moves one byte."""
    pace = Pace(end)
    for _ in range(20):
        pace.moved(1)
    return pace


def test_the_first_move_tells_nothing(pipe: list[int]) -> None:
    pace = Pace(pipe[0])
    assert not pace.wait()
    pace.moved(1)
    assert not pace.wait()
    pace.moved(1)
    assert pace.wait()


def test_pauses_grow_step_by_step(pipe: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(select, "poll", lambda: _Poll(slept))
    pace = Pace(pipe[0])
    for _ in range(7):
        pace.moved(1)
        pace.wait()
    pace.moved(1 << 40)
    assert not pace.wait()
    assert slept == [1.0, 3.0, 7.0, 15.0, 16.0, 16.0]


class _Poll:
    """Notes how long it is to wait."""

    def __init__(self, slept: list[float]) -> None:
        self._slept = slept

    def register(self, descriptor: int, events: int) -> None:
        assert events == 0

    def poll(self, pause: float) -> None:
        self._slept.append(pause)


@pytest.mark.parametrize("ours", [0, 1])
def test_a_pause_ends_with_the_other_end(
    ours: int, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadoopless.data.program.pipes.LONGEST_PAUSE", 1e6)
    pace = paused(pipe[ours])
    os.close(pipe.pop(1 - ours))
    assert pace.wait()  # it would last for minutes


def test_bytes_do_not_end_a_pause(pipe: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hadoopless.data.program.pipes.LONGEST_PAUSE", 50.0)
    pace = paused(pipe[0])
    os.write(pipe[1], b"x")
    began = time.monotonic()
    assert pace.wait()
    assert time.monotonic() - began > 0.04


def test_what_is_no_pipe_has_no_pauses(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        pace = paused(file.fileno())
        assert not pace.wait()


def test_room(pipe: list[int]) -> None:
    pace = Pace(pipe[1])
    before = pace.room()
    os.write(pipe[1], bytes(8192))
    assert before - pace.room() == 8192
    while pace.room() > 4096:
        os.write(pipe[1], bytes(4096))
    assert pace.room() == 4096


def test_all_bytes_arrive_at_a_program_that_takes_its_time(pipe: list[int]) -> None:
    data = os.urandom(3 * MB)

    def write() -> None:
        write_all(pipe[1], [memoryview(data)])
        os.close(pipe.pop())

    writer = threading.Thread(target=write)
    writer.start()
    found = bytearray()
    while piece := os.read(pipe[0], 30_000):
        found += piece
        threading.Event().wait(0.0005)
    writer.join()
    assert found == data
