"""Map outputs as they are sent."""

from __future__ import annotations

import json
import os
import zlib
from pathlib import Path

import pytest

from hadoopless.by_hand.partition import partition_of
from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.same_machine import LEAST_IN_PLACE
from hadoopless.data.shuffle.sending import SegmentsAnswer, json_answer
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import UsageError
from hadoopless.job import Sum
from hadoopless.wire.messages.segments import CHECKSUM_BYTES, Place, Told, parse_header
from tests.data.samples import descriptor_of, joined, memory_run, reader


def received(answer: SegmentsAnswer, segments: int) -> list[list[tuple[bytes, Sum, int]]]:
    """(bytes, sum, checksum) of each run of each segment, as a receiver has it."""
    sent = joined(answer.pieces())
    assert len(sent) == answer.length
    at = 4 + int.from_bytes(sent[:4], "big")
    found: list[list[tuple[bytes, Sum, int]]] = []
    for runs in parse_header(sent[4:at], segments):
        found.append([])
        for run in runs:
            data, at = sent[at : at + run.length], at + run.length
            checksum, at = sent[at : at + CHECKSUM_BYTES], at + CHECKSUM_BYTES
            found[-1].append((data, run.sum, int.from_bytes(checksum, "big")))
    assert at == len(sent)
    return found


def test_segments_are_sent_with_their_checksums(tmp_path: Path) -> None:
    file = SpillFile(str(tmp_path))
    datas = [b"first run\n", b"x" * 3_000_000, b"\0\xff"]
    runs: list[Run] = [
        memory_run([datas[0]], 3),
        file.append([datas[1]], Sum(1, 3_000_000)),
        memory_run([datas[2]]),
    ]
    expected = [(data, run.sum, zlib.crc32(data)) for data, run in zip(datas, runs, strict=True)]
    answer = SegmentsAnswer([runs[:1], [], runs[1:]])
    assert received(answer, 3) == [expected[:1], [], expected[1:]]
    assert answer.from_disk
    assert not SegmentsAnswer([runs[:1], runs[2:]]).from_disk


def test_the_receiver_sees_what_the_disk_has_changed(tmp_path: Path) -> None:
    run: FileRun = SpillFile(str(tmp_path)).append([b"as it was written"], Sum(1, 17))
    os.pwrite(descriptor_of(run), b"X", 3)
    [[(data, _, checksum)]] = received(SegmentsAnswer([[run]]), 1)
    assert data == b"as Xt was written"
    assert checksum == zlib.crc32(b"as it was written")


def test_what_lies_in_a_file_is_not_sent_to_who_can_read_it_there(tmp_path: Path) -> None:
    file = SpillFile(str(tmp_path))
    runs: list[Run] = [
        memory_run([b"x" * LEAST_IN_PLACE]),
        file.append([b"y" * (LEAST_IN_PLACE - 1)], Sum(1, LEAST_IN_PLACE - 1)),
        file.append([b"z" * LEAST_IN_PLACE], Sum(1, LEAST_IN_PLACE)),
    ]
    answer = SegmentsAnswer([[], runs], in_place=True)
    sent = joined(answer.pieces())
    size = int.from_bytes(sent[:4], "big")
    told = parse_header(sent[4 : 4 + size], 2, in_place=True)
    place = Place(
        os.getpid(), descriptor_of(runs[2]), LEAST_IN_PLACE - 1, zlib.crc32(b"z" * LEAST_IN_PLACE)
    )
    assert told == [
        [],
        [
            *(Told(one.length, one.sum) for one in runs[:2]),
            Told(LEAST_IN_PLACE, runs[2].sum, place),
        ],
    ]
    assert answer.length == len(sent) == 4 + size + 2 * LEAST_IN_PLACE - 1 + 2 * CHECKSUM_BYTES
    with pytest.raises(ValueError, match="is broken"):
        parse_header(sent[4 : 4 + size], 2)


def test_a_partition_as_json(tmp_path: Path) -> None:
    store = MapOutputStore(1 << 20, str(tmp_path))
    output = store.open("m", "job", 2)
    for words in (b"b\ny\n", b"a\tx\nc\n"):
        [block] = sorted_blocks(reader(words), 2)
        store.add(output, block)
    for partition in (0, 1):
        answer = b"".join(json_answer(output, partition, 1 << 20, str(tmp_path)))
        assert json.loads(answer) == [
            [key, value]
            for key, value in (("a", "x"), ("b", ""), ("c", ""), ("y", ""))
            if partition_of(key.encode(), 2) == partition
        ]


def test_only_lines_are_sent_as_json(tmp_path: Path) -> None:
    output = MapOutputStore(1 << 20, str(tmp_path)).open("m", "job", 1, framed=True)
    with pytest.raises(UsageError, match="not of lines"):
        json_answer(output, 0, 1 << 20, str(tmp_path))
