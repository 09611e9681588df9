"""``/map`` runs a map task; ``/retrieveMapOutput`` and ``/segments`` give out what it left."""

from __future__ import annotations

import asyncio

from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.merge.merge import merged
from hadoopless.data.runs.runs import FileRun, segment_stream
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.json_list import json_list
from hadoopless.errors import UsageError
from hadoopless.wire import replies, tasks
from hadoopless.wire import segments as segment_messages
from hadoopless.worker.handlers import BaseHandler
from hadoopless.worker.tasks.map_task import run_map_task


class MapHandler(BaseHandler):
    """GET /map?mapperPath=…&inputFile=…&numReducers=…; or a POST of the same."""

    async def get(self) -> None:
        """Run one map task; answers with the id of its output."""
        request = tasks.parse_map(self.parameter)
        self.check_rules(request.context)
        root = self.root(request.context)
        output, report = await self.run_task(
            request.context,
            lambda cancellation: run_map_task(request, root, self.services, cancellation),
        )
        self.write_json(replies.map_reply(output, report))

    post = get


class RetrieveMapOutputHandler(BaseHandler):
    """GET /retrieveMapOutput?reducerIx=…&mapTaskID=…"""

    async def get(self) -> None:
        """One partition of one map task as a JSON list of [key, value], sorted by key."""
        partition, map_task_id = tasks.parse_retrieve(self.parameter)
        output = self.services.store.get(map_task_id)
        if output.framed:
            raise UsageError("this map output is not of lines; fetch it with /segments")
        write_run = SpillFile(self.services.settings.spill_directory).append
        pairs = json_list(merged(output.runs_of(partition), self.services.merge_budget, write_run))
        self.set_header("Content-Type", "application/json; charset=UTF-8")
        loop = asyncio.get_running_loop()
        while piece := await loop.run_in_executor(None, next, pairs, b""):
            self.write(piece)
            await self.flush()


class SegmentsHandler(BaseHandler):
    """POST /segments: one partition of many map tasks as raw bytes, for workers of ours."""

    async def post(self) -> None:
        """The sizes of all runs, then their bytes, each with its checksum."""
        partition, map_task_ids = segment_messages.parse_body(self.request.body)
        store = self.services.store
        segments = [store.get(map_task_id).runs_of(partition) for map_task_id in map_task_ids]
        runs = [run for segment in segments for run in segment]
        header = segment_messages.header(
            [[(run.length, run.records) for run in segment] for segment in segments]
        )
        size = len(header) + sum(run.length + segment_messages.CHECKSUM_BYTES for run in runs)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Length", size)
        self.write(header)
        stream = segment_stream(segments)
        from_disk = any(isinstance(run, FileRun) for run in runs)
        loop = asyncio.get_running_loop()
        waiting = 0
        while True:
            if from_disk:
                piece = await loop.run_in_executor(None, next, stream, b"")
            else:
                piece = next(stream, b"")
            if not piece:
                break
            self.write(bytes(piece))
            waiting += len(piece)
            if waiting >= PIECE:
                await self.flush()
                waiting = 0
