"""Map outputs by map task id: in memory up to a budget, then in sorted runs on disk.

Each output belongs to one task and one job, so tasks never overwrite each other. When the budget
is used up, the output with most bytes in memory is merged and moved to disk, by the thread that
wanted more: a program that writes faster than the disk waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from hadoopless.data.merge.merge import merged
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.runs.map_files import MapFiles
from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.runs.spill import RunWriter, SpillFile, SpillVolumes
from hadoopless.errors import DiskError, UnknownMapOutput, UsageError, WorkerError
from hadoopless.job import Sum

#: Limited, as each block counts its records and bytes for each partition.
_MOST_PARTITIONS = 1_000_000
#: Bytes beside its records that an output needs, and each of its partitions.
_BYTES_PER_OUTPUT = 3_500
_ARRAYS_PER_PARTITION = 40
#: The part of a budget that those of outputs of no job may come to, and what they may at least.
_SHARE_OF_JOBLESS = 4
_LEAST_OF_JOBLESS = 16 << 20
#: Bytes of a budget that there must be for each of them; so many fit any budget.
_BYTES_PER_PARTITION = 120
_FEW_PARTITIONS = 1_000


class HeldOutput:
    """The output of one map task so far; ``runs_of`` gives the runs in order of emission."""

    def __init__(
        self, map_task_id: str, job_id: str, partitions: int, touched: float, framed: bool = False
    ) -> None:
        self.map_task_id = map_task_id
        self.job_id = job_id
        self.partitions = partitions
        #: The time when somebody last asked for it or for its job.
        self.touched = touched
        #: True once the task has ended well; only then may others fetch.
        self.complete = False
        #: Bytes that count against the store's budget; guarded by the store's lock.
        self.charged = 0
        self.discarded = False
        #: Bytes that the thread which makes it has written to temporary files, of any outputs.
        self.spilled_bytes = 0
        self.records = 0
        #: Bytes by which Hadoop's counters would tell its size (:class:`SortedBlock`).
        self.serialized = 0
        self.materialized = 0
        #: True when its records are frames.
        self.framed = framed
        self._lock = threading.Lock()
        self._blocks: list[SortedBlock] = []
        self._added = 0
        self._spills: list[list[FileRun]] = []
        self._files: MapFiles | None = None
        self._partition_bytes = np.zeros(partitions, np.int64)
        self._partition_records = np.zeros(partitions, np.int64)

    @property
    def overhead(self) -> int:
        """The bytes of memory that it needs beside its records."""
        return _BYTES_PER_OUTPUT + _ARRAYS_PER_PARTITION * self.partitions

    @property
    def partition_bytes(self) -> tuple[int, ...]:
        """The size of each partition, its records as often as they come."""
        return tuple(self._partition_bytes.tolist())

    @property
    def partition_records(self) -> tuple[int, ...]:
        """The records of each partition."""
        return tuple(self._partition_records.tolist())

    @property
    def sum(self) -> Sum:
        """All that it holds."""
        return Sum(self.records, int(self._partition_bytes.sum()))

    def add(self, block: SortedBlock) -> None:
        """Append *block*."""
        with self._lock:
            self._blocks.append(block)
            self._added += 1
            self.records += int(block.records.sum())
            self.serialized += block.serialized
            self.materialized += block.materialized
            self._partition_bytes += block.written
            self._partition_records += block.records

    def check_whole(self) -> None:
        """Raise WorkerError unless its runs hold all that was added."""
        with self._lock:
            if not self._spills and self._files is None and len(self._blocks) == self._added:
                return  # as it was added, as most outputs are
            sizes, records = self._partition_bytes.copy(), self._partition_records.copy()
            for block in self._blocks:
                sizes -= block.written
                records -= block.records
            for spill in self._spills:
                sizes -= [run.sum.bytes for run in spill]
                records -= [run.sum.records for run in spill]
            if self._files is not None:
                sizes -= [partition.bytes for partition in self._files.sums]
                records -= [partition.records for partition in self._files.sums]
        if sizes.any() or records.any():
            wrong = int(np.nonzero(sizes | records)[0][0])
            made = Sum(self.partition_records[wrong], self.partition_bytes[wrong])
            held = Sum(made.records - int(records[wrong]), made.bytes - int(sizes[wrong]))
            raise WorkerError(
                f"the sums do not agree: partition {wrong} of the map output holds {held}; made"
                f" were {made}"
            )

    def runs_of(self, partition: int) -> list[Run]:
        """The runs of *partition* that hold anything, in order of emission; UsageError."""
        if partition >= self.partitions:
            raise UsageError(f"reducerIx must be in 0..{self.partitions - 1}, not {partition}")
        with self._lock:
            if self._files is not None:
                return [self._files.run(partition)] if self._partition_bytes[partition] else []
            runs: list[Run] = [spill[partition] for spill in self._spills]
            runs += [block.run(partition) for block in self._blocks]
        return [run for run in runs if run.length]

    def spill(self, target: RunWriter) -> int:
        """Move the blocks in memory to disk, one merged run a partition; returns bytes freed.

        Only one thread at a time may spill; others may read and add meanwhile.
        """
        with self._lock:
            blocks = list(self._blocks)
        spilled = []
        for partition in range(self.partitions):
            runs = [block.run(partition) for block in blocks]
            pieces = merged(runs, 0, target, self.framed)
            spilled.append(target.append(pieces, Sum.of(run.sum for run in runs)))
        with self._lock:
            self._spills.append(spilled)
            del self._blocks[: len(blocks)]
        return sum(block.size for block in blocks)

    def move_to_files(self, files: MapFiles, budget: int, spill: RunWriter) -> None:
        """Merge each partition into a file of its own; DiskError."""
        for partition in range(self.partitions):
            runs = self.runs_of(partition)
            pieces = merged(runs, budget, spill, self.framed)
            files.write(pieces, Sum.of(run.sum for run in runs))
        with self._lock:
            self._files = files
            self._blocks.clear()
            self._spills.clear()

    def remove_files(self) -> None:
        """Remove the files of :meth:`move_to_files`, if there are any."""
        if self._files is not None:
            self._files.remove()


class MapOutputStore:
    """All map outputs of one worker process.

    ``budget`` is in bytes; ``clock`` gives seconds. With ``files_directory`` a finished output is
    kept there, in one sorted file a partition, and not in memory. Thread-safe.
    """

    def __init__(
        self,
        budget: int,
        spill_directory: str,
        clock: Callable[[], float] = time.monotonic,
        files_directory: str | None = None,
    ) -> None:
        self._budget = budget
        self._directory = spill_directory
        self._files_directory = files_directory
        self._clock = clock
        self._outputs: dict[str, HeldOutput] = {}
        #: The sum of `charged` over all outputs.
        self._used = 0
        #: The sum of `overhead` over all outputs of no job.
        self._jobless = 0
        self._lock = threading.Lock()
        self._spilling = threading.Lock()
        self._volumes = SpillVolumes(spill_directory)
        #: The times that an output was moved from memory to disk.
        self.spills = 0

    def open(
        self, map_task_id: str, job_id: str, partitions: int, framed: bool = False
    ) -> HeldOutput:
        """A new, empty output that cannot be fetched yet; UsageError for partitions without end."""
        by_memory = max(_FEW_PARTITIONS, self._budget // _BYTES_PER_PARTITION)
        if partitions > _MOST_PARTITIONS:
            raise UsageError(f"numReducers may be at most {_MOST_PARTITIONS:,}, not {partitions:,}")
        if partitions > by_memory:
            raise UsageError(
                f"numReducers may be at most {by_memory:,} on a worker with so little memory, not"
                f" {partitions:,}; give it more with --memory"
            )
        output = HeldOutput(map_task_id, job_id, partitions, self._clock(), framed)
        with self._lock:
            self._outputs[map_task_id] = output
            self._jobless += 0 if job_id else output.overhead
        self._forget_jobless()
        return output

    def _forget_jobless(self) -> None:
        """Forget the oldest outputs of no job when they need too much memory beside their records.

        Such are those of callers without the token, who release nothing.
        """
        too_much = self._jobless - max(_LEAST_OF_JOBLESS, self._budget // _SHARE_OF_JOBLESS)
        if too_much <= 0:
            return
        old = []
        with self._lock:
            for output in self._outputs.values():
                if too_much > 0 and not output.job_id and output.complete:
                    old.append(output.map_task_id)
                    too_much -= output.overhead
                elif too_much <= 0:
                    break
        self.discard(old)

    def add(self, output: HeldOutput, block: SortedBlock) -> None:
        """Append *block* to *output*; spills while the budget is exceeded. Raises DiskError."""
        with self._lock:
            output.add(block)
            if not output.discarded:
                output.charged += block.size
                self._used += block.size
        if self._used > self._budget:
            output.spilled_bytes += self._make_room()

    def _make_room(self) -> int:
        """Move outputs to disk; returns the bytes written there."""
        with self._spilling:
            written = self._volumes.written
            while self._used > self._budget:
                with self._lock:
                    outputs = list(self._outputs.values())
                if not outputs:
                    break
                largest = max(outputs, key=lambda output: output.charged)
                freed = largest.spill(self._volumes)
                self.spills += 1
                with self._lock:
                    freed = min(freed, largest.charged)
                    largest.charged -= freed
                    self._used -= freed
            return self._volumes.written - written

    def finish(self, output: HeldOutput) -> None:
        """Let *output* be fetched.

        Raises DiskError where outputs are kept in files, and WorkerError if some of it is missing.
        """
        output.check_whole()
        if self._files_directory is not None:
            files = MapFiles(Path(self._files_directory, output.map_task_id))
            spill = SpillFile(self._directory)
            try:
                output.move_to_files(files, self._budget // 4, spill)
            except DiskError:
                files.remove()
                raise
            output.spilled_bytes += spill.size
            output.check_whole()
            with self._lock:
                self._used -= output.charged
                output.charged = 0
                discarded = output.discarded
            if discarded:  # meanwhile; nobody else will remove them
                output.remove_files()
        output.complete = True
        output.touched = self._clock()

    def get(self, map_task_id: str) -> HeldOutput:
        """The complete output of that id; raises UnknownMapOutput."""
        with self._lock:
            output = self._outputs.get(map_task_id)
        if output is None or not output.complete:
            raise UnknownMapOutput(
                f"no map output {map_task_id!r} here: never made, released, or lost in a restart"
            )
        output.touched = self._clock()
        return output

    def discard(self, map_task_ids: Iterable[str]) -> None:
        """Forget these outputs; unknown ids are no error."""
        gone: list[HeldOutput] = []
        with self._lock:
            for map_task_id in map_task_ids:
                output = self._outputs.pop(map_task_id, None)
                if output is not None:
                    output.discarded = True
                    self._jobless -= 0 if output.job_id else output.overhead
                    self._used -= output.charged
                    output.charged = 0
                    gone.append(output)
            if not self._outputs:
                self._volumes.let_go()
        for output in gone:
            output.remove_files()

    def release_job(self, job_id: str) -> None:
        """Forget all outputs of a job."""
        ids = [output.map_task_id for output in self._of_job(job_id)]
        self.discard(ids)
        if ids:
            self._volumes.let_go()  # outputs of other jobs may stay for long

    def touch_job(self, job_id: str) -> None:
        """Keep the outputs of a job for another while: its coordinator is alive."""
        for output in self._of_job(job_id):
            output.touched = self._clock()

    def expire(self, idle: float) -> list[str]:
        """Forget the complete outputs that nobody touched for *idle* seconds; returns their ids."""
        oldest = self._clock() - idle
        with self._lock:
            old = [
                output.map_task_id
                for output in self._outputs.values()
                if output.complete and output.touched < oldest
            ]
        self.discard(old)
        return old

    def _of_job(self, job_id: str) -> Iterator[HeldOutput]:
        with self._lock:
            outputs = list(self._outputs.values())
        return (output for output in outputs if job_id and output.job_id == job_id)

    def held(self, job_id: str) -> list[str]:
        """The ids of the complete outputs of a job."""
        return [output.map_task_id for output in self._of_job(job_id) if output.complete]

    def job_ids(self) -> set[str]:
        """The jobs of which outputs are held."""
        with self._lock:
            return {output.job_id for output in self._outputs.values()}

    def __len__(self) -> int:
        return len(self._outputs)

    @property
    def budget(self) -> int:
        """Bytes of map outputs that may be in memory."""
        return self._budget

    @property
    def memory_used(self) -> int:
        """Bytes of map outputs in memory."""
        return self._used
