"""A job's own pool is begun ahead where no worker of the inventory can be there, else not."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from hadoopless import installation
from hadoopless.coordinator.push.embedded import EmbeddedPool, pool_ahead
from tests.processes import Process, table, until

PATIENCE = 20.0


@pytest.fixture
def bound() -> Iterator[socket.socket]:
    """A socket that has a port, and does not listen yet."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one


def pools() -> list[Process]:
    """The pools that we have begun."""
    ours = (process for process in table().values() if process.parent == os.getpid())
    return [process for process in ours if "workers.py --embedded" in process.command]


def inventory(bound: socket.socket) -> dict[str, str]:
    return {"WORKER": f"http://127.0.0.1:{bound.getsockname()[1]}"}


@pytest.mark.cluster
@pytest.mark.parametrize("wanted", [None, "embedded"])
def test_one_that_nobody_used_goes_at_once(wanted: str | None, bound: socket.socket) -> None:
    pool = pool_ahead(wanted, inventory(bound), quiet=True)
    assert pool is not None
    with pool:
        # For a moment after the start of a program, ps cannot see its words yet.
        until(lambda: len(pools()) == 1, table)
    assert pools() == []


def test_none_where_somebody_listens(bound: socket.socket) -> None:
    bound.listen()
    assert pool_ahead(None, inventory(bound), quiet=True) is None


@pytest.mark.parametrize("wanted", ["inventory", "http://127.0.0.1:1"])
def test_none_where_workers_are_named(wanted: str, bound: socket.socket) -> None:
    assert pool_ahead(wanted, inventory(bound), quiet=True) is None


def test_none_where_the_inventory_is_wrong() -> None:
    assert pool_ahead(None, {}, quiet=True) is None
    assert pool_ahead(None, {"WORKER": "http://nowhere"}, quiet=True) is None


#: A pool that compiles until a file is there.
COMPILES = """\
import json, pathlib, sys, time
print(json.dumps({"compiling": True}), flush=True)
while not pathlib.Path(__file__).with_name("go").exists():
    time.sleep(0.01)
print(json.dumps({"urls": ["http://127.0.0.1:1"], "token": "t"}), flush=True)
sys.stdin.read()
"""

#: A pool that is ready at once.
TELLS = """\
import json, sys
print(json.dumps({"urls": ["http://127.0.0.1:1"], "token": "t"}), flush=True)
sys.stdin.read()
"""


@pytest.mark.cluster
def test_the_wait_for_kernels_has_a_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workers.py").write_text(COMPILES)
    monkeypatch.setattr(installation, "HOME", str(tmp_path))
    steps: list[str] = []

    @contextmanager
    def compiling() -> Iterator[None]:
        steps.append("begin")
        (tmp_path / "go").touch()
        yield
        steps.append("end")

    with EmbeddedPool(quiet=False, compiling=compiling) as pool:
        assert pool.urls == ("http://127.0.0.1:1",)
    assert steps == ["begin", "end"]


@pytest.mark.cluster
def test_pools_do_not_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So jobs may run in several threads of a process, and in a process forked meanwhile."""
    monkeypatch.setattr(installation, "HOME", str(tmp_path))
    (tmp_path / "workers.py").write_text(COMPILES)
    waiting, go_on = threading.Event(), tmp_path / "go"

    @contextmanager
    def compiling() -> Iterator[None]:
        waiting.set()
        yield

    with EmbeddedPool(quiet=True, compiling=compiling) as late, ThreadPoolExecutor(2) as threads:
        of_late = threads.submit(lambda: late.urls)
        assert waiting.wait(PATIENCE)
        (tmp_path / "workers.py").write_text(TELLS)
        try:
            with EmbeddedPool(quiet=True) as other:
                of_other = threads.submit(lambda: other.urls)
                assert of_other.result(PATIENCE) == ("http://127.0.0.1:1",)
                assert not of_late.done()
        finally:
            go_on.touch()
        assert of_late.result(PATIENCE) == ("http://127.0.0.1:1",)


#: A pool that notes why it ends.
NOTES_ITS_END = """\
import json, pathlib, signal, sys
def stop(*_):
    pathlib.Path(__file__).with_name("stopped").touch()
    sys.exit()
signal.signal(signal.SIGTERM, stop)
print(json.dumps({"urls": ["http://127.0.0.1:1"], "token": "t"}), flush=True)
sys.stdin.read()
"""


@pytest.mark.cluster
def test_it_ends_although_a_forked_process_has_its_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's program may fork processes of its own while a job runs in one of its threads."""
    (tmp_path / "workers.py").write_text(NOTES_ITS_END)
    monkeypatch.setattr(installation, "HOME", str(tmp_path))
    with EmbeddedPool(quiet=True) as pool:
        assert pool.urls
        go_on, end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(end)
            os.read(go_on, 1)
            os._exit(0)
        os.close(go_on)
    os.close(end)
    os.waitpid(child, 0)
    assert (tmp_path / "stopped").exists()
