"""The rules of a job decide which form its records have."""

from __future__ import annotations

import pytest

from hadoopless.data.record.layout import Layout, is_framed, layout_of
from hadoopless.rules import (
    PLAIN_RULES,
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)

ORDER = KeyFields((FieldRange(1, 1, 1),))

FRAMED = [
    Rules(map_output=PairFormat(separator=b",")),
    Rules(map_output=PairFormat(key_fields=2)),
    *[Rules(map_output=PairFormat(pipe)) for pipe in Pipe if pipe is not Pipe.TEXT],
    Rules(order=ORDER),
    Rules(order=KeyFields((FieldRange(reverse=True),))),
    Rules(sort_values=True),
    Rules(reduce_output=PairFormat(separator=b",")),
    Rules(combiner_pairs=(PairFormat(), PairFormat(Pipe.PAIRS))),
]

NOT_FRAMED = [
    Rules(),
    Rules(order=KeyFields((FieldRange(),))),
    Rules(partition=PartitionRules(Partitioner.JAVA_STRING)),
    Rules(reduce_input=PairFormat(Pipe.TYPED_BYTES)),
    Rules(reduce_output=PairFormat(Pipe.RAW_BYTES), combiner_pairs=(PairFormat(), PairFormat())),
    Rules(map_only=True, links=(("a", "/b"),)),
]


@pytest.mark.parametrize("rules", FRAMED)
def test_framed(rules: Rules) -> None:
    assert is_framed(rules)
    assert layout_of(rules).framed
    assert layout_of(rules, combiner_output=True).framed


@pytest.mark.parametrize("rules", NOT_FRAMED)
def test_not_framed(rules: Rules) -> None:
    assert not is_framed(rules)
    layout = layout_of(rules)
    assert not layout.framed
    assert layout.order is None
    assert layout.like_hadoop
    assert not layout_of(rules, combiner_output=True).framed


def test_plain_rules_leave_bytes_as_they_are() -> None:
    layout = layout_of(Rules(plain=True, sort_values=True))
    assert not layout.like_hadoop
    assert layout.framed


def test_a_job_without_rules_is_plain() -> None:
    assert layout_of(PLAIN_RULES) == Layout()
    assert not is_framed(PLAIN_RULES)


def test_what_combiners_write_is_read_as_reducers_output_or_as_it_says() -> None:
    commas, pairs = PairFormat(separator=b","), PairFormat(Pipe.PAIRS)
    rules = Rules(reduce_output=commas)
    assert layout_of(rules).pairs == PairFormat()
    assert layout_of(rules, combiner_output=True).pairs == commas
    rules = Rules(reduce_output=commas, combiner_pairs=(commas, pairs))
    assert layout_of(rules, combiner_output=True).pairs == pairs
