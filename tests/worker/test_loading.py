"""A worker that cannot load its libraries says so on one line."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless.errors import WorkerError
from hadoopless.worker.loading import loading
from tests.pools import REPOSITORY, free_ports


@pytest.fixture
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of memory of a process, in bytes, as the parameter says."""
    monkeypatch.setattr(resource, "getrlimit", lambda which: (request.param, request.param))


UNLIMITED = pytest.mark.parametrize("limit", [resource.RLIM_INFINITY], indirect=True)
LIMITED = pytest.mark.parametrize("limit", [300_000 << 10], indirect=True)


@UNLIMITED
@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ImportError("\n\nIMPORTANT\n\nlib.so: failed to map\n"), "loaded: lib.so: failed to map"),
        (OSError("no lib.so"), "loaded: no lib.so"),
        (MemoryError(), "loaded: MemoryError"),
        (RuntimeError("can't start new thread"), "loaded: can't start new thread"),
    ],
)
def test_the_reason_is_told(error: Exception, text: str):
    with pytest.raises(WorkerError) as told, loading():
        raise error
    assert str(told.value) == f"the libraries of a worker cannot be {text}"


@UNLIMITED
@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("error", [ModuleNotFoundError("numpy"), KeyboardInterrupt(), KeyError()])
def test_other_errors_stay_what_they_are(error: BaseException):
    with pytest.raises(type(error)), loading():
        raise error


@LIMITED
@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("error", [OSError("no lib.so"), KeyboardInterrupt()])
def test_a_limit_is_told(error: BaseException):
    with pytest.raises(WorkerError, match=r"300,000 KB of memory here \(ulimit -v\)"), loading():
        raise error


@pytest.mark.parametrize("limit", [60_000, 300_000])
def test_a_pool_under_a_limit(limit: int, tmp_path: Path):
    """OpenBLAS, a part of numpy, has words of its own, and sometimes the last one."""
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    command = f"{sys.executable} {REPOSITORY}/workers.py --workers={url}"
    done = subprocess.run(
        ["sh", "-c", f"ulimit -v {limit}; exec {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6
    own = [line for line in done.stderr.splitlines() if not line.startswith("OpenBLAS")]
    assert own == [
        f"workers.py: the libraries of a worker cannot be loaded: a process may have {limit:,} KB"
        " of memory here (ulimit -v); raise that limit"
    ]
