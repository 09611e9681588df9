"""Records as JSON: bytes in any encoding, pieces cut anywhere."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.shuffle.json_list import json_list
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
