"""The facts in what Hadoop's client writes."""

from __future__ import annotations

from hadoopless.engines.hadoop.client_log import ClientLog

RUNNING = """\
2026-01-01 00:00:00,000 INFO mapreduce.JobSubmitter: number of splits:3
2026-01-01 00:00:00,000 INFO impl.YarnClientImpl: Submitted application application_17_0004
2026-01-01 00:00:00,000 INFO mapreduce.Job: Running job: job_17_0004
"""
COUNTERS = """\
2026-01-01 00:00:00,000 INFO mapreduce.Job: Counters: 3
\tMap-Reduce Framework
\t\tMap input records=4
\tMine
\t\ta=b=2
\t\tdown=-1
\t\tno number
2026-01-01 00:00:00,000 INFO streaming.StreamJob: Output directory: x
"""


def read(text: str) -> ClientLog:
    log = ClientLog()
    for line in text.splitlines():
        log.read(line)
    return log


def test_names_and_counters_of_a_job() -> None:
    log = read(RUNNING + COUNTERS.replace("=2", "=1") + COUNTERS)
    assert (log.job, log.application, log.maps) == ("job_17_0004", "application_17_0004", 3)
    assert log.was_submitted
    assert not log.is_local
    assert log.counters == (("Mine", "a=b", 2), ("Mine", "down", -1))
    assert log.where_more_is_told == "yarn logs -applicationId application_17_0004"


def test_a_job_in_the_local_mode_has_no_application() -> None:
    log = read("INFO mapreduce.Job: Running job: job_local12_0001")
    assert log.is_local
    assert log.where_more_is_told == ""


def test_the_reason_of_a_failed_task() -> None:
    log = read(
        RUNNING
        + "INFO mapreduce.Job: Task Id : attempt_17_0004_m_000000_0, Status : FAILED\n"
        + "Error: java.lang.RuntimeException: PipeMapRed.waitOutputThreads(): subprocess failed"
        " with code 3\n\tat somewhere\n"
        * 2
        + "INFO mapreduce.Job: Job job_17_0004 failed with state FAILED due to: Task failed t_1\n"
        "ERROR streaming.StreamJob: Job not successful!\nStreaming Command Failed!\n"
    )
    assert log.reason == "PipeMapRed.waitOutputThreads(): subprocess failed with code 3"


def test_the_reason_of_a_failed_application() -> None:
    failed = "INFO mapreduce.Job: Job job_17_0004 failed with state FAILED due to: "
    assert read(RUNNING + failed + "AM Container exited").reason == "AM Container exited"
    assert read(RUNNING + failed + "NA\nlast line").reason == "last line"


def test_the_reason_why_a_job_was_not_taken() -> None:
    log = read(
        "WARN util.NativeCodeLoader: Unable to load\n"
        "ERROR streaming.StreamJob: Error Launching job : Input path does not exist: x\n"
        "Streaming Command Failed!\n"
    )
    assert not log.was_submitted
    assert log.reason == "Error Launching job : Input path does not exist: x"
    assert read("ERROR: JAVA_HOME is not set\n").reason == "JAVA_HOME is not set"
    assert read('Exception in thread "main" java.lang.A: b.C: no why').reason == "no why"
    unknown = 'Exception in thread "main" java.lang.A: java.net.UnknownHostException: nn.example'
    assert read(unknown).reason == "UnknownHostException: nn.example"
    assert read("").reason == ""
