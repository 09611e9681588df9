"""Pipes between this process and a program."""

from __future__ import annotations

import os
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
        (8192, 0.01, 8.0),
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
    """The pace of a pipe whose program is slow: it has moved one byte since the last look."""
    pace = Pace(end)
    pace.moved(1)
    return pace


def test_the_first_move_is_made_at_once(pipe: list[int]) -> None:
    assert not Pace(pipe[0]).wait()


@pytest.mark.parametrize("ours", [0, 1])
def test_a_pause_ends_with_the_other_end(
    ours: int, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadoopless.data.program.pipes.LONGEST_PAUSE", 1e6)
    pace = paused(pipe[ours])
    pace.moved(1)
    os.close(pipe.pop(1 - ours))
    assert pace.wait()  # it would last for a quarter of an hour


def test_bytes_do_not_end_a_pause(pipe: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hadoopless.data.program.pipes.LONGEST_PAUSE", 50.0)
    pace = paused(pipe[0])
    os.write(pipe[1], b"x")
    began = time.monotonic()
    assert pace.wait()
    assert time.monotonic() - began > 0.04


def test_what_is_no_pipe_has_no_pauses(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        pace = Pace(file.fileno())
        pace.moved(1)
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
