"""The buffer of a program's stdout: it grows to the limit, and gives whole lines or all bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.machine.buffers import address_of
from hadoopless.data.record.layout import BadOutput
from hadoopless.data.record.stdout import ReadInto, Stdout, discard_output
from hadoopless.faults import RecordTooLong
from hadoopless.rules import PairFormat, Pipe
from tests.data.samples import hostile, reader

TEXT = PairFormat()
RAW = PairFormat(Pipe.RAW_BYTES)
TYPED = PairFormat(Pipe.TYPED_BYTES)


def stdout_of(
    read_into: ReadInto, pairs: PairFormat = TEXT, size: int = 8, limit: int = 1 << 20
) -> Stdout:
    return Stdout(read_into, pairs, size, limit, unify_line_ends=True)


def fills(stdout: Stdout) -> list[bytes]:
    """The bytes of each fill, all of them taken."""
    taken = []
    while not stdout.ended:
        size = stdout.fill()
        taken.append(bytes(stdout.view(size)))
        stdout.drop(size)
    return taken


@given(
    output=hostile("ab\n\r", 60),
    sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    size=st.integers(1, 30),
    unify=st.booleans(),
)
def test_whole_lines_in_any_pieces(output: bytes, sizes: list[int], size: int, unify: bool) -> None:
    stdout = Stdout(reader(output, sizes), TEXT, size, 1 << 20, unify_line_ends=unify)
    expected = output.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if unify else output
    if expected and not expected.endswith(b"\n"):
        expected += b"\n"
    taken = fills(stdout)
    assert b"".join(taken) == expected
    assert all(stretch.endswith(b"\n") for stretch in taken if stretch)
    stdout.check_end()


@given(output=hostile("a\n\r\0", 60), size=st.integers(1, 30), part=st.integers(1, 10))
def test_other_bytes_are_given_as_they_are(output: bytes, size: int, part: int) -> None:
    stdout = stdout_of(reader(output, (7,)), RAW, size)
    taken = b""
    while not stdout.ended:
        count = min(part, stdout.fill())
        taken += bytes(stdout.view(count))
        stdout.drop(count)
    assert output.startswith(taken)
    rest = len(output) - len(taken)
    assert stdout.fill() == rest
    assert bytes(stdout.view(rest)) == output[len(taken) :]


def test_the_address_is_that_of_the_first_byte() -> None:
    stdout = stdout_of(reader(b"one\ntwo\nthree"))
    assert stdout.fill() == 8
    stdout.drop(4)
    assert stdout.address == address_of(stdout.view(1))
    assert bytes(stdout.view(4)) == b"two\n"


def test_the_limit_of_a_line_is_exact() -> None:
    line = b"x" * 99 + b"\n"
    assert fills(stdout_of(reader(line), limit=100))[0] == line
    with pytest.raises(RecordTooLong, match=r"wrote a record of more than 100 b.*--memory"):
        fills(stdout_of(reader(b"x" + line), limit=100))


def test_bytes_that_nobody_takes_fill_the_buffer_to_its_limit() -> None:
    stdout = stdout_of(reader(b"x" * 101), RAW, limit=100)
    while stdout.fill() < 100:
        pass
    with pytest.raises(RecordTooLong):
        stdout.fill()


@pytest.mark.parametrize(
    ("output", "pairs"), [(b"abcd", RAW), (b"a", PairFormat(Pipe.PAIRS)), (b"a", TYPED)]
)
def test_a_part_of_a_record_may_not_be_left(output: bytes, pairs: PairFormat) -> None:
    stdout = stdout_of(reader(output), pairs)
    stdout.fill()
    with pytest.raises(BadOutput, match="stopped within a record"):
        stdout.check_end()


def test_a_part_of_the_length_of_raw_bytes_may_be_left() -> None:
    stdout = stdout_of(reader(b"abc"), RAW)
    stdout.fill()
    stdout.check_end()


def test_what_is_discarded_is_read_to_its_end() -> None:
    left = [3, 2, 1, 0]
    discard_output(lambda target: left.pop(0))
    assert not left
    left = [3, 5, 2, 1, 0]
    stdout = stdout_of(lambda target: left.pop(0), RAW)
    stdout.fill()
    stdout.discard()
    assert not left
    assert stdout.ended
    stdout.check_end()
