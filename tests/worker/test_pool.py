"""The pauses before workers start again: long ones are for workers that cannot start."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.oracle import REPOSITORY

POOL = """
import logging, os, socket, sys, time
from hadoopless.worker.pool import Pool

def serve(listener, url, lifeline):
    {serve}

logging.basicConfig(format="%(message)s", stream=sys.stdout)
Pool(["http://a"], [socket.socket()], serve).run()
"""
PAUSE = re.compile(r"\(process (\d+)\) died; it starts again in (\S+) s")


@contextmanager
def pool(serve: str) -> Iterator[subprocess.Popen[str]]:
    """A pool of one worker that does *serve*."""
    argv = [sys.executable, "-u", "-c", POOL.format(serve=serve)]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield process
        process.terminate()


def pauses(process: subprocess.Popen[str], count: int) -> list[float]:
    """The first *count* pauses."""
    assert process.stdout is not None
    found = (PAUSE.search(line) for line in process.stdout)
    told = (match for match in found if match)
    return [float(next(told)[2]) for _ in range(count)]


def test_a_worker_that_cannot_start_waits_longer_each_time() -> None:
    with pool("raise RuntimeError") as process:
        assert pauses(process, 4) == [0.1, 0.2, 0.4, 0.8]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_worker_that_is_killed_again_and_again_is_back_at_once(number: signal.Signals) -> None:
    with pool(f"time.sleep(0.7); os.kill(os.getpid(), {int(number)})") as process:
        assert pauses(process, 4) == [0.1] * 4


def test_a_worker_that_fails_after_a_slow_start_waits_longer_each_time() -> None:
    with pool("time.sleep(0.7); raise RuntimeError") as process:
        assert pauses(process, 3) == [0.1, 0.2, 0.4]
