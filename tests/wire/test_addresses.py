"""Addresses as users write them."""

from __future__ import annotations

import pytest

from hadoopless.errors import UsageError
from hadoopless.wire.addresses import Address, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:/a/b", Address(path="/a/b")),
        ("unix:relative.sock", Address(path="relative.sock")),
        ("http://127.0.0.1:80", Address(url="http://127.0.0.1:80")),
        ("localhost:80", Address(url="http://localhost:80")),
        (f"unix:{'p' * 100}", Address(path="p" * 100)),
    ],
)
def test_addresses(text: str, address: Address):
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["unix:", f"unix:{'p' * 101}", "", "http://", "http://h", "/a"])
def test_no_addresses(text: str):
    with pytest.raises(UsageError):
        parse_address(text)
