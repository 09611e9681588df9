"""Ids are consecutive from 0, each is one worker's, and who is silent is none any more."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.coordinator.pull.registry import Member, Registry
from hadoopless.errors import UnknownSession, UsageError
from hadoopless.wire.messages.joining import Hello


def hello(worker: int) -> Hello:
    return Hello(worker, f"http://127.0.0.1:{1000 + worker}", f"token {worker}")


def joined(registry: Registry, *workers: int, now: float = 0.0) -> list[Member]:
    return [registry.register(hello(worker), now) for worker in workers]


def test_the_promised_workers_come_in_any_order():
    registry = Registry(3)
    assert registry.missing() == [0, 1, 2]
    joined(registry, 2, 0)
    assert registry.missing() == [1]
    joined(registry, 1)
    assert registry.missing() == []
    assert [member.name for member in registry.members()] == ["worker 2", "worker 0", "worker 1"]


def test_further_ones_come_one_after_the_other():
    registry = Registry(2)
    with pytest.raises(UsageError, match="ids go from 0 to 1 here, and the next new worker is 2"):
        joined(registry, 3)
    joined(registry, 2, 3)
    with pytest.raises(UsageError, match="the next new worker is 4"):
        joined(registry, 5)


def test_an_id_is_one_workers():
    registry = Registry(1)
    joined(registry, 0)
    with pytest.raises(UsageError, match="there is a worker with id 0 already"):
        joined(registry, 0)


def test_an_id_that_became_free_is_taken_again():
    registry = Registry(1)
    _, extra = joined(registry, 0, 1)
    assert registry.leave(extra)
    (again,) = joined(registry, 1)
    assert again.session != extra.session
    with pytest.raises(UnknownSession):
        registry.heard(extra.session, 1.0)


def test_who_has_left_does_not_take_its_successor_along():
    registry = Registry(1)
    (first,) = joined(registry, 0)
    registry.leave(first)
    (second,) = joined(registry, 0)
    assert not registry.leave(first)
    assert registry.named("worker 0") is second


@pytest.mark.parametrize("session", [None, "", 0, [], {}, "guessed"])
def test_calls_before_registration(session: object):
    registry = Registry(1)
    joined(registry, 0)
    with pytest.raises(UnknownSession, match="register first"):
        registry.heard(session, 0.0)


def test_silence():
    registry = Registry(3)
    talks, *silent = joined(registry, 0, 1, 2)
    registry.heard(talks.session, 9.0)
    assert registry.silent(10.0, 10.0) == []
    assert registry.silent(10.5, 10.0) == silent
    assert registry.missing() == [1, 2]
    assert registry.silent(10.5, 10.0) == []


def test_a_silence_is_new_once():
    registry = Registry(2)
    one, other = joined(registry, 0, 1)
    registry.heard(other.session, 4.0)
    assert registry.newly_silent(5.0, 5.0) == []
    assert registry.newly_silent(6.0, 5.0) == [one]
    assert registry.newly_silent(7.0, 5.0) == []
    registry.heard(one.session, 8.0)
    assert registry.newly_silent(14.0, 5.0) == [one, other]


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=30))
def test_ids_have_no_gap_whatever_comes_and_goes(wanted: int, story: Sequence[tuple[bool, int]]):
    registry = Registry(wanted)
    highest = wanted - 1
    there: dict[int, Member] = {}
    for comes, worker in story:
        if not comes:
            if worker in there:
                assert registry.leave(there.pop(worker))
            continue
        welcome = worker not in there and worker <= highest + 1
        try:
            (there[worker],) = joined(registry, worker)
        except UsageError:
            assert not welcome
        else:
            assert welcome
            highest = max(highest, worker)
    assert {member.worker for member in registry.members()} == set(there)
    assert registry.missing() == [i for i in range(wanted) if i not in there]
    assert len({member.session for member in there.values()}) == len(there)
