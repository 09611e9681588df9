"""The blocks of one partition, as they come out of Spark's shuffle in any order."""

from __future__ import annotations

import os

import numpy as np

from hadoopless.data.runs.runs import FileRun, MemoryRun, Run
from hadoopless.data.runs.spill import UnnamedFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.engines.spark.place import Done
from hadoopless.engines.spark.transports.blocks import Message, Packed, Part, Told
from hadoopless.errors import WorkerError
from hadoopless.job import Sum


class Gathering:
    """Takes blocks; then it has the runs in the order of maps, as if they had come in order."""

    def __init__(self, budget: MemoryBudget, spill_directory: str) -> None:
        """*budget* is the memory for blocks; what does not fit goes to *spill_directory*."""
        self._gathered = Gathered(budget, spill_directory)
        self._spill = self._gathered.new_file()
        self._placed = _PlacedFile(spill_directory)
        self._runs: dict[tuple[int, int], Run] = {}
        self._told: dict[int, Told] = {}

    @property
    def placed_bytes(self) -> int:
        """The bytes of runs that came in parts, which are in a file."""
        return self._placed.size

    @property
    def done_maps(self) -> tuple[Done, ...]:
        """The ends of maps of which this partition has to tell."""
        return tuple(told.done for told in self._told.values() if told.done is not None)

    def take(self, message: Message) -> None:
        """Take one block; raises DiskError."""
        if isinstance(message, Told):
            self._told[message.map_index] = message
            return
        self._gathered.add_fetched(len(message.data))
        if isinstance(message, Part):
            self._take_part(message)
        else:
            self._take_runs(message)

    def _take_runs(self, packed: Packed) -> None:
        buffer = np.frombuffer(packed.data, np.uint8)
        in_memory = self._gathered.take(len(buffer))
        start = 0
        for number, (length, together) in enumerate(packed.runs, packed.first):
            run = MemoryRun(buffer, start, length, together)
            kept = run if in_memory else self._spill.append([run.view()], together)
            self._runs[packed.map_index, number] = kept
            start += length

    def _take_part(self, part: Part) -> None:
        key = part.map_index, part.number
        run = self._runs.get(key)
        if run is None:
            place = self._placed.place(part.length)
            run = FileRun(self._placed.opened(), place, part.length, part.sum, part.checksum)
            self._runs[key] = run
        self._placed.write(memoryview(part.data), run.offset + part.at)

    def finish(self, maps: int) -> tuple[Gathered, Sum]:
        """The runs, and what the maps have told of them; WorkerError unless all *maps* have."""
        if len(self._told) != maps:
            raise WorkerError(
                f"Spark's shuffle has brought the ends of {len(self._told)} maps, and not of {maps}"
            )
        self._gathered.runs = [self._runs[key] for key in sorted(self._runs)]
        return self._gathered, Sum.of(told.sum for told in self._told.values())


class _PlacedFile(UnnamedFile):
    """An unnamed file with a place for each run; the parts of a run are written in any order."""

    def place(self, length: int) -> int:
        """The offset of a place for *length* bytes."""
        offset = self.size
        self.size += length
        return offset

    def write(self, data: memoryview, offset: int) -> None:
        """Write *data* at *offset*; DiskError."""
        descriptor = self.opened().fileno()
        try:
            while data:
                count = os.pwrite(descriptor, data, offset)
                data, offset = data[count:], offset + count
        except OSError as error:
            raise self.disk_error(error) from error
