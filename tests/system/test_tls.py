"""Whole jobs on a pool that speaks TLS."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import Authority, Identity
from tests.oracle import REPOSITORY, oracle
from tests.pools import OurPool, OurPoolFactory
from tests.system.jobs import Job

INPUTS = [b"fish\t1\nboat\t2\nfish\t3\n", b"cat\nboat\n", b"\xff\t\x00\n"]
#: So that bin/hadoop runs by this interpreter.
WITH_THIS_PYTHON = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
EXPECTED = oracle(["cat"], ["cat"], INPUTS, 2)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def identity(authority: Authority) -> Identity:
    return authority.identity("here")


@pytest.fixture(scope="module")
def secure(our_pool: OurPoolFactory, identity: Identity) -> Iterator[OurPool]:
    with our_pool(2, *identity.options) as pool:
        yield pool


def job_on(pool: OurPool, name: str) -> Job:
    job = Job(pool.root, name)
    job.inputs(*INPUTS)
    return job


def test_a_job(secure: OurPool, identity: Identity, name: str):
    job = job_on(secure, name)
    done = job.run(secure.urls, *identity.options, num_reducers=2)
    assert done.returncode == 0, done.stderr
    assert "on 2 workers" in done.stdout
    assert job.outputs() == EXPECTED
    assert "Traceback" not in secure.log.read_text()


def test_variables_name_the_files(secure: OurPool, identity: Identity, name: str):
    job = job_on(secure, name)
    done = job.run(secure.urls, num_reducers=2, env=identity.environment)
    assert done.returncode == 0, done.stderr
    assert job.outputs() == EXPECTED


def test_a_streaming_job(secure: OurPool, identity: Identity, name: str):
    job = job_on(secure, name)
    words: list[str | Path] = ["-D", "mapreduce.job.reduces=2", "-input", job.path]
    words += ["-output", job.path / "counts"]
    done = subprocess.run(
        [REPOSITORY / "bin/hadoop", "jar", "any.jar", *words, "-mapper", "cat", "-reducer", "cat"],
        cwd=job.path,
        env={
            **os.environ,
            **WITH_THIS_PYTHON,
            **identity.environment,
            "MAPREDUCE_WORKERS": ",".join(secure.urls),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    parts = sorted((job.path / "counts").glob("part-*"))
    assert [part.read_bytes() for part in parts] == EXPECTED


def test_a_streaming_job_with_a_file_that_is_not_there(identity: Identity, secure: OurPool):
    job = job_on(secure, "no-file")
    done = subprocess.run(
        [
            *(REPOSITORY / "bin/hadoop", "jar", "any.jar", "-input", job.path),
            *("-output", job.path / "counts", "-mapper", "cat"),
        ],
        cwd=job.path,
        env={
            **os.environ,
            **WITH_THIS_PYTHON,
            **identity.environment,
            "MAPREDUCE_TLS_KEY": "/not/there",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 5
    assert "Error Launching job : MAPREDUCE_TLS_KEY: no such file: /not/there\n" in done.stderr


def test_a_pool_of_the_job_alone(identity: Identity, secure: OurPool, name: str):
    """Its calls never leave the machine, for which the certificate need not be."""
    job = job_on(secure, name)
    done = job.run(["embedded"], *identity.options, num_reducers=2)
    assert done.returncode == 0, done.stderr
    assert job.outputs() == EXPECTED


def test_a_coordinator_without_tls(secure: OurPool, name: str):
    job = job_on(secure, name)
    done = job.run(secure.urls[:1])
    assert (done.returncode, done.stderr) == (
        5,
        f"coordinator.py: no worker can be used: {secure.urls[0]} cannot be asked: it speaks TLS"
        " alone: its URL begins with https://, and calls need --tlsCert, --tlsKey and --tlsCa\n",
    )


def test_a_pool_without_tls(pool: OurPool, identity: Identity, job: Job):
    url = pool.urls[0].replace("http", "https")
    job.inputs(*INPUTS)
    done = job.run(pool.urls[:1], *identity.options)
    assert (done.returncode, done.stderr) == (
        5,
        f"coordinator.py: no worker can be used: {url} cannot be asked: it speaks no TLS: was it"
        " started with --tlsCert?\n",
    )


def test_workers_whose_certificate_has_expired(authority: Authority, secure: OurPool):
    old = authority.identity("old", days=-1)
    done = subprocess.run(
        [sys.executable, REPOSITORY / "workers.py", "--workers=http://127.0.0.1:1", *old.options],
        cwd=secure.root,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        2,
        f"workers.py: --tlsCert: {old.certificate}: the CA {old.ca} does not accept it: certificate"
        " has expired\n",
    )
