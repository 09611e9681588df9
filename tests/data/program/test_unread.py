"""Early ends that Hadoop 3.3.4 was seen to forgive, and others."""

from __future__ import annotations

import os
import threading

import pytest

from hadoopless.data.program.stdin import drain
from hadoopless.data.program.unread import MOST_FORGIVEN, is_broken_pipe
from hadoopless.errors import Cancelled

KB = 1024


@pytest.mark.parametrize(
    ("total", "taken", "broken"),
    [
        (0, 0, False),
        (100 * KB, 0, False),
        (128 * KB, 0, False),
        (128 * KB + 1, 0, True),
        (140 * KB, 0, True),
        (140 * KB, 140 * KB, False),
        (140 * KB, 76 * KB, False),
        (200 * KB, 50_000, True),
        (200 * KB, 70_000, False),
        (250 * KB, 70_000, False),
        (270 * KB, 70_000, True),
        (10_000 * KB, 9_936 * KB, False),
        (10_000 * KB, 9_700 * KB, True),
    ],
)
def test_what_hadoop_forgives(total: int, taken: int, broken: bool) -> None:
    assert is_broken_pipe(total - taken, total) is broken


def test_more_is_never_forgiven() -> None:
    """The total does not matter: it is not known yet when a drain has stopped at its limit."""
    assert not is_broken_pipe(MOST_FORGIVEN, 10_240 * KB)
    for total in (0, 1, 250 * KB, 10_240 * KB):
        assert is_broken_pipe(MOST_FORGIVEN + 1, total)


def test_drain_stops_at_its_limit() -> None:
    read_end, write_end = os.pipe()
    try:
        os.write(write_end, b"x" * 5000)
        assert drain(read_end, 4999, lambda: None) == 5000  # and waits for no more
        os.write(write_end, b"x" * 5000)
        os.close(write_end)
        write_end = -1
        assert drain(read_end, 5000, lambda: None) == 5000
        assert drain(read_end, None, lambda: None) == 0
    finally:
        os.close(read_end)
        if write_end >= 0:
            os.close(write_end)


def test_drain_can_be_called_off() -> None:
    read_end, write_end = os.pipe()
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled("enough")

    def feed() -> None:
        try:
            while True:
                os.write(write_end, b"x" * 100_000)
        except BrokenPipeError:
            os.close(write_end)

    feeder = threading.Thread(target=feed)
    feeder.start()
    with pytest.raises(Cancelled):
        drain(read_end, None, check)
    os.close(read_end)
    feeder.join()
