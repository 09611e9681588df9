"""Rules as text: what is written is read, and nonsense is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.rules import (
    Codec,
    FieldRange,
    InputRules,
    KeyFields,
    OutputRules,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Reader,
    Rules,
    from_json,
    to_json,
)

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
BYTES = st.binary(max_size=5)
PAIRS = st.builds(PairFormat, st.sampled_from(Pipe), BYTES, st.integers(0, 9))
RANGES = st.builds(FieldRange, *[st.integers(0, 9)] * 4, st.booleans(), st.booleans())
FIELDS = st.builds(KeyFields, st.lists(RANGES, min_size=1, max_size=3).map(tuple), BYTES)
RULES = st.builds(
    Rules,
    plain=st.booleans(),
    input=st.builds(
        InputRules,
        reader=st.sampled_from(Reader),
        delimiter=st.none() | st.binary(min_size=1, max_size=5),
        longest_line=st.none() | st.integers(0, 9),
        pairs=PAIRS,
    ),
    map_output=PAIRS,
    partition=st.builds(
        PartitionRules,
        st.sampled_from(Partitioner),
        st.none() | FIELDS,
        st.lists(BYTES, max_size=3).map(tuple),
        TEXTS,
    ),
    order=st.none() | FIELDS,
    output=st.builds(OutputRules, BYTES, st.sampled_from(Codec), st.booleans()),
    combiner_pairs=st.none() | st.tuples(PAIRS, PAIRS),
    environment=st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple),
    idle_timeout=st.none() | st.floats(0, 1e6),
    unread_after=st.none() | st.integers(0, 9),
)


@given(RULES)
def test_rules_survive_the_way(rules: Rules) -> None:
    assert from_json(to_json(rules)) == rules


def test_what_is_usual_is_not_written() -> None:
    assert to_json(Rules()) == "{}"
    assert to_json(Rules(map_only=True)) == '{"map_only":true}'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "7",
        '{"no":1}',
        '{"map_only":1}',
        '{"reduce_attempts":true}',
        '{"map_output":{"pipe":"smoke"}}',
        '{"map_output":7}',
        '{"map_output":{"separator":"\\u20ac"}}',
        '{"environment":[["a"]]}',
        '{"environment":[["a",1]]}',
        '{"order":{"ranges":[{"numeric":"yes"}]}}',
        '{"reduce_attempts":9223372036854775808}',
        f'{{"idle_timeout":1{"0" * 400}}}',
        '{"environment":[["name","\\ud800"]]}',
        '{"links":[["name","\\u0000"]]}',
        '{"input":{"delimiter":""}}',
        '{"input":{"key_separator":""}}',
        '{"order":{"ranges":[]}}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any text will do
        from_json(text)
