"""Pipes between this process and a program."""

from __future__ import annotations

import fcntl
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.data.program.pipes import Pace, Rhythm, open_pipe
from hadoopless.data.program.stdin import write_all

MB = 1 << 20


def test_pauses_grow_while_little_can_be_moved() -> None:
    rhythm, pauses = Rhythm(), []
    for _ in range(8):
        rhythm.look(0.1)
        pauses.append(rhythm.pause)
    assert pauses == [0.0, 1.0, 3.0, 7.0, 15.0, 16.0, 16.0, 16.0]


def test_pauses_shrink_and_stay() -> None:
    rhythm, pauses = paused_rhythm(), []
    for share in (0.3, 0.6, 0.3, 0.6, 0.6, 0.6, 0.6, 0.6):
        rhythm.look(share)
        pauses.append(rhythm.pause)
    assert pauses == [16.0, 8.0, 8.0, 4.0, 2.0, 1.0, 0.0, 0.0]


def test_a_program_that_had_to_wait_is_trusted_later_each_time() -> None:
    rhythm, looks = Rhythm(), []
    for _ in range(9):
        count = 0
        while not rhythm.pause:
            rhythm.look(0.0)
            count += 1
        looks.append(count)
        rhythm.look(1.0)
        assert rhythm.pause == 0.0
    assert looks == [2, 4, 8, 16, 32, 64, 128, 256, 256]


def paused_rhythm() -> Rhythm:
    rhythm = Rhythm()
    for _ in range(9):
        rhythm.look(0.0)
    return rhythm


@pytest.mark.parametrize("speed", [5.0, 20.0, 100.0, 500.0, 2000.0], ids="{} KB/ms".format)
def test_two_paces_do_not_hold_each_other(speed: float) -> None:
    """A program copies its stdin to its stdout; the pauses of both ends depend on each other."""
    capacity, total, step = 1024.0, 200_000.0, 0.02  # KB, KB, ms
    stdin = stdout = written = read = now = 0.0
    writer, reader = Rhythm(), Rhythm()
    write_at = read_at = 0.0
    moves = 0
    while read < total:
        now += step
        copied = min(speed * step, stdin, capacity - stdout)
        stdin, stdout = stdin - copied, stdout + copied
        if now >= write_at and written < total and stdin < capacity:
            writer.look((capacity - stdin) / capacity)
            written, stdin, moves = written + capacity - stdin, capacity, moves + 1
            write_at = now + writer.pause
        if now >= read_at and stdout > 4:
            reader.look(stdout / capacity)
            read, stdout, moves = read + stdout, 0.0, moves + 1
            read_at = now + reader.pause
    assert total / now > 0.9 * min(speed, 1500)
    if speed <= 20:  # with neither pause, each move would be of 4 KB
        assert moves < 2 * total / 50


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """The end to read from and the end to write to; a test closes those that it takes out."""
    ends = list(open_pipe())
    yield ends
    for end in ends:
        os.close(end)


def size_of(pipe: list[int]) -> int:
    """The bytes that fit into a pipe: less than usual where this user has many."""
    return fcntl.fcntl(pipe[0], fcntl.F_GETPIPE_SZ)


def paused(end: int) -> Pace:
    """The pace of an empty pipe that is read."""
    pace = Pace(end)
    for _ in range(9):
        pace.before_read()
    return pace


class _Poll:
    """Notes how long it is to wait."""

    def __init__(self, slept: list[float]) -> None:
        self._slept = slept

    def register(self, descriptor: int, events: int) -> None:
        assert events == 0

    def poll(self, pause: float) -> None:
        self._slept.append(pause)


def test_pauses_are_made(pipe: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(select, "poll", lambda: _Poll(slept))
    pace = Pace(pipe[0])
    for _ in range(4):
        pace.before_read()
        pace.wait()
    os.write(pipe[1], bytes(size_of(pipe)))
    pace.before_read()
    pace.wait()
    assert slept == [1.0, 3.0, 7.0]


@pytest.mark.parametrize("ours", [0, 1])
def test_a_pause_ends_with_the_other_end(
    ours: int, pipe: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hadoopless.data.program.pipes.LONGEST_PAUSE", 1e6)
    pace = Pace(pipe[ours])
    if ours == 1:
        os.write(pipe[1], bytes(size_of(pipe)))  # a full pipe is one of a slow program
    for _ in range(30):
        pace.room() if ours == 1 else pace.before_read()
    os.close(pipe.pop(1 - ours))
    pace.wait()  # it would last for a quarter of an hour


def test_bytes_do_not_end_a_pause(pipe: list[int]) -> None:
    looker = select.poll()
    looker.register(pipe[0], 0)
    os.write(pipe[1], b"x")
    assert looker.poll(0) == []
    os.close(pipe.pop())
    assert looker.poll(0) == [(pipe[0], select.POLLHUP)]


def test_what_is_no_pipe_has_no_pauses(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        pace = paused(file.fileno())
        assert pace.room() is None
        pace.wait()


def test_room(pipe: list[int]) -> None:
    """While a program is slow, as much is written as its pipe can hold, and a page at least."""
    pace = Pace(pipe[1])
    assert pace.room() is None  # as much as there is: nothing is known of the program
    free = size_of(pipe) // 8
    os.write(pipe[1], bytes(size_of(pipe) - free))
    assert [pace.room(), pace.room(), pace.room()] == [None, free - 4096, free - 4096]
    os.write(pipe[1], bytes(free))
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
