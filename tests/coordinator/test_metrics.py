"""The metrics of a job, and the server that tells them."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from hadoopless import __version__
from hadoopless.coordinator.metrics import JobMetrics
from hadoopless.coordinator.metrics_server import MetricsServer
from hadoopless.coordinator.options import parse_options, wish_of
from hadoopless.errors import PortInUse, UsageError
from hadoopless.job import AttemptId, MapOutput, TaskReport, map_task, reduce_task
from hadoopless.scheduler import (
    AttemptFailed,
    AttemptSucceeded,
    EndReason,
    JobStarted,
    Scheduler,
    WorkerJoined,
)
from hadoopless.wire.metrics.figures import RESULTS
from tests.scrapes import values

NONZERO = {
    ("hadoopless_job_tasks", "map", "waiting"): 1,
    ("hadoopless_job_tasks", "map", "running"): 2,
    ("hadoopless_job_tasks", "reduce", "waiting"): 1,
    ("hadoopless_job_workers", "ready"): 1,
    ("hadoopless_job_slots", "busy"): 2,
}


def job_values(metrics: JobMetrics) -> dict[tuple[str, ...], float]:
    told = values(metrics.page())
    varying = ("hadoopless_job_elapsed_seconds", "hadoopless_job_info")
    return {
        key: value
        for key, value in told.items()
        if value and key[0] not in varying and not key[0].startswith("process")
    }


def test_before_the_job_begins():
    metrics = JobMetrics("push", 0.0)
    assert job_values(metrics) == {}
    assert ("hadoopless_job_info", "push", __version__) in values(metrics.page())


def test_the_progress_of_a_job():
    metrics = JobMetrics("push", 0.0)
    scheduler = Scheduler(3, 1, ["w"])
    for event in (WorkerJoined("w", 2), JobStarted()):
        scheduler.handle(event, now=0.0)
    metrics.show(scheduler.snapshot())
    assert job_values(metrics) == NONZERO


def test_the_ends_of_attempts():
    metrics = JobMetrics("pull", 0.0)
    mapped = TaskReport(input_bytes=5, output_bytes=4, seconds=2.0)
    metrics.hear(AttemptSucceeded(AttemptId(map_task(0), 0), "w", MapOutput("w", "x"), mapped))
    reduced = TaskReport(input_bytes=4, output_bytes=3)
    metrics.hear(AttemptSucceeded(AttemptId(reduce_task(0), 1), "w", None, reduced))
    metrics.hear(WorkerJoined("w"))
    assert job_values(metrics) == {
        ("hadoopless_job_attempts_total", "map", "succeeded"): 1,
        ("hadoopless_job_attempts_total", "reduce", "succeeded"): 1,
        ("hadoopless_job_attempt_seconds_total", "own", "map"): 2.0,
        ("hadoopless_job_read_bytes_total",): 5,
        ("hadoopless_job_map_output_bytes_total",): 4,
        ("hadoopless_job_written_bytes_total",): 3,
    }


def test_every_bad_end_has_a_word():
    metrics = JobMetrics("push", 0.0)
    bad = [reason for reason in EndReason if reason is not EndReason.SUCCEEDED]
    for reason in bad:
        metrics.hear(AttemptFailed(AttemptId(map_task(0), 0), "w", reason))
    found = {key[2]: value for key, value in job_values(metrics).items()}
    assert found == dict.fromkeys(RESULTS[1:], 1)
    assert len(bad) == len(found)


# The server -------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[MetricsServer]:
    running = MetricsServer(0, lambda: b"# EOF\n")
    yield running
    running.stop()


def get(server: MetricsServer, path: str, **headers: str) -> tuple[int, str, bytes]:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.getheader("Content-Type", ""), answer.read()
    finally:
        connection.close()


def test_a_scrape(server: MetricsServer):
    kind = "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert get(server, "/metrics") == (200, kind, b"# EOF\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [("Host", "evil.example"), ("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")],
)
def test_pages_of_other_sites_learn_nothing(server: MetricsServer, name: str, value: str):
    for path in ("/metrics", "/else"):
        status, _, body = get(server, path, **{name: value})
        assert (status, b"EOF" in body) == (403, False)


def test_there_is_nothing_else(server: MetricsServer, caplog: pytest.LogCaptureFixture):
    status, _, body = get(server, "/else")
    assert (status, body) == (404, b'{"status": "error", "message": "no such call: /else"}')
    assert caplog.text == ""


def test_a_port_that_is_taken(server: MetricsServer):
    port = urlsplit(server.url).port or 0
    with pytest.raises(PortInUse, match=f"port {port} of 127.0.0.1 is in use"):
        MetricsServer(port, bytes)


def test_the_port_is_free_again_afterwards():
    first = MetricsServer(0, bytes)
    first.stop()
    second = MetricsServer(urlsplit(first.url).port or 0, bytes)
    second.stop()
    assert second.url == first.url


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--metricsPort=65536"], "--metricsPort: ports go up to 65535"),
        (["--metricsTokenFile=x"], "--metricsTokenFile is for callers of --listen"),
    ],
)
def test_options_that_make_no_sense(words: list[str], text: str):
    options = parse_options(["--mapperPath=m", "--reducerPath=r", "--jobPath=j", *words])
    with pytest.raises(UsageError, match=text):
        wish_of(options)
