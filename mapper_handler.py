"""``/map`` runs a map task; ``/retrieveMapOutput`` and ``/segments`` send map outputs."""

from __future__ import annotations

from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.shuffle.same_machine import machine
from hadoopless.data.shuffle.sending import SegmentsAnswer, json_answer
from hadoopless.errors import ForbiddenError
from hadoopless.wire.messages import replies, tasks
from hadoopless.wire.messages.segments import parse_body
from hadoopless.worker.handlers import BaseHandler
from hadoopless.worker.tasks.counted import count_map_task


class MapHandler(BaseHandler):
    """GET /map?mapperPath=…&inputFile=…&numReducers=…; or a POST of the same."""

    open_parameters = tasks.PLAIN_MAP

    async def get(self) -> None:
        """Run one map task, and answer with the id of its output."""
        request = tasks.parse_map(self.parameter)
        most = tasks.STRANGERS_REDUCERS
        if request.num_reducers > most and not self.trusted:
            raise ForbiddenError(f"only callers with the token may have over {most:,} reducers")
        root = self.root(request.context)
        output, report = await self.run_task(
            request.context,
            lambda cancellation, programs_over: count_map_task(
                request, root, self.services, cancellation, programs_over=programs_over
            ),
        )
        if output is not None and self.caller_is_gone():
            self.services.store.discard([output.map_task_id])  # nobody else will
        self.write_json(replies.map_reply(output, report))

    post = get


class RetrieveMapOutputHandler(BaseHandler):
    """GET /retrieveMapOutput?reducerIx=…&mapTaskID=…"""

    open_parameters = tasks.PLAIN_RETRIEVE

    async def get(self) -> None:
        """Send one partition of one map task as a JSON list of [key, value], sorted by key."""
        partition, map_task_id = tasks.parse_retrieve(self.parameter)
        services = self.services
        pieces = json_answer(
            services.store.get(map_task_id),
            partition,
            services.merge_budget,
            services.settings.spill_directory,
        )
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        await self.send(pieces, in_thread=True)


class SegmentsHandler(BaseHandler):
    """POST /segments, for the other workers: one partition of many map tasks as raw bytes."""

    async def post(self) -> None:
        """Send the sizes of all runs, then the bytes with a checksum of each that has no place."""
        partition, map_task_ids, caller = parse_body(self.request.body)
        store = self.services.store
        segments = [store.get(one).runs_of(partition) for one in map_task_ids]
        answer = SegmentsAnswer(segments, in_place=caller is not None and caller == machine())
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Length", answer.length)
        await self.send(answer.pieces(), in_thread=answer.from_disk, flush_after=PIECE)
