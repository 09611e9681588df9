"""The progress of a job from what Spark tells of its stages; no Spark is needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hadoopless.engines.spark.course import Course, Listeners
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.transports.frames import Frames
from hadoopless.engines.spark.transports.rdds import Rdds
from hadoopless.engines.spark.transports.transport import Stage, Transport
from hadoopless.job import JobSpec, Split
from hadoopless.scheduler.snapshot import PhaseCounts

SPEC = JobSpec("cat", "cat", (Split("a"),) * 20, 4, "out", "/", job_id="j")


class Tracker:
    """A status tracker that knows one job, whose stages are (tasks, active, completed)."""

    def __init__(self, *stages: tuple[int, int, int] | None) -> None:
        self.told = dict(enumerate(stages, 7))

    def statusTracker(self) -> Tracker:  # noqa: N802 - PySpark's name
        return self

    def getJobIdsForGroup(self, group: str) -> list[int]:  # noqa: N802
        return [3] if group == "mine" else []

    def getJobInfo(self, job: int) -> Any:  # noqa: N802
        return SimpleNamespace(stageIds=list(reversed(self.told)))

    def getStageInfo(self, stage: int) -> Any:  # noqa: N802
        told = self.told[stage]
        names = ("numTasks", "numActiveTasks", "numCompletedTasks")
        return None if told is None else SimpleNamespace(**dict(zip(names, told, strict=True)))


@pytest.mark.parametrize(
    ("stages", "maps", "reduces"),
    [
        ((), (20, 20, 0, 0), (4, 4, 0, 0)),
        (((20, 0, 0), None), (20, 20, 0, 0), (4, 4, 0, 0)),
        (((20, 2, 5), None), (20, 13, 2, 5), (4, 4, 0, 0)),
        (((20, 0, 20), (4, 2, 1)), (20, 0, 0, 20), (4, 1, 2, 1)),
        # Outputs of three maps were lost, and one of these was made again.
        (((3, 1, 1), (4, 0, 1)), (20, 1, 1, 18), (4, 3, 0, 1)),
        # A backup has ended, too.
        (((20, 0, 21), (4, 5, 0)), (20, 0, 0, 20), (4, 0, 4, 0)),
    ],
)
def test_counts(
    stages: tuple[tuple[int, int, int] | None, ...],
    maps: tuple[Any, ...],
    reduces: tuple[Any, ...],
) -> None:
    transport = Rdds(Tracker(*stages))
    snapshot = course(transport, "mine").snapshot()
    assert snapshot.maps == PhaseCounts(*maps)
    assert snapshot.reduces == PhaseCounts(*reduces)


def course(transport: Rdds, group: str) -> Course:
    class Named(Rdds):
        def stages(self, _: str) -> Any:
            return transport.stages(group)

    found: Transport = Named(None)
    nobody = Listeners(lambda snapshot: None, lambda event: None, lambda line: None)
    return Course(found, SPEC, Failures("nowhere"), nobody)


def test_other_jobs_of_a_context_do_not_count() -> None:
    assert Rdds(Tracker((20, 2, 5))).stages("other") == []


class Session:
    """A session that calls the listener of progress when it is told to."""

    def registerProgressHandler(self, handler: Any) -> None:  # noqa: N802 - PySpark's name
        self.handler = handler

    def addTag(self, tag: str) -> None:  # noqa: N802
        self.tag = tag

    def tell(self, running: int, *stages: tuple[int, int, int]) -> None:
        names = ("stage_id", "num_tasks", "num_completed_tasks")
        told = [SimpleNamespace(**dict(zip(names, stage, strict=True))) for stage in stages]
        self.handler(stages=told, inflight_tasks=running, operation_id="", done=False)


def test_spark_connect_tells_of_the_maps_twice() -> None:
    session = Session()
    frames = Frames(session)
    frames.begin("mine")
    assert frames.stages("mine") == ()
    session.tell(0, (0, 20, 0))
    assert frames.stages("mine") == [Stage(20, 0, begun=False)]
    session.tell(2, (0, 20, 5))
    assert frames.stages("mine") == [Stage(15, 2, begun=True)]
    session.tell(3, (0, 20, 20), (1, 20, 0), (2, 4, 1))
    assert frames.stages("mine") == [Stage(0, 0, begun=True), Stage(3, 3, begun=True)]
    assert frames.stages("other") == ()
