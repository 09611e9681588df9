"""Takes a sample of the keys that a mapper writes, from which a total order gets its boundaries.

The sample is limited in size, and the same whenever the mapper writes the same: no chance is in it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from hadoopless.data.program.pipes import open_pipe
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.data.record.frames import frames_in
from hadoopless.data.record.layout import Layout, layout_of
from hadoopless.data.record.repeats import expanded
from hadoopless.data.record.stdout import ReadInto
from hadoopless.data.record.whole import WholeRecords
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.runs.runs import sum_if_counted
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.job import SampledKey
from hadoopless.rules import PartitionRules, Rules

#: Limits of one task's sample: more would burden the coordinator, and balance gains nothing by it.
_MOST_KEYS = 4096
_MOST_BYTES = 1 << 20
#: Longer keys are left out: a boundary travels with each task.
_LONGEST_KEY = 4096
#: After so many records a mapper is stopped.
_MOST_RECORDS = 1 << 19
#: Size of the read buffer, the same in all workers: the ends of blocks decide what is sampled.
_READ_SIZE = 1 << 20


class _Sample:
    """Every n-th record of the blocks, where *n* doubles each time that the sample is full."""

    def __init__(self) -> None:
        self._kept: list[tuple[bytes, bytes]] = []
        self._bytes = 0
        self._stride = 1
        #: The number of records that are passed over before the next one is kept.
        self._skip = 0
        self.records = 0

    def add(self, keys: Iterator[tuple[bytes, bytes]]) -> None:
        """Take in keys and their sort keys."""
        for key, sort_key in keys:
            self.records += 1
            if self._skip:
                self._skip -= 1
                continue
            self._skip = self._stride - 1
            if len(key) + len(sort_key) > _LONGEST_KEY:
                continue
            self._kept.append((key, sort_key))
            self._bytes += len(key) + len(sort_key)
            if len(self._kept) > _MOST_KEYS or self._bytes > _MOST_BYTES:
                self._thin_out()

    def _thin_out(self) -> None:
        del self._kept[1::2]
        self._bytes = sum(len(key) + len(sort_key) for key, sort_key in self._kept)
        self._stride *= 2
        self._skip = self._stride - 1

    def keys(self) -> tuple[SampledKey, ...]:
        return tuple(SampledKey(key, sort_key, self._stride) for key, sort_key in self._kept)


class SampleTaker:
    """Takes the sample while the mapper writes; ``keys`` are there whenever it stops."""

    def __init__(self, rules: Rules) -> None:
        whole = replace(rules, partition=PartitionRules(), sort_values=False)
        self._layout: Layout = layout_of(whole)
        self._sample = _Sample()

    def take(self, read_into: ReadInto, longest_record: int) -> bool:
        """Read what a mapper writes; False: it writes more than is wanted."""
        blocks = sorted_blocks(
            read_into, 1, min(_READ_SIZE, longest_record), longest_record, self._layout
        )
        for block in blocks:
            self._sample.add(_keys_of(block, self._layout.framed))
            if self._sample.records >= _MOST_RECORDS:
                return False
        return True

    @property
    def keys(self) -> tuple[SampledKey, ...]:
        """The keys that were taken so far."""
        return self._sample.keys()


def _keys_of(block: SortedBlock, framed: bool) -> Iterator[tuple[bytes, bytes]]:
    """The keys of a block of one partition, each with what it is compared by."""
    run = block.run(0)
    records = run.view()
    if framed:
        yield from ((key, sort_key or key) for sort_key, key, _ in frames_in(records))
        return
    whole = WholeRecords(framed=False)
    for piece in expanded([records], sum_if_counted([run])):
        for stretch in whole.of(piece):
            for line in bytes(stretch).split(b"\n")[:-1]:
                key = line.partition(b"\t")[0]
                yield key, key


def first_bytes(feeder: Feeder, most: int) -> Feeder:
    """Feeds the first *most* bytes of what *feeder* would."""

    def feed(target: int) -> None:
        errors: list[Exception] = []
        source, end = open_pipe()
        thread = threading.Thread(target=_feed, args=(feeder, end, errors), daemon=True)
        thread.start()
        try:
            left = most
            while left and (data := os.read(source, min(left, 1 << 16))):
                left -= len(data)
                write_all(target, [memoryview(data)])
        finally:
            os.close(source)
            thread.join()
        if errors:
            raise errors[0]

    return feed


def _feed(feeder: Callable[[int], None], descriptor: int, errors: list[Exception]) -> None:
    try:
        feeder(descriptor)
    except BrokenPipeError:
        pass  # enough was read
    except Exception as error:
        errors.append(error)
    finally:
        os.close(descriptor)
