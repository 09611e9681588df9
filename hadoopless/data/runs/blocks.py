"""A block of sorted records in memory: one run for each partition, in one buffer."""

from __future__ import annotations

from msgspec import Struct

from hadoopless.data.machine.buffers import Buffer
from hadoopless.data.machine.kernels import Int64s
from hadoopless.data.runs.runs import MemoryRun
from hadoopless.job import Sum


class SortedBlock(Struct, frozen=True):
    """Records by (partition, key): ``bounds[p]:bounds[p + 1]`` of the buffer is partition *p*."""

    buffer: Buffer
    bounds: Int64s
    #: Records of each partition, each as often as it comes, and their bytes.
    records: Int64s
    written: Int64s
    #: Bytes of memory held.
    size: int
    #: Keys and values as Hadoop serialises them ("Map output bytes"); 0 in plain jobs.
    serialized: int = 0
    #: The same with their lengths, as in Hadoop's intermediate files ("Map output materialized
    #: bytes"): these have 6 bytes more for each partition of a task.
    materialized: int = 0

    def run(self, partition: int) -> MemoryRun:
        """The run of *partition*, possibly empty."""
        start, end = int(self.bounds[partition]), int(self.bounds[partition + 1])
        together = Sum(int(self.records[partition]), int(self.written[partition]))
        return MemoryRun(self.buffer, start, end - start, together)
