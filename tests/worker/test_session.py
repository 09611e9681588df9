"""A session without a coordinator, and the secret of a job, which only its workers know."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless import threads
from hadoopless.job import Split
from hadoopless.rules import Rules
from hadoopless.wire import proof
from hadoopless.wire.addresses import Address
from hadoopless.wire.messages import joining, tasks
from hadoopless.wire.unreachable import Unreachable
from hadoopless.worker.services import Services
from hadoopless.worker.session import JobSecret, Session

SUBMITTED = ".0.out.job.0.tmp"
URL = "http://127.0.0.1:8701"


def test_workers_of_a_job_know_the_tokens_of_each_other():
    one, other = JobSecret(), JobSecret()
    assert one.token_of(URL) != other.token_of(URL)
    for secret in (one, other):
        secret.learn("shared")
    assert one.token_of(URL) == other.token_of(URL) == proof.of_data_servers("shared")


@pytest.mark.parametrize("none", ["", None])
def test_without_a_secret_nobody_knows_the_token(none: str | None):
    one = JobSecret()
    one.learn("shared")
    one.learn(none)
    assert one.token_of(URL) not in map(proof.of_data_servers, ("", "shared", "None"))


class Coordinator(joining.CoordinatorClient):
    """Gives a map task so many times, then says that the job is over; no socket is between."""

    def __init__(self, directory: Path, times: int, job_path: str = "") -> None:
        """With *job_path* it is a task of a job without reducers, whose report nobody hears."""
        self.address = Address(str(directory / "s"))
        super().__init__(self.address)
        (directory / "0.in").write_text("x\n")
        self._end = directory / "end"
        script = directory / "waits.sh"
        script.write_text(f"until [ -e {self._end} ]; do sleep 0.02; done; cat")
        context = tasks.TaskContext("job", "map-0-0", str(directory))
        request = tasks.MapRequest(f"sh {script}", Split("0.in"), 1, None, context)
        if job_path:
            context = replace(context, rules=Rules(map_only=True))
            request = replace(request, context=context, index=0, job_path=job_path)
        parameters = tasks.map_parameters(request) | {"submitAs": SUBMITTED}
        task = joining.Assignment(joining.MAP, parameters)
        self._is_deaf = bool(job_path)
        self._answers = [task] * times
        self.submitted: list[joining.Json] = []

    def call(self, path: str, message: joining.Json) -> joining.Json:
        if path == "/submit":
            self.submitted.append(message)
            if self._is_deaf:
                raise Unreachable("its server is stopped")
            return joining.orders_message(joining.Orders())
        assert path == "/ask"
        if self._answers:
            return joining.assignment_message(self._answers.pop())
        self._end.touch()
        return joining.assignment_message(joining.Assignment(joining.END))


def works(coordinator: Coordinator, services: Services) -> bool:
    """Work for *coordinator* until the job is over."""
    welcome = joining.Welcome("session", "job", 3600)
    stopped = threading.Event()
    return Session(coordinator.address, coordinator, welcome, services, stopped).work()


def test_a_task_that_is_given_twice_runs_once(services: Services, tmp_path: Path) -> None:
    coordinator = Coordinator(tmp_path, times=2)
    assert works(coordinator, services)
    (report,) = coordinator.submitted
    assert report["attempt"] == "map-0-0"
    assert report["reply"]["status"] == "success"


def test_an_output_that_comes_after_the_end_is_withdrawn(
    services: Services, tmp_path: Path
) -> None:
    """A coordinator that has said that the job is over commits nothing more."""
    (tmp_path / "out").mkdir()
    coordinator = Coordinator(tmp_path, times=1, job_path="out")
    assert works(coordinator, services)
    (report,) = coordinator.submitted
    assert report["reply"]["status"] == "success", report
    assert not (tmp_path / "out" / SUBMITTED).exists()


def test_without_another_thread_the_task_runs_in_that_which_asks(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, names = threads.run, []

    def one_too_many(work: Callable[[], None], name: str) -> None:
        names.append(name)
        if name == "attempt":
            raise RuntimeError("can't start new thread")
        run(work, name)  # those of the program

    monkeypatch.setattr(threads, "run", one_too_many)
    coordinator = Coordinator(tmp_path, times=1)
    (tmp_path / "end").touch()
    assert works(coordinator, services)
    assert names[0] == "attempt"
    (report,) = coordinator.submitted
    assert report["reply"]["status"] == "success"
