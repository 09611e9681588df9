"""Prometheus can scrape workers and coordinators, and learns nothing but figures."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hadoopless import __version__
from hadoopless.wire.metrics.openmetrics import CONTENT_TYPE
from tests.pools import (
    REPOSITORY,
    OurPool,
    OurPoolFactory,
    answers,
    free_ports,
    kill_group,
    running_pool,
)
from tests.processes import until
from tests.scrapes import Key, values
from tests.system.calls import Answer, call, with_token
from tests.system.jobs import Job, failed, succeeded

W = "hadoopless_worker"


def scrape(url: str, word: str = "") -> Answer:
    headers = {"Authorization": f"Bearer {word}"} if word else {}
    return call(url, "/metrics", headers=headers)


def test_a_worker_tells_of_its_job(our_pool: OurPoolFactory):
    with our_pool(1) as pool:
        job = Job(pool.root, "told")
        job.inputs(b"b\na\n", b"c\n")
        before = values(scrape(pool.urls[0]).body)
        job.run(pool.urls, mapper="cat", reducer="cat")
        answer = scrape(pool.urls[0])
    found = values(answer.body)
    assert answer.headers["Content-Type"] == CONTENT_TYPE
    assert answer.headers["Cache-Control"] == "no-store"
    assert found.keys() == before.keys()
    assert before[f"{W}_attempts_total", "map", "succeeded"] == 0
    assert found[f"{W}_attempts_total", "map", "succeeded"] == 2
    assert found[f"{W}_attempts_total", "reduce", "succeeded"] == 1
    assert found[f"{W}_read_bytes_total",] == 6
    assert found[f"{W}_map_output_bytes_total",] == found[f"{W}_written_bytes_total",] == 9
    assert found[f"{W}_attempt_seconds_total", "programs", "map"] > 0
    assert found[f"{W}_running_tasks", "map"] == found[f"{W}_queued_tasks",] == 0
    assert b"told" not in answer.body  # the directory of the job
    assert b"cat" not in answer.body


def test_spills_are_counted(our_pool: OurPoolFactory):
    with our_pool(1, "--memory=1MB") as pool:
        job = Job(pool.root, "spills")
        job.inputs(b"".join(b"%08d\n" % number for number in range(200_000)))
        job.run(pool.urls, mapper="cat", reducer="cat")
        found = values(scrape(pool.urls[0]).body)
    assert found[f"{W}_spills_total",] > 0
    assert found[f"{W}_spilled_bytes_total",] > 1_000_000
    assert found[f"{W}_memory_budget_bytes", "outputs"] == 512 << 10


@pytest.mark.parametrize(
    ("name", "value"),
    [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")],
)
def test_pages_of_other_sites_learn_nothing(pool: OurPool, name: str, value: str):
    refused = call(pool.urls[0], "/metrics", headers={name: value})
    assert (refused.status, refused.json["kind"]) == (403, "forbidden")


def test_metrics_take_no_parameter(pool: OurPool):
    assert call(pool.urls[0], "/metrics", {"jobId": "x"}).status == 403
    assert call(pool.urls[0], "/metrics", method="POST", body=b"").status == 403


def test_beyond_loopback_the_word_opens_the_metrics_alone(tmp_path: Path):
    word = tmp_path / "word"
    word.write_text("open-sesame\n")
    (tmp_path / "served").mkdir()
    options = "--host=127.0.0.2", f"--metricsTokenFile={word}"
    with running_pool(1, tmp_path / "served", *options, host="127.0.0.2") as pool:
        (url,) = pool.urls
        assert scrape(url).status == scrape(url, "wrong").status == 403
        assert values(scrape(url, "open-sesame").body)
        assert values(call(url, "/metrics", headers=with_token(url)).body)
        shown = {"Authorization": "Bearer open-sesame"}
        assert call(url, "/metrics", headers=shown | {"Host": "evil.example"}).status == 403
        assert call(url, "/metrics", {"state": "yes"}, headers=shown).status == 403
        for path in ("/health", "/map", "/segments", "/nowhere"):
            assert call(url, path, headers=shown).status == 403


def test_without_a_word_only_the_pool_reads_metrics_beyond_loopback(tmp_path: Path):
    (tmp_path / "served").mkdir()
    with running_pool(1, tmp_path / "served", "--host=127.0.0.2", host="127.0.0.2") as pool:
        (url,) = pool.urls
        assert scrape(url).status == scrape(url, "anything").status == 403
        assert values(call(url, "/metrics", headers=with_token(url)).body)


def test_workers_without_their_word_do_not_start(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, REPOSITORY / "workers.py", "--metricsTokenFile=nowhere"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 3
    assert "--metricsTokenFile: cannot read nowhere: No such file" in done.stderr


# A coordinator ------------------------------------------------------------------------------------


def test_a_job_tells_of_itself(pool: OurPool, job: Job):
    job.inputs(b"a\n", b"b\n")
    gate = job.gated("waits.sh")
    with job.started(pool.urls[:2], "--metricsPort=0", reducer=gate.path) as running:
        running.comes_to(gate)
        told = re.search(r"metrics at (http://127\.0\.0\.1:\d+)/metrics\n", running.stderr())
        assert told, running.stderr()
        until(
            lambda: job_values(told[1])["hadoopless_job_tasks", "reduce", "running"] == 1,
            running.stderr,
        )
        found = job_values(told[1])
        gate.open()
        succeeded(running.end())
    assert found["hadoopless_job_tasks", "map", "done"] == 2
    assert found["hadoopless_job_progress_ratio", "map"] == 1
    assert found["hadoopless_job_workers", "ready"] == 2
    assert found["hadoopless_job_read_bytes_total",] == 4


def test_a_port_that_is_taken(pool: OurPool, job: Job):
    job.inputs(b"a\n")
    port = urlsplit(pool.urls[0]).port
    done = job.run(pool.urls, f"--metricsPort={port}")
    failed(done, 7, f"port {port} of 127.0.0.1 is in use; choose another one by --metricsPort")
    assert job.outputs(hidden=[".mapreduce-journal"]) == []


def job_values(url: str) -> dict[Key, float]:
    return values(scrape(url).body)


def test_a_listening_coordinator_tells_who_knows_the_word(tmp_path: Path):
    (tmp_path / "word").write_text("open-sesame")
    (tmp_path / "0.in").write_text("a\n")
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    with listening(tmp_path, f"--listen={url}", "--metricsTokenFile=word") as log:
        until(lambda: answers(url), log.read_text)
        assert scrape(url).status == scrape(url, "wrong").status == 403
        found = values(scrape(url, "open-sesame").body)
        assert ("hadoopless_job_info", "pull", __version__) in found
        shown = {"Authorization": "Bearer open-sesame"}
        refused = call(url, "/ask", method="POST", body=b"{}", headers=shown)
        assert (refused.status, refused.json["kind"]) == (403, "forbidden")
        assert call(url, "/metrics", headers=shown | {"Host": "evil.example"}).status == 403


def test_over_a_unix_socket_its_user_needs_no_word(tmp_path: Path):
    (tmp_path / "0.in").write_text("a\n")
    path = tmp_path / "socket"
    with listening(tmp_path, f"--listen=unix:{path}") as log:
        until(path.exists, log.read_text)
        connection = HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(path))
        connection.request("GET", "/metrics")
        text = connection.getresponse().read()
        connection.close()
    assert ("hadoopless_job_info", "pull", __version__) in values(text)


@contextmanager
def listening(directory: Path, *options: str) -> Iterator[Path]:
    """A coordinator that waits in *directory* for a worker that never comes; gives its log."""
    job = "--mapperPath=cat", "--reducerPath=cat", "--jobPath=."
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "coordinator.py"), *job, *options],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield log
    finally:
        kill_group(process)
