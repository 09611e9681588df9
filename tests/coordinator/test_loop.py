"""The loop of a job, with a driver that does what the test says."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hadoopless.coordinator import loop
from hadoopless.coordinator.journal import Journal
from hadoopless.errors import Cancelled, DiskError, FetchError, TaskError
from hadoopless.failure import Failure
from hadoopless.job import JobSpec, MapOutput, Split
from hadoopless.scheduler import (
    Action,
    AttemptFailed,
    AttemptSucceeded,
    CancelAttempt,
    CommitOutput,
    EndReason,
    Event,
    JobStarted,
    ReleaseOutputs,
    Scheduler,
    StartAttempt,
    WorkerJoined,
)


def succeed(action: StartAttempt) -> Event:
    """The attempt's success."""
    output = MapOutput(action.worker, action.attempt.name)
    is_reduce = action.attempt.task.is_reduce
    return AttemptSucceeded(action.attempt, action.worker, None if is_reduce else output)


class Driver:
    """Every attempt ends at once, as *end* says; *refuse* may raise for an action."""

    def __init__(
        self,
        events: loop.Events,
        refuse: Callable[[Action], None],
        end: Callable[[StartAttempt], Event | None],
    ) -> None:
        self._events = events
        self._refuse = refuse
        self._end = end
        self.done: list[Action] = []

    def carry_out(self, action: Action) -> None:
        self._refuse(action)
        self.done.append(action)
        if isinstance(action, StartAttempt):
            event = self._end(action)
            if event is not None:
                self._events.put(event)

    def told(self, kind: type[Action]) -> list[Action]:
        """The actions of one kind."""
        return [action for action in self.done if isinstance(action, kind)]


class Trial:
    """A job of two map tasks and two reduce tasks on one worker."""

    def __init__(self, directory: Path) -> None:
        self.spec = JobSpec(
            "cat", "cat", (Split("0"), Split("1")), 2, ".", str(directory), job_id="j"
        )
        self.events: loop.Events = loop.Events()
        self.shown = 0

    def run(
        self,
        refuse: Callable[[Action], None] = lambda action: None,
        end: Callable[[StartAttempt], Event | None] = succeed,
    ) -> Exception | None:
        """Run it; returns what the loop returns."""
        self.driver = Driver(self.events, refuse, end)
        self.journal = Journal(self.spec)
        self.journal.begin(self.spec)
        self.events.put(WorkerJoined("w", slots=2))
        self.events.put(JobStarted())
        scheduler = Scheduler(2, 2, ["w"])
        with loop.cancelled_by_signals(self.events, hangup=True):
            return loop.run(
                scheduler, self.driver, self.events, lambda view: self.see(), self.journal
            )

    def see(self) -> None:
        self.shown += 1


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A trial in tmp_path."""
    return Trial(tmp_path)


def test_a_job_that_succeeds(trial: Trial):
    assert trial.run() is None
    assert len(trial.driver.told(StartAttempt)) == 4
    assert len(trial.driver.told(CommitOutput)) == 2
    assert trial.shown >= 1
    trial.journal.end()
    assert Journal(trial.spec).past(trial.spec) is None


@pytest.mark.parametrize("partition", [0, 1])
def test_a_commit_that_fails_fails_the_job(trial: Trial, partition: int):
    """The last one too, when the scheduler thinks that the job has succeeded."""
    error = DiskError("no space")
    commits: list[int] = []

    def refuse(action: Action) -> None:
        if isinstance(action, CommitOutput):
            commits.append(action.attempt.task.index)
            if len(commits) == partition + 1:
                raise error

    assert trial.run(refuse) is error
    assert len(commits) == 2
    # An output that was not committed may not be taken for done.
    lines = Path(trial.spec.cwd, ".mapreduce-journal").read_text().splitlines()
    done = [json.loads(line)["output"] for line in lines if '"output":' in line]
    assert done == [commits[1 - partition]]
    trial.journal.end()


def test_a_start_that_fails_fails_the_job(trial: Trial):
    error = TaskError(Failure("no"))

    def refuse(action: Action) -> None:
        if isinstance(action, StartAttempt) and action.attempt.task.is_reduce:
            raise error

    assert trial.run(refuse) is error
    assert trial.driver.told(CommitOutput) == []
    # The map outputs are not left behind.
    assert len(trial.driver.told(ReleaseOutputs)) == 1
    trial.journal.end()


def test_map_outputs_that_cannot_be_fetched_are_told_once(
    trial: Trial, caplog: pytest.LogCaptureFixture
):
    """Without a word a user would only see that maps are done and then are not."""

    def end(action: StartAttempt) -> Event:
        if not action.attempt.task.is_reduce or action.attempt.number >= 2:
            return succeed(action)
        error = FetchError("no route", "http://h:1", ("m",))
        return AttemptFailed(action.attempt, action.worker, EndReason.OUTPUT_LOST, error)

    assert trial.run(end=end) is None
    assert caplog.messages == [
        "w cannot fetch 1 map output(s) from http://h:1: no route; their map tasks run again"
    ]


def test_a_task_that_fails_in_all_attempts(trial: Trial, caplog: pytest.LogCaptureFixture):
    """The log tells of each failure but the last: it is the end of the job."""
    caplog.set_level(logging.DEBUG)
    error = TaskError(Failure("program"))

    def end(action: StartAttempt) -> Event:
        if action.attempt.task.index == 0:
            return succeed(action)
        last = action.attempt.number == 3
        told = error if last else TaskError(Failure("program"), str(action.attempt))
        return AttemptFailed(action.attempt, action.worker, EndReason.PROGRAM_FAILED, told)

    assert trial.run(end=end) is error
    assert caplog.messages == [f"map 1 attempt {number} on w: program" for number in range(3)]
    tries = [a for a in trial.driver.told(StartAttempt) if a.attempt.task.index == 1]  # type: ignore[union-attr]
    assert len(tries) == 4
    trial.journal.end()


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def of_a_terminal() -> Iterator[None]:
    """The tests may have been started with nohup, or in the background of a script."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        ours = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, ours)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("of_a_terminal")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_is_ignored_stays_so(number: signal.Signals, trial: Trial):
    """As nohup has it, or a script in whose background the job runs."""
    signal.signal(number, signal.SIG_IGN)

    def end(action: StartAttempt) -> Event:
        signal.raise_signal(number)
        return succeed(action)

    assert trial.run(end=end) is None
    trial.journal.end()


@pytest.mark.usefixtures("of_a_terminal")
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_cancels_what_runs(trial: Trial, number: signal.Signals):
    before = signal.getsignal(number)

    def end(action: StartAttempt) -> None:
        if action.attempt.task.index == 1:
            signal.raise_signal(number)

    error = trial.run(end=end)
    assert isinstance(error, Cancelled)
    assert error.exit_code == 130
    assert len(trial.driver.told(CancelAttempt)) == 2
    assert trial.driver.told(CommitOutput) == []
    assert signal.getsignal(number) is before
    trial.journal.end()
