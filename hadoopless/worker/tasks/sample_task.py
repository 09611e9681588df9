"""A map task of which only a sample of the mapper's keys is wanted.

The sample decides only where the parts of a total order begin. So the task does not fail: what the
mapper wrote before a failure is a sample, and the job itself will meet the failure again.
"""

from __future__ import annotations

from msgspec.structs import replace

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.program import Program
from hadoopless.data.sort.sample import SampleTaker
from hadoopless.errors import TaskError
from hadoopless.failure import Role
from hadoopless.job import Sum, TaskReport
from hadoopless.wire.messages.tasks import MapRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.task import MapperTask


class _Enough(Exception):
    """The mapper has written as much as is wanted."""


def run_sample_task(
    request: MapRequest, root: Root, services: Services, cancellation: Cancellation
) -> TaskReport:
    """Run the mapper on the split; the report tells a sample of its keys."""
    taker = SampleTaker(request.context.rules)
    # The mapper may leave its input unread, and nothing of a failure is kept.
    rules = replace(request.context.rules, keep_failed=False, unread_after=0)
    request = replace(request, context=replace(request.context, rules=rules))
    task = MapperTask(request, root, services, cancellation)

    def take(program: Program) -> None:
        if not taker.take(program.read_into, services.settings.memory):
            raise _Enough
        task.finish(program)

    try:
        with task.begun(Role.MAPPER, request.split) as attempt:
            attempt.prepare_output()
            task.map(take)
    except (TaskError, _Enough):
        pass
    seconds = task.report(Sum(), Sum()).seconds
    return TaskReport(seconds=seconds, sample=taker.keys)
