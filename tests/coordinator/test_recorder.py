"""The recorder: what the scheduler is told and answers, as lines of an event log."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import pytest

from hadoopless.coordinator import recorder as recorder_module
from hadoopless.coordinator.recorder import Recorder, Surroundings, recording
from hadoopless.entry import typed
from hadoopless.errors import FetchError, NoWorkersError, ProgramFailed
from hadoopless.failure import Failure, Role
from hadoopless.history import events as ev
from hadoopless.history import store
from hadoopless.history.course import Course
from hadoopless.history.reading import read_course
from hadoopless.job import AttemptId, JobResult, JobSpec, MapOutput, Split, TaskReport, map_task
from hadoopless.scheduler import (
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    EndReason,
    MapOutputRestored,
    SlotTaken,
    StartAttempt,
    Tick,
    WorkerJoined,
    WorkerLost,
)

W, V = "http://w", "http://v"
SPEC = JobSpec("cat", "wc", (Split("a", 0, 10), Split("b", 5, 20)), 1, "out", "/", job_id="abc")
FIRST, SECOND = AttemptId(map_task(0), 0), AttemptId(map_task(1), 0)


@pytest.fixture(autouse=True)
def _kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, str(tmp_path / "jobs"))


def recorded(*steps: tuple[object, list[object]], end: JobResult | None = None) -> Course:
    """The course that is in the log after *steps*: events with the actions that follow."""
    started = time.monotonic()
    with recording(SPEC, Surroundings("push"), started) as recorder:
        for number, (event, actions) in enumerate(steps):
            recorder.took(event, actions, started + number)  # type: ignore[arg-type]
        if end is not None:
            recorder.end(end)
        path = recorder.path
    return read_course(Path(path))


def starting(attempt: AttemptId, worker: str = W) -> StartAttempt:
    return StartAttempt(attempt, worker)


def test_the_first_line() -> None:
    job = recorded().job
    assert job is not None
    assert (job.id, job.mapper, job.reducer, job.maps, job.reduces) == ("abc", "cat", "wc", 2, 1)
    assert (job.inputs, job.input_files, job.input_bytes) == (("a", "b"), 2, 30)
    assert job.mode == "push"


def test_attempts_with_slots() -> None:
    course = recorded(
        (WorkerJoined(W, 2), [starting(FIRST), starting(SECOND)]),
        (AttemptSucceeded(FIRST, W, MapOutput(W, "id"), TaskReport(input_bytes=10)), []),
        (Tick(), [starting(AttemptId(map_task(0), 1))]),
    )
    assert [(one.name, one.began.slot) for one in course.attempts] == [
        ("map-0-0", 0),
        ("map-1-0", 1),
        ("map-0-1", 0),
    ]
    first = course.attempts[0]
    assert first.began.input == "a [bytes 0-10]"
    assert first.began.bytes == 10
    assert first.ended is not None
    assert (first.ended.result, first.ended.input_bytes, first.ended.at) == ("succeeded", 10, 1.0)


def test_a_lost_worker_ends_its_attempts() -> None:
    course = recorded(
        (WorkerJoined(W), [starting(FIRST)]), (WorkerLost(W), []), (WorkerLost(W), [])
    )
    assert course.attempts[0].ended is not None
    assert course.attempts[0].ended.result == "worker lost"
    assert len(course.lost_workers) == 1


def test_the_loser_of_two_attempts() -> None:
    backup = AttemptId(map_task(0), 1)
    course = recorded(
        (WorkerJoined(W), [starting(FIRST)]),
        (WorkerJoined(V), [starting(backup, V)]),
        (AttemptSucceeded(backup, V, MapOutput(V, "id")), [CancelAttempt(FIRST, W)]),
        (AttemptSucceeded(FIRST, W, MapOutput(W, "late")), []),
    )
    ends = [one.ended.result for one in course.attempts if one.ended]
    assert ends == ["cancelled", "succeeded"]
    assert [one.began.backup for one in course.attempts] == [False, True]


def ahead(attempt: AttemptId) -> StartAttempt:
    return StartAttempt(attempt, W, ahead=True)


def test_an_attempt_that_was_given_ahead_begins_when_it_has_a_slot() -> None:
    """So no two attempts are in one row of the page at the same time."""
    course = recorded(
        (WorkerJoined(W), [starting(FIRST), ahead(SECOND)]),
        (AttemptSucceeded(FIRST, W, MapOutput(W, "id")), [SlotTaken(SECOND, W)]),
        (AttemptSucceeded(SECOND, W, MapOutput(W, "id2")), []),
    )
    times = [(one.began.slot, one.began.at, one.ended and one.ended.at) for one in course.attempts]
    assert times == [(0, 0.0, 1.0), (0, 1.0, 2.0)]


def test_an_attempt_that_was_given_ahead_ends_before_the_one_before_it() -> None:
    course = recorded(
        (WorkerJoined(W), [starting(FIRST), ahead(SECOND)]),
        (AttemptSucceeded(SECOND, W, MapOutput(W, "id2")), []),
        (AttemptSucceeded(FIRST, W, MapOutput(W, "id")), []),
    )
    ends = [(one.name, one.began.slot, one.counts) for one in course.attempts]
    assert ends == [("map-0-0", 0, True), ("map-1-0", 1, True)]


def test_an_attempt_that_was_given_ahead_and_never_begins_is_not_told() -> None:
    course = recorded(
        (WorkerJoined(W), [starting(FIRST), ahead(SECOND)]),
        (Tick(), [CancelAttempt(SECOND, W), ahead(AttemptId(map_task(1), 1))]),
        (WorkerLost(W), []),
        (AttemptSucceeded(SECOND, W, MapOutput(W, "late")), []),
        (AttemptSucceeded(AttemptId(map_task(1), 1), W, MapOutput(W, "late")), []),
    )
    assert [one.name for one in course.attempts] == ["map-0-0"]


def test_failures_with_what_a_user_needs() -> None:
    failure = Failure("ended with exit code 3", Role.MAPPER, "cat x", 3, "oh\n", "a", "cat a | cat")
    error = ProgramFailed(failure, "map 0 attempt 0")
    course = recorded(
        (WorkerJoined(W, 2), [starting(FIRST), starting(SECOND)]),
        (AttemptFailed(FIRST, W, EndReason.PROGRAM_FAILED, error), []),
        (AttemptFailed(SECOND, W, EndReason.OUTPUT_LOST, FetchError("gone", V, ())), []),
    )
    first, second = (one.ended for one in course.attempts)
    assert first is not None
    assert first.failure is not None
    assert first.stderr == "oh\n"
    assert (first.failure.exit, first.failure.role, first.failure.kind) == (3, "mapper", "program")
    assert first.failure.replay == "cat a | cat"
    assert second is not None
    assert second.failure is not None
    assert second.failure.kind == "fetch"


def test_restored_outputs() -> None:
    course = recorded((MapOutputRestored(1, W, MapOutput(W, "id"), TaskReport(output_bytes=7)), []))
    assert course.restored == [ev.OutputRestored(0.0, "map-1", W, 0, 7)]


def test_stderr_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "STDERR_OF_ATTEMPT", 10)
    monkeypatch.setattr(recorder_module, "STDERR_OF_JOB", 15)
    report = TaskReport(stderr_tail="x" * 100)
    course = recorded(
        (WorkerJoined(W, 2), [starting(FIRST), starting(SECOND)]),
        (AttemptSucceeded(FIRST, W, MapOutput(W, "1"), report), []),
        (AttemptSucceeded(SECOND, W, MapOutput(W, "2"), report), []),
    )
    ends = [one.ended for one in course.attempts if one.ended]
    assert [(end.stderr, end.stderr_left_out) for end in ends] == [("x" * 10, False), ("", True)]


def test_the_end() -> None:
    result = JobResult(("out/0",), (), (TaskReport(output_bytes=5),), 1.0, 2, lost_workers=1)
    end = recorded(end=result).end
    assert end is not None
    assert (end.status, end.outputs, end.output_bytes, end.retries) == (
        *("succeeded", ("out/0",), 5, 2),
    )


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NoWorkersError("nobody"), "failed", "no-workers"),
        (KeyboardInterrupt(), "cancelled", "cancelled"),
        (ValueError("odd"), "failed", "internal"),
        (OSError(errno.ENOSPC, "full"), "failed", "disk"),
    ],
)
def test_an_error_is_an_end(error: BaseException, status: str, kind: str) -> None:
    with pytest.raises(type(error)), recording(SPEC, Surroundings("push"), 0.0) as recorder:
        raise error
    course = read_course(Path(recorder.path))
    assert course.end is not None
    assert course.end.failure is not None
    assert (course.end.status, course.end.failure.kind) == (status, kind)


def test_without_a_log_nothing_happens() -> None:
    recorder = Recorder(SPEC, 0.0, None)
    recorder.took(WorkerJoined(W), [starting(FIRST)], 1.0)
    recorder.end(NoWorkersError("nobody"))
    assert recorder.path == ""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--env=A=secret", "--x"], ["--env=A=…", "--x"]),
        (["--env", "A=secret"], ["--env", "A=…"]),
        (["-cmdenv", "A=secret", "-mapper", "a=b"], ["-cmdenv", "A=…", "-mapper", "a=b"]),
        (["--env=A", "--env", "B"], ["--env=A", "--env", "B"]),
        (
            ["--property=a.password=p", "-D", "b.token=t"],
            ["--property=a.password=…", "-D", "b.token=…"],
        ),
        (
            ["-Db.secret=s", "-Dspark.master=sc://h/;x=y"],
            ["-Db.secret=…", "-Dspark.master=sc://h/"],
        ),
        (["--master=sc://h:1/;token=t", "sc://h/;a"], ["--master=sc://h:1/", "sc://h/"]),
        (
            ["--metricsTokenFile=f", "-Da=b;c"],
            ["--metricsTokenFile=f", "-Da=b;c"],
        ),
    ],
)
def test_values_of_variables_are_left_out(
    words: list[str], shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/x/coordinator.py", *words])
    job = recorded().job
    assert job is not None
    assert list(job.command[1:]) == shown


def test_the_command_has_its_program_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/x/hadoopless", "run", "--x"])
    typed.note("hadoopless run")
    try:
        job = recorded().job
    finally:
        typed.note(None)
    assert job is not None
    assert job.command == ("hadoopless", "run", "--x")


PROFILED = TaskReport(input_bytes=3, profile="mapper;f 2\n", profile_note="")


def test_stacks_are_kept_apart(tmp_path: Path) -> None:
    event = AttemptSucceeded(FIRST, W, None, PROFILED)
    plain = AttemptSucceeded(FIRST, W, None, TaskReport(input_bytes=3))
    with recording(SPEC, Surroundings("push"), time.monotonic()) as recorder:
        assert recorder.without_profile(event) == plain
        assert recorder.without_profile(plain) is plain
        recorder.end(JobResult((), (), (), 1.0))
    path = Path(recorder.path)
    assert path.with_suffix(".stacks").read_text() == "mapper;f 2\n"
    assert "mapper;f" not in path.read_text()


def test_without_samples_there_is_no_file(tmp_path: Path) -> None:
    report = TaskReport(profile_note="py-spy is not installed there")
    with recording(SPEC, Surroundings("push"), time.monotonic()) as recorder:
        recorder.without_profile(AttemptSucceeded(FIRST, W, None, report))
        recorder.end(JobResult((), (), (), 1.0))
    assert recorder.profile.note == "py-spy is not installed there"
    assert not Path(recorder.path).with_suffix(".stacks").exists()


def test_a_profile_that_cannot_be_written(caplog: pytest.LogCaptureFixture) -> None:
    with recording(SPEC, Surroundings("push"), time.monotonic()) as recorder:
        path = Path(recorder.path).with_suffix(".stacks")
        path.mkdir()
        recorder.without_profile(AttemptSucceeded(FIRST, W, None, PROFILED))
        recorder.end(JobResult((), (), (), 1.0))
    assert f"the profile is lost: {path}: Is a directory" in caplog.text


def test_the_machine_tells_how_much_its_processors_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "busy_seconds", iter([100.0, 107.5]).__next__)
    with recording(SPEC, Surroundings("push"), time.monotonic()) as recorder:
        for attempt in (FIRST, SECOND):  # it is asked once
            recorder.took(Tick(), [StartAttempt(attempt, W)], time.monotonic())
        recorder.end(KeyboardInterrupt())
        course = read_course(Path(recorder.path))
    assert course.end is not None
    assert course.end.machine_cpu == 7.5


def test_times_of_nothing_are_left_out() -> None:
    with recording(SPEC, Surroundings("push"), time.monotonic()) as recorder:
        recorder.took(Tick(), [StartAttempt(FIRST, W)], time.monotonic())
        report = TaskReport(seconds=0.25, fetch_seconds=0.0, own_cpu=1e-9)
        recorder.took(AttemptSucceeded(FIRST, W, None, report), [], time.monotonic())
        (line,) = [
            line for line in Path(recorder.path).read_bytes().splitlines() if b'"end"' in line
        ]
    assert b'"seconds":0.25' in line
    assert b"fetchSeconds" not in line
    assert b"ownCpu" not in line
