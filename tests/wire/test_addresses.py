"""Addresses as users write them."""

from __future__ import annotations

import pytest

from hadoopless.errors import UsageError
from hadoopless.wire.addresses import Address, at_host, parse_address, parse_url, wanted_urls


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


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("embeded", "did you mean embedded?"),
        ("Inventry", "did you mean inventory?"),
        ("embedded", "it looks like http://127.0.0.1:8701"),
        ("8701", "it looks like http://127.0.0.1:8701"),
    ],
)
def test_a_word_that_is_no_url(text: str, hint: str):
    with pytest.raises(UsageError) as error:
        parse_url(text)
    assert str(error.value) == f"not a worker's URL: {text!r}; {hint}"


@pytest.mark.parametrize(
    ("url", "host", "called"),
    [
        ("http://127.0.0.1:1", "192.0.2.1", "http://192.0.2.1:1"),
        ("http://localhost:1", "machine", "http://machine:1"),
        ("http://[::1]:1", "2001:db8::1", "http://[2001:db8::1]:1"),
        ("http://127.0.0.1:1", "0.0.0.0", "http://127.0.0.1:1"),  # noqa: S104 - not bound
        ("http://[::1]:1", "::", "http://[::1]:1"),
        ("http://192.0.2.2:1", "192.0.2.1", "http://192.0.2.2:1"),
    ],
)
def test_a_server_that_listens_elsewhere(url: str, host: str, called: str):
    assert at_host(url, host) == called


def test_wanted_urls(monkeypatch: pytest.MonkeyPatch):
    inventory = {"WORKER": "http://a:1"}
    monkeypatch.delenv("MAPREDUCE_WORKERS", raising=False)
    assert wanted_urls(None, inventory) == wanted_urls("inventory", inventory) == ("http://a:1",)
    assert wanted_urls("b:2,http://c:3", inventory) == ("http://b:2", "http://c:3")
