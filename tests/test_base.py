"""The small modules that all others stand on: addresses, sizes, errors."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless import errors
from hadoopless.errors import UsageError
from hadoopless.sizes import parse_size, show_duration, show_size
from hadoopless.wire import addresses

# addresses


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8701", "http://127.0.0.1:8701"),
        (" http://127.0.0.1:8701/ ", "http://127.0.0.1:8701"),
        ("localhost:8701", "http://localhost:8701"),
        ("HTTP://Example.ORG:80", "http://example.org:80"),
        ("http://[::1]:8701", "http://[::1]:8701"),
        ("[fe80::1]:8701", "http://[fe80::1]:8701"),
    ],
)
def test_urls(text: str, url: str) -> None:
    assert addresses.parse_url(text) == url


BAD_URLS = [
    *("", "http://", "localhost", "http://localhost", "http://localhost:0", "localhost:70000"),
    *("localhost:x", "ftp://localhost:1", "http://localhost:1/path", "http://:8701", "://"),
    *("http://[::1:8701", "http://::1]:8701", "http://[x]:1", "file:///etc/passwd", "\0"),
]


@pytest.mark.parametrize("text", BAD_URLS)
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(UsageError, match=r"not a worker's URL: .* it looks like http://"):
        addresses.parse_url(text)


@given(st.text(st.sampled_from("htp:/[]@.?#%\u2100\uff0f ax19,"), max_size=14))
def test_any_text_is_a_url_or_an_error(text: str) -> None:
    try:
        url = addresses.parse_url(text)
    except UsageError:
        return
    assert addresses.parse_url(url) == url
    host, port = addresses.host_and_port(url)
    assert host
    assert 0 < port < 65536


def test_lists_of_urls() -> None:
    assert addresses.parse_urls("a:1, http://b:2,,", "it") == ("http://a:1", "http://b:2")
    for text, says in (
        ("", "it: no worker"),
        (" , ", "it: no worker"),
        ("a:1,http://A:1/", "it: http://a:1 is given twice"),
        ("a:1,embeded", "it: not a worker's URL: 'embeded'; did you mean embedded"),
    ):
        with pytest.raises(UsageError, match=says):
            addresses.parse_urls(text, "it")


def test_the_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "__doc__": "http://not.this:1",
        "_private": "http://nor.this:1",
        "os": os,
        "NUMBER": 5,
        "FIRST": "http://127.0.0.1:8701",
        "MORE": ["http://127.0.0.1:8703", "http://127.0.0.1:8702"],
        "ALL": ("http://127.0.0.1:8701", "http://127.0.0.1:8702", 5),
        "TEXT": "anything else",
    }
    assert addresses.inventory_urls(names) == (
        "http://127.0.0.1:8701",
        "http://127.0.0.1:8703",
        "http://127.0.0.1:8702",
    )
    with pytest.raises(UsageError, match=r"inventory\.py: no worker's URL given"):
        addresses.inventory_urls({"NUMBER": 5})
    monkeypatch.setenv(addresses.ENVIRONMENT, "other:1")
    assert addresses.inventory_urls(names) == ("http://other:1",)
    assert addresses.choice_in_environment() is None
    assert addresses.named_in_environment()
    monkeypatch.setenv(addresses.ENVIRONMENT, "embeded")
    for wanted in (None, "embeded"):
        with pytest.raises(UsageError, match="MAPREDUCE_WORKERS: not a worker's URL: 'embeded'"):
            addresses.wanted_urls(wanted, {})
    with pytest.raises(UsageError, match="--workers: not a worker's URL: 'other'"):
        addresses.wanted_urls("other", {})


@pytest.mark.parametrize("word", ["inventory", "embedded"])
def test_a_choice_of_workers_is_no_url(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addresses.ENVIRONMENT, word)
    assert addresses.inventory_urls({"WORKER": "http://127.0.0.1:8701"}) == (
        "http://127.0.0.1:8701",
    )
    assert addresses.choice_in_environment() == word


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  # asked about, not listened on
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, is_loopback: bool) -> None:
    assert addresses.is_loopback(host) is is_loopback


# sizes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("67108864", 64 << 20),
        *((text, 64 << 20) for text in ("64M", "64MB", "64MiB", "64 mb", " 64m ", "65536K")),
        ("1.5G", 3 << 29),
        ("2TB", 2 << 40),
        ("0.5K", 512),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, "--memory") == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0001",
        "-1",
        "M",
        "1X",
        "1MBB",
        "1 000",
        "1_000",
        "1e3",
        "\u0661",
        "inf",
        "9" * 400,
    ],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--memory must be a size like 64MB"):
        parse_size(text, "--memory")


def test_sizes_for_people() -> None:
    times = [show_duration(seconds) for seconds in (0, 59.4, 60, 5400, 86_400, 864_000)]
    assert times == ["0 s", "59 s", "1 min", "2 h", "1 d", "10 d"]
    shown = [show_size(count) for count in (0, 999, 1000, 1024, 1536 << 10, 64 << 20, 5000 << 30)]
    assert shown == ["0 B", "999 B", "1.0 KB", "1.0 KB", "1.5 MB", "64.0 MB", "5000.0 GB"]


# errors


def test_errors_can_be_kept_in_sets_and_raised_in_threads() -> None:
    error = errors.FetchError("it is gone", "http://a:1", ("x", "y"))
    assert {error} == {error}
    assert str(error) == "cannot fetch 2 map output(s) from http://a:1: it is gone"
    caught: list[Exception] = []

    def work() -> None:
        try:
            raise error
        except errors.MapReduceError as again:
            caught.append(again)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert caught == [error]
