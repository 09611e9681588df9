"""The calls of joined workers: what is sent is what is read, and nonsense is refused as such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.errors import ForbiddenError, UsageError
from hadoopless.wire.addresses import Address
from hadoopless.wire.messages import joining
from hadoopless.wire.messages.joining import Assignment, Hello, Orders, Welcome
from hadoopless.wire.unreachable import Unreachable
from tests.wire.messages.strategies import fetch_orders

NAMES = st.lists(st.text(max_size=8), max_size=3).map(tuple)
STRINGS = st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3)
URLS = st.integers(1, 65535).map(lambda port: f"http://127.0.0.1:{port}")
HELLOS = st.builds(Hello, st.integers(0, 1 << 40), URLS, st.text(max_size=10), NAMES)
WELCOMES = st.builds(Welcome, st.text(), st.text(), st.floats(0.001, 3600), st.text())
ORDERS = st.builds(Orders, NAMES, NAMES, st.lists(fetch_orders(), max_size=2).map(tuple))
ASSIGNMENTS = st.builds(
    Assignment,
    st.sampled_from([joining.MAP, joining.REDUCE, joining.WAIT, joining.END]),
    STRINGS,
    ORDERS,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FIELDS = (
    *("version", "fetch", "worker", "url", "instance", "held", "session", "jobId", "pingInterval"),
    *("cancel", "release", "task", "parameters", "secret"),
)
HOSTILE = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), JSON)


def sent(message: dict[str, Any]) -> Any:
    """*message* as it arrives."""
    return json.loads(json.dumps(message))


@given(HELLOS)
def test_hello(hello: Hello):
    assert joining.parse_hello(sent(joining.hello_message(hello))) == hello


@given(WELCOMES)
def test_welcome(welcome: Welcome):
    assert joining.parse_welcome(sent(joining.welcome_message(welcome))) == welcome


def test_the_secret_of_a_job_is_not_shown():
    assert "s3cret" not in repr(Welcome("session", "job", 1.0, "s3cret"))


@given(ORDERS)
def test_orders(orders: Orders):
    assert joining.parse_orders(sent(joining.orders_message(orders))) == orders


@given(ASSIGNMENTS)
def test_assignment(assignment: Assignment):
    assert joining.parse_assignment(sent(joining.assignment_message(assignment))) == assignment


@given(HOSTILE, st.booleans())
def test_hostile_hello(message: dict[str, Any], ours: bool):
    """Either it is understood, or it is refused; it never breaks the coordinator."""
    if ours:
        message = {**joining.hello_message(Hello(0, "http://127.0.0.1:1", "t")), **message}
    try:
        hello = joining.parse_hello(message)
    except (UsageError, ForbiddenError):
        return
    assert joining.parse_hello(joining.hello_message(hello)) == hello


@given(
    HOSTILE,
    st.sampled_from([joining.parse_welcome, joining.parse_orders, joining.parse_assignment]),
)
def test_hostile_answers(message: dict[str, Any], parse: Any):
    try:
        parse(message)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"worker": -1}, "a worker's id is a whole number from 0, not -1"),
        ({"worker": True}, "not True"),
        ({"worker": "0"}, "not '0'"),
        ({"url": "ftp://x"}, "not a worker's URL"),
        ({"url": None}, "/register wants"),
        ({"instance": None}, "/register wants"),
        ({"instance": 7}, "/register wants"),
        ({"held": ["a", 1]}, "/register wants"),
        ({"held": None}, "/register wants"),
    ],
)
def test_wrong_hello(change: dict[str, Any], text: str):
    message = joining.hello_message(Hello(0, "http://127.0.0.1:1", "t")) | change
    with pytest.raises(UsageError) as caught:
        joining.parse_hello(message)
    assert text in str(caught.value)


@pytest.mark.parametrize("version", [0, joining.VERSION + 1, True, "1", None, 1.0])
def test_another_version_is_refused_before_anything_else_is_read(version: Any):
    with pytest.raises(ForbiddenError, match=r"speaks version 4 .* run both from the same release"):
        joining.parse_hello({"version": version, "worker": "what may come"})


@pytest.mark.parametrize("interval", [0, -1, float("nan"), float("inf"), 1e9, "1", None])
def test_an_interval_that_would_never_or_always_ping(interval: Any):
    message = joining.welcome_message(Welcome("s", "j", 1.0)) | {"pingInterval": interval}
    with pytest.raises(ValueError, match="no interval"):
        joining.parse_welcome(message)


def test_nobody_listens(tmp_path: Path):
    with pytest.raises(Unreachable) as caught:
        joining.CoordinatorClient(Address(path=str(tmp_path / "s"))).call("/ask", {})
    assert caught.value.unheard
