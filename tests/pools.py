"""Starts our own programs for the tests, by their command lines alone."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import pytest

REPOSITORY = Path(__file__).parents[1]

START_DEADLINE = 100.0  # seconds; the very first start may have kernels to compile
STOP_DEADLINE = 30.0  # seconds from SIGTERM to the end of the process
PORT_IN_USE = 7  # exit code of workers.py

Coordinated = subprocess.CompletedProcess[str]


class OurPool(NamedTuple):
    """Running workers of ours: their URLs in inventory order, and the directory they serve."""

    urls: list[str]
    root: Path
    process: subprocess.Popen[bytes]
    log: Path


class OurPoolFactory(Protocol):
    """The fixture ``our_pool``."""

    def __call__(self, n: int, *options: str) -> AbstractContextManager[OurPool]:
        """Start *n* workers with *options*."""


def coordinator_argv(urls: Sequence[str], *options: str) -> list[str]:
    """The command line of a coordinator that uses *urls*."""
    program = str(REPOSITORY / "coordinator.py")
    return [sys.executable, program, *latest(f"--workers={','.join(urls)}", *options)]


def coordinate(
    urls: Sequence[str], *options: str, cwd: Path, env: Mapping[str, str] | None = None
) -> Coordinated:
    """Run our coordinator to its end; what it wrote that is no UTF-8 is shown escaped."""
    return subprocess.run(
        coordinator_argv(urls, *options),
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=90,
    )


def latest(*options: str) -> list[str]:
    """*options* (``--name=value``), of which each takes the place of an earlier one of its name.

    Our programs refuse an option that is given twice, unless it may be repeated.
    """
    kept: dict[str | int, str] = {}
    for place, option in enumerate(options):
        name, equals, _ = option.partition("=")
        single = name.startswith("--") and equals and name not in ("--env", "--inputPath")
        kept.pop(name, None)
        kept[name if single else place] = option
    return list(kept.values())


@contextmanager
def running_pool(n: int, root: Path, *options: str, host: str = "127.0.0.1") -> Iterator[OurPool]:
    """Start ``workers.py`` on ports that are free, wait until it answers, stop it with SIGTERM."""
    log = root.with_name(root.name + ".log")
    pool = start_workers(n, root, log, *options, host=host)
    try:
        yield pool
        pool.process.send_signal(signal.SIGTERM)
        pool.process.wait(STOP_DEADLINE)
    finally:
        kill_group(pool.process)


def start_workers(n: int, root: Path, log: Path, *options: str, host: str = "127.0.0.1") -> OurPool:
    """Workers that answer. Another process may take a free port first: then others are tried."""
    for _ in range(5):
        urls = [f"http://{host}:{port}" for port in free_ports(n, host)]
        process = launch_workers(urls, root, log, *options)
        if all_answer(process, urls):
            return OurPool(urls, root, process, log)
        kill_group(process)
        if process.returncode != PORT_IN_USE:
            break
    pytest.fail(f"workers.py is not ready ({process.returncode}):\n{log.read_text()}")


def launch_workers(
    urls: Sequence[str], root: Path, log: Path, *options: str
) -> subprocess.Popen[bytes]:
    """``workers.py`` for *urls* in a process group of its own, just started."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, REPOSITORY / "workers.py", *latest(f"--root={root}", *options)],
            cwd=root,
            env={**os.environ, "MAPREDUCE_WORKERS": ",".join(urls)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def all_answer(process: subprocess.Popen[bytes], urls: Sequence[str]) -> bool:
    """True if every worker answers before the process ends and before the deadline."""
    deadline = time.monotonic() + START_DEADLINE
    silent = list(urls)
    while silent and time.monotonic() < deadline:
        silent = [url for url in silent if not answers(url)]
        try:
            process.wait(0.05)  # the pause between two looks ends at once when the process does
        except subprocess.TimeoutExpired:
            continue
        return False
    return not silent


def answers(url: str) -> bool:
    """True if a worker answers GET /health: 403 if it wants its token, 426 if it wants TLS."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status in (200, 403, 426)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Let nothing survive of what *process* started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # all of it has ended by itself, as it should
    process.wait()


def free_ports(n: int, host: str = "127.0.0.1") -> list[int]:
    """*n* different ports that nobody listens on at this moment.

    They are none of those that systems give away on their own (from 32768 on with Linux): what a
    test leaves for a moment, to listen on it again, should still be free then.
    """
    found: list[int] = []
    while len(found) < n:
        port = random.SystemRandom().randrange(15000, 32768)
        with socket.socket() as trial, suppress(OSError):
            trial.bind((host, port))
            if port not in found:
                found.append(port)
    return found
