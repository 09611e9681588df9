"""The words that all parts share."""

from __future__ import annotations

import pytest

from hadoopless.job import Split


def test_the_pieces_of_a_split() -> None:
    assert Split("a", 1, 2).pieces == (Split("a", 1, 2),)
    split = Split("a", 1, 2, (Split("b"), Split("a", 3, None)))
    assert split.pieces == (Split("a", 1, 2), Split("b"), Split("a", 3, None))
    assert Split.of(split.pieces) == split
    assert Split.of([Split("z"), split]).pieces == (Split("z"), *split.pieces)


def test_pieces_have_no_pieces() -> None:
    with pytest.raises(ValueError, match="has no pieces"):
        Split("a", more=(Split("b", more=(Split("c"),)),))


def test_splits_that_are_whole_files() -> None:
    others = [Split("a", 1), Split("a", 0, 5), Split("a", more=(Split("b"),))]
    assert Split("a").whole
    assert not any(split.whole for split in others)


def test_how_splits_are_shown() -> None:
    assert str(Split("a")) == "a"
    assert str(Split("a", 5)) == "a [bytes 5-]"
    assert str(Split("a", 5, 7)) == "a [bytes 5-12]"
    assert str(Split("a", more=(Split("b"), Split("c")))) == "a and 2 more"
