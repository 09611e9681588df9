"""Permits to run programs: who waits for whom, and what ends a wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from hadoopless.data.program.cancellation import Cancellation, Stoppable
from hadoopless.errors import Cancelled
from hadoopless.worker.permits import Permit, Permits


class Asking(Cancellation):
    """The cancellation of an attempt that tells when its permit has been asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def watch(self, one: Stoppable) -> None:
        super().watch(one)
        self.asked.set()


class Trial:
    """Attempts of one worker in threads, and the names of those that began, in their order."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.permits = Permits()
        self.began: list[str] = []
        self._threads = threads

    def ask(self, name: str, most: int = 1, job: str = "job") -> tuple[Asking, Future[None]]:
        """Let an attempt ask for a permit, which it gives back at once."""
        cancellation = Asking()

        def run() -> None:
            with self.permits.permit(job, most, cancellation):
                self.began.append(name)

        done = self._threads.submit(run)
        assert cancellation.asked.wait(60)
        return cancellation, done

    def hold(self, work: Callable[[Permit], None], job: str = "job", most: int = 0) -> None:
        """Do *work* while an attempt has a permit."""
        with self.permits.permit(job, most, Cancellation()) as permit:
            work(permit)


@pytest.fixture
def trial() -> Trial:
    return Trial(ThreadPoolExecutor(8))


def test_whoever_was_not_given_ahead_does_not_wait(trial: Trial) -> None:
    trial.hold(lambda _: trial.hold(lambda _: trial.ask("third", 0)[1].result(60)))
    assert trial.began == ["third"]


def test_whoever_was_given_ahead_waits_for_the_end_of_another(trial: Trial) -> None:
    waiting: list[Future[None]] = []

    def work(_: Permit) -> None:
        waiting.extend(trial.ask(name)[1] for name in ("second", "third"))
        trial.began.append("first is over")

    trial.hold(work)
    for one in waiting:
        one.result(60)
    assert trial.began == ["first is over", "second", "third"]


def test_a_permit_may_be_given_back_early_and_counts_once(trial: Trial) -> None:
    def work(permit: Permit) -> None:
        _, second = trial.ask("second", most=2)
        permit.give_back()
        permit.give_back()
        second.result(60)
        trial.hold(lambda _: trial.began.append("third"), most=2)

    trial.hold(lambda _: trial.hold(work))
    assert trial.began == ["second", "third"]


def test_so_many_may_run_at_a_time(trial: Trial) -> None:
    trial.hold(lambda _: trial.ask("second", most=2)[1].result(60))
    assert trial.began == ["second"]


def test_jobs_do_not_wait_for_each_other(trial: Trial) -> None:
    trial.hold(lambda _: trial.ask("another's")[1].result(60), job="another")
    assert trial.began == ["another's"]


def test_who_is_cancelled_does_not_begin(trial: Trial) -> None:
    def work(_: Permit) -> None:
        cancellation, second = trial.ask("second")
        cancellation.cancel(Cancelled("by its coordinator"))
        with pytest.raises(Cancelled, match="by its coordinator"):
            second.result(60)

    trial.hold(work)
    trial.ask("third")[1].result(60)
    assert trial.began == ["third"]


def test_who_was_cancelled_before_does_not_wait(trial: Trial) -> None:
    cancellation = Cancellation()
    cancellation.cancel(Cancelled("before it began"))

    def work(_: Permit) -> None:
        with pytest.raises(Cancelled), trial.permits.permit("job", 1, cancellation):
            pytest.fail("it began")

    trial.hold(work)


def test_a_cancelled_attempt_keeps_nobody_waiting(trial: Trial) -> None:
    """Its programs may not end soon, and its slot counts as free."""
    cancellation = Cancellation()
    with trial.permits.permit("job", 0, cancellation):
        _, second = trial.ask("second")
        cancellation.cancel(Cancelled("by its coordinator"))
        second.result(60)
    assert trial.began == ["second"]


def test_a_failed_attempt_gives_its_permit_back(trial: Trial) -> None:
    def fail(_: Permit) -> None:
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        trial.hold(fail)
    trial.ask("second")[1].result(60)
    assert trial.began == ["second"]
