"""The road of a task stays short: how many modules of ours a task passes through."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.rules import PLAIN_RULES, Rules
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.map_task import run_map_task
from tests.oracle import REPOSITORY
from tests.worker.tasks.runs import map_request, run_map

pytestmark = pytest.mark.cluster

PACKAGE = REPOSITORY / "hadoopless"

#: As the rules of a usual job: it has an environment, and programs may not idle for ever.
STREAMING = Rules(environment=(("mapreduce_job_id", "job_1_0001"),), idle_timeout=600.0)


def modules_entered(work: Callable[[], object]) -> set[str]:
    """The modules whose functions *work* enters, in a thread of its own as in a worker."""
    entered: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            entered.add(str(path.relative_to(PACKAGE)))

    def run() -> None:
        sys.setprofile(note)
        try:
            work()
        finally:
            sys.setprofile(None)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return entered


@pytest.mark.parametrize(("rules", "most"), [(PLAIN_RULES, 18), (STREAMING, 23)])
def test_modules_of_a_map_task(services: Services, rules: Rules, most: int) -> None:
    # The first task of a job also loads the kernels and settles what all its tasks share.
    run_map(services, "cat", rules)
    request = map_request(services, "cat", rules)
    root = Root(services.settings.root)
    entered = modules_entered(lambda: run_map_task(request, root, services, Cancellation()))
    assert "worker/tasks/map_task.py" in entered
    assert "data/sort/blocks.py" in entered
    assert len(entered) <= most, " ".join(sorted(entered))
