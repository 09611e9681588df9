"""The end of a worker process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pools import REPOSITORY

#: A worker whose pool is gone already; one more signal to stop comes when it has ended.
WORKER = """
import os, signal, sys
from hadoopless.wire.server import bind
from hadoopless.worker.server import serve
from hadoopless.worker.services import Settings

lifeline, end = os.pipe()
os.close(end)
listener = bind("http://127.0.0.1:0")
url = f"http://127.0.0.1:{listener.getsockname()[1]}"
serve([listener], url, Settings(sys.argv[1], 1 << 20, sys.argv[1], (url,), "x"), [], lifeline)
os.kill(os.getpid(), getattr(signal, sys.argv[2]))
print("ended by itself")
"""


@pytest.mark.cluster
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_another_signal_to_stop_changes_nothing(name: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(tmp_path), name],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended by itself\n", "")
