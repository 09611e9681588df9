"""The counter of bytes read: as many as Hadoop's readers would have read."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hadoopless.data.input import read_ahead
from hadoopless.job import Split
from hadoopless.rules import InputRules, PairFormat, Reader
from tests.data.record_feeds import fed
from tests.data.samples import hostile

#: One for each of the two ways to read lines.
RULES = [InputRules(), InputRules(ignore_key=False, pairs=PairFormat(separator=b":"))]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("read_ahead") / "input"


class LineReader:
    """Loads a split as Hadoop does: to its end, and then a buffer at a time."""

    def __init__(self, data: bytes, start: int, end: int, buffer: int) -> None:
        self._data = data
        self._start = start
        self._end = end
        self._buffer = buffer
        self._loaded = start

    def at(self, place: int) -> int:
        """The byte at *place*, or -1 behind the last one."""
        while self._loaded <= place and self._loaded < len(self._data):
            rest = self._end - self._loaded
            step = min(rest, self._buffer) if rest > 0 else self._buffer
            self._loaded = min(self._loaded + step, len(self._data))
        return self._data[place] if place < len(self._data) else -1

    def line(self, place: int) -> int:
        """The end of the line that begins at *place*."""
        while (byte := self.at(place)) not in (-1, 10, 13):
            place += 1
        if byte == 13 and self.at(place + 1) == 10:
            place += 1
        return place + (byte != -1)

    def read(self) -> int:
        """The number of bytes that the stream below has read when the split has been read."""
        place = self._start
        while place <= self._end and (behind := self.line(place)) > place:
            place = behind
        rounded = -(-(self._loaded - self._start) // self._buffer) * self._buffer
        return min(rounded, len(self._data) - self._start)


@given(
    data=st.one_of(hostile("a\n\r", 80), hostile("ab\n", 80)),
    cut=st.tuples(st.integers(0, 90), st.integers(0, 90)),
    buffer=st.integers(1, 9),
)
def test_bytes_are_those_of_hadoops_buffers(
    file: Path, data: bytes, cut: tuple[int, int], buffer: int
):
    start, end = sorted(min(one, len(data)) for one in cut)
    reader = LineReader(data, start, end, buffer)
    # A split within a line is not read on to the end of that line.
    assume(not start or LineReader(data, start, end, buffer).line(start) <= end)
    file.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_ahead, "BUFFER", buffer)
        for rules in RULES:
            assert (
                fed(Split(str(file), start, end - start), rules)[1].reading.bytes == reader.read()
            )


@pytest.mark.parametrize("rules", RULES)
def test_two_maps_of_a_small_file_read_its_second_half_twice(file: Path, rules: InputRules):
    file.write_bytes(b"0123456\n" * 29 + b"last.\n")  # a real Hadoop tells 357
    counts = [fed(Split(str(file), start, 119), rules)[1].reading.bytes for start in (0, 119)]
    assert counts == [238, 119]


@pytest.mark.parametrize("slow", [False, True])
def test_splits_of_records_between_marks(file: Path, slow: bool):
    """The figures are a real Hadoop's; its slow match looks ahead for 100,000 bytes."""
    file.write_bytes((b"<a>" + b"x" * 92 + b"</a>\n") * 540)
    rules = InputRules(reader=Reader.XML, begin=b"<a>", end=b"</a>", slow_match=slow)
    counts = [
        fed(Split(str(file), start, min(20_000, 54_000 - start)), rules)[1].reading.bytes
        for start in (0, 20_000, 40_000)
    ]
    assert counts == ([54_000, 34_000, 14_000] if slow else [24_576, 24_576, 14_000])


@pytest.mark.parametrize("rules", RULES)
def test_a_split_of_a_large_file_reads_two_buffers_ahead_at_most(file: Path, rules: InputRules):
    file.write_bytes(b"0123456\n" * 10_000)
    counts = [fed(Split(str(file), start, 40_000), rules)[1].reading.bytes for start in (0, 40_000)]
    assert counts == [10 * 4096 + 4096, 40_000]
