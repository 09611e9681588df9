"""Records as JSON: bytes in any encoding, pieces cut anywhere."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.shuffle.json_list import json_list, lines_of
from tests.data.samples import RECORDS, views

#: UTF-8 as it should be, and a surrogate in the way of UTF-8, which is none.
TEXT = ["ü\t日\n".encode(), "\U0001f600\t\n".encode(), b"\xed\xa0\x80\t\xed\xb0\x80\n"]
PAIRS = st.one_of(RECORDS, st.sampled_from(TEXT))


@given(records=st.lists(PAIRS, max_size=10), size=st.integers(1, 60))
def test_any_cutting_gives_the_pairs(records: list[bytes], size: int) -> None:
    answer = b"".join(json_list(views(b"".join(records), size)))
    pairs = [
        [part.encode("utf-8", "surrogateescape") for part in pair] for pair in json.loads(answer)
    ]
    assert pairs == [record[:-1].split(b"\t", 1) for record in records]
    assert answer.isascii()


def test_by_hand() -> None:
    lines = memoryview(b'fish\t1\nw"\xff\t\xc3\xa9\tx\n\t\n')
    assert b"".join(json_list([lines])) == (
        b'[["fish", "1"], ["w\\"\\udcff", "\\u00e9\\tx"], ["", ""]]'
    )
    assert b"".join(json_list([])) == b"[]"


@given(records=st.lists(PAIRS, max_size=10), indent=st.sampled_from([None, 0, 2]))
def test_what_is_sent_is_received(records: list[bytes], indent: int | None) -> None:
    answer = b"".join(json_list(views(b"".join(records), 60)))
    for text in (answer, json.dumps(json.loads(answer), indent=indent).encode()):
        for size in (1, 7, 1000):
            assert b"".join(lines_of(reader_of(text, size), 1000)) == b"".join(records)


def reader_of(text: bytes, size: int) -> Callable[[int], bytes]:
    """Gives *text* in pieces of *size* bytes, whatever is wanted."""
    file = io.BytesIO(text)
    return lambda wanted: file.read(size)


def test_numbers_and_letters_of_other_workers() -> None:
    text = '[["a", 12], ["ü", -1.5e3],["日","x"]]'.encode()
    for size in range(1, len(text)):
        lines = b"".join(lines_of(reader_of(text, size), 100))
        assert lines == "a\t12\nü\t-1500.0\n日\tx\n".encode()


NONSENSE = [
    *(b"", b"[", b"{}", b"7", b"[7]", b"[[]]", b'[["a"]]', b'[["a", "b", "c"]]', b'[["a", []]]'),
    *(b'[["a", "b"] ["c", "d"]]', b'[["a", "b"],', b'[["a", "b', b'[["a\nb", "c"]]', b"[" * 9999),
    *(
        b'[["a", {"b": 1}]]',
        b'[["a", null]]',
        b'[["a", 1',
        b"\xff",
        b'[["' + b"a" * 200 + b'", ""]]',
    ),
]


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: text[:20])
@pytest.mark.parametrize("size", [1, 3])
def test_what_is_no_list_of_pairs(text: bytes, size: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        list(lines_of(reader_of(text, size), 100))
