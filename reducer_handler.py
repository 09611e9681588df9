"""``/reduce`` runs a reduce task and commits its output file."""

from __future__ import annotations

from hadoopless.wire.messages import replies, tasks
from hadoopless.worker.handlers import BaseHandler
from hadoopless.worker.tasks.counted import count_reduce_task


class ReduceHandler(BaseHandler):
    """GET /reduce?reducerIx=…&reducerPath=…&mapTaskIDs=…&jobPath=…; or a POST of the same."""

    open_parameters = tasks.PLAIN_REDUCE

    async def get(self) -> None:
        """Run one reduce task; the output file is in place before the answer."""
        request = tasks.parse_reduce(self.parameter)
        root = self.root(request.context)
        report = await self.run_task(
            request.context,
            lambda cancellation, _: count_reduce_task(request, root, self.services, cancellation),
        )
        self.write_json(replies.reduce_reply(report))

    post = get
