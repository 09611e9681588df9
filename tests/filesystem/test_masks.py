"""Masks of modes, as numbers and as words."""

from __future__ import annotations

import pytest

from hadoopless.filesystem.masks import parse_mask


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("022", 0o022),
        ("0077", 0o077),
        (" 2 ", 0o002),
        ("u=rwx,g=rx,o=", 0o027),
        ("a=rx", 0o222),
        ("+rwx,o-w", 0o002),
    ],
)
def test_masks(text: str, mask: int):
    assert parse_mask(text) == mask


@pytest.mark.parametrize("text", ["", "xyz", "888", "u=rwx;g=r", "u"])
def test_what_is_no_mask(text: str):
    with pytest.raises(ValueError, match="as octal or symbolic umask"):
        parse_mask(text)
