"""What a program writes into sorted blocks: the map side's partition and sort, as it writes.

Memory: one read buffer, the kernels' work arrays (48 bytes for each of at most RECORDS_PER_BLOCK
records; where keys are not compared as they are also their sort keys) and the block being made. The
block is kept small because the gather then stays within the processor's cache; the merge pays
little for many runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from hadoopless.data.record.layout import Layout
from hadoopless.data.record.stdout import ReadInto, Stdout
from hadoopless.data.runs.blocks import SortedBlock
from hadoopless.data.sort.blocks import BlockMaker, FramedBlocks, PlainBlocks
from hadoopless.data.sort.map_output import OutputIsOver
from hadoopless.data.sort.partitioners import PartitionKeys

RECORDS_PER_BLOCK = 1 << 17
READ_SIZE = 4 << 20
_SMALLEST_READ = 1 << 16
#: Offsets within a block are 32 bits wide.
_LARGEST_BUFFER = (1 << 32) - 1

_PLAIN = Layout()


def sorted_blocks(
    read_into: ReadInto,
    partitions: int,
    read_size: int = READ_SIZE,
    max_record: int = 1 << 30,
    layout: Layout = _PLAIN,
    *,
    partition_keys: PartitionKeys | None = None,
    fixed_partition: int | None = None,
) -> Iterator[SortedBlock]:
    """Sort the records that *read_into* gives (0 at the end), block by block.

    With a *fixed_partition* all are put there in the order in which they come. *partition_keys* is
    asked once a block where a program is the partitioner. Raises RecordTooLarge for a record of
    more than *max_record* bytes, BadOutput for what is no record.
    """
    size = max(read_size, _SMALLEST_READ)
    limit = min(max_record, _LARGEST_BUFFER)
    stdout = Stdout(read_into, layout.pairs, size, limit, unify_line_ends=layout.like_hadoop)
    kind = FramedBlocks if layout.framed else PlainBlocks
    maker: BlockMaker = kind(layout, partitions, RECORDS_PER_BLOCK, partition_keys, fixed_partition)
    try:
        while not stdout.ended:
            size = stdout.fill()
            taken = 0
            while taken < size and (made := maker.make(stdout.address + taken, size - taken)):
                block, used = made
                taken += used
                yield block
            stdout.drop(taken)
    except OutputIsOver:
        stdout.discard()
    stdout.check_end()
