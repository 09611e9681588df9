from __future__ import annotations

import re

import pytest

from hadoopless.filesystem.permissions import Mode
from hadoopless.filesystem.status import human, symbolic
from hadoopless.filesystem.usage import table


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0"),
        (1023, "1023"),
        (1024, "1 K"),
        (1025, "1.0 K"),
        # Half up, not to even.
        (1280, "1.3 K"),
        (1500, "1.5 K"),
        (1024 * 1024 - 1, "1.0 M"),
        (1024 * 1023, "1023 K"),
        (1 << 20, "1 M"),
        (5 << 30, "5 G"),
        ((1 << 40) + (1 << 39), "1.5 T"),
        (1 << 50, "1 P"),
        (1 << 60, "1 E"),
        ((1 << 63) - 1, "8.0 E"),
    ],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert human(size) == text


@pytest.mark.parametrize(
    ("permission", "text"),
    [(0o644, "rw-r--r--"), (0o1777, "rwxrwxrwt"), (0o1750, "rwxr-x--T"), (0, "---------")],
)
def test_permissions_for_people(permission: int, text: str) -> None:
    assert symbolic(permission) == text


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ("644", 0o777, 0o644),
        ("+1755", 0o644, 0o1755),
        ("0755", 0o1777, 0o755),
        ("u+x", 0o644, 0o744),
        ("+x", 0o644, 0o755),
        ("a-w", 0o666, 0o444),
        ("u=rwx,go=", 0o644, None),
        ("go=r", 0o777, 0o744),
        ("+t", 0o755, 0o1755),
        ("o-t", 0o1755, 0o755),
        ("a+X", 0o644, 0o644),
        ("a+X", 0o744, 0o755),
        # The last clause for each of them counts.
        ("u+r,u+w", 0o000, 0o200),
        ("u+s", 0o644, None),
        ("99", 0o644, None),
        ("4755", 0o644, None),
        ("", 0o644, None),
    ],
)
def test_changes_of_permissions(change: str, before: int, after: int | None) -> None:
    if after is None:
        with pytest.raises(ValueError, match=f"^{re.escape(change)}$"):
            Mode(change)
    else:
        assert Mode(change).applied(before, is_directory=False) == after


def test_directories_are_made_accessible() -> None:
    assert Mode("a+X").applied(0o600, is_directory=True) == 0o711


def test_tables() -> None:
    rows = [("a", "b", "c"), ("1", "22", "3")]
    assert table(rows, right=()) == ["a  b   c", "1  22  3"]
    assert table(rows, right=(1,)) == ["a   b  c", "1  22  3"]
