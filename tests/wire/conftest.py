"""Starts our own programs for the tests here, by their command lines alone."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

REPOSITORY = Path(__file__).parents[2]

START_DEADLINE = 100.0  # seconds; the very first start may have kernels to compile
STOP_DEADLINE = 30.0  # seconds from SIGTERM to the end of the process
PORT_IN_USE = 7  # exit code of workers.py


class OurPool(NamedTuple):
    """Running workers of ours: their URLs in inventory order, and the directory they serve."""

    urls: list[str]
    root: Path


OurPoolFactory = Callable[[int], AbstractContextManager[OurPool]]
RunCoordinator = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def our_pool(tmp_path_factory: pytest.TempPathFactory) -> OurPoolFactory:
    """``with our_pool(n) as pool``: *n* workers of ours that serve a new, empty directory."""
    return lambda n: running_pool(n, tmp_path_factory.mktemp("served"))


@pytest.fixture
def run_coordinator(tmp_path: Path) -> RunCoordinator:
    """``run_coordinator(urls, "--jobPath=words", ...)``: our coordinator in tmp_path."""

    def run(urls: list[str], *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                sys.executable,
                REPOSITORY / "coordinator.py",
                f"--workers={','.join(urls)}",
                *options,
            ],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=90,
        )

    return run


@contextmanager
def running_pool(n: int, root: Path) -> Iterator[OurPool]:
    """Start ``workers.py`` on ports that are free, wait until it answers, stop it with SIGTERM."""
    log = root.with_name(root.name + ".log")
    process, urls = start_workers(n, root, log)
    try:
        yield OurPool(urls, root)
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_DEADLINE)
    finally:
        kill_group(process)


def start_workers(n: int, root: Path, log: Path) -> tuple[subprocess.Popen[bytes], list[str]]:
    """Workers that answer. Another process may take a free port first: then others are tried."""
    for _ in range(5):
        urls = [f"http://127.0.0.1:{port}" for port in free_ports(n)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, REPOSITORY / "workers.py", f"--root={root}"],
                cwd=root,
                env=environment(MAPREDUCE_WORKERS=",".join(urls)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if all_answer(process, urls):
            return process, urls
        kill_group(process)
        if process.returncode != PORT_IN_USE:
            break
    pytest.fail(f"workers.py is not ready ({process.returncode}):\n{log.read_text()}")


def all_answer(process: subprocess.Popen[bytes], urls: list[str]) -> bool:
    """Whether every worker got healthy, before the process ended and before the deadline."""
    deadline = time.monotonic() + START_DEADLINE
    silent = list(urls)
    while silent and time.monotonic() < deadline:
        silent = [url for url in silent if not healthy(url)]
        try:
            process.wait(0.05)  # the pause between two looks ends at once when the process does
        except subprocess.TimeoutExpired:
            continue
        return False
    return not silent


def healthy(url: str) -> bool:
    """Whether a worker answers GET /health with 200."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
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


def free_ports(n: int) -> list[int]:
    """*n* different ports that nobody listens on at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of ours that a developer may have."""
    ours = {name for name in os.environ if name.startswith("MAPREDUCE_")}
    return {**{name: os.environ[name] for name in os.environ.keys() - ours}, **more}
