"""Fixtures of the tests that run jobs under all conditions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoopless.data.machine import kernels
from tests.anywhere.accounts import hindrance, may_mount
from tests.anywhere.conditions import CONDITIONS, Condition
from tests.anywhere.places import Place, place_for
from tests.oracle import REPOSITORY


@pytest.fixture(scope="session")
def compiled_kernels() -> None:
    """The checkout holds compiled kernels, as the installer's first start leaves them."""
    kernels.load()


@pytest.fixture(params=CONDITIONS, ids=lambda condition: condition.name)
def place(request: pytest.FixtureRequest, compiled_kernels: None) -> Iterator[Place]:
    """A place under each of the conditions in which a job succeeds."""
    condition: Condition = request.param
    skip_where_impossible(condition)
    with place_for(condition) as made:
        yield made


def skip_where_impossible(condition: Condition) -> None:
    """Skip the test, with the reason, where this machine does not allow the condition."""
    reason = hindrance()
    if reason is not None:
        pytest.skip(reason)
    if condition.mounts and not may_mount():
        pytest.skip("the tests may not mount")
    if " /tmp" in condition.before and REPOSITORY.is_relative_to("/tmp"):
        pytest.skip("the checkout lies in /tmp")
