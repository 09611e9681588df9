"""All cases of ``cases.json`` on one pool, several clients at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.pools import OurPoolFactory
from tests.streaming.cases import Case, load
from tests.streaming.clients import Clients

pytestmark = pytest.mark.cluster

#: Many clients, because each mostly waits, and to find what jobs on the same workers do to others.
AT_ONCE = 8

CASES = {case.name: case for case in load()}

Results = dict[str, "Future[list[str]]"]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest, our_pool: OurPoolFactory) -> Iterator[Results]:
    """The problems of each case that is asked for; they begin to run at once."""
    asked = {item.name for item in request.session.items}
    with our_pool(2) as pool, ThreadPoolExecutor(AT_ONCE) as threads:
        environment = {**os.environ, "MAPREDUCE_WORKERS": ",".join(pool.urls)}
        with Clients(environment, AT_ONCE) as clients:

            def run(case: Case) -> list[str]:
                return clients.run(case, pool.root / case.name)

            yield {
                name: threads.submit(run, case)
                for name, case in CASES.items()
                if f"test_case[{name}]" in asked
            }
            threads.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, results: Results):
    problems = results[name].result()
    assert not problems, f"{CASES[name].rule}\n" + "\n".join(problems)
