"""The secret of a job, which only its workers know."""

from __future__ import annotations

import pytest

from hadoopless.wire import proof
from hadoopless.worker.session import JobSecret

URL = "http://127.0.0.1:8701"


def test_workers_of_a_job_know_the_tokens_of_each_other():
    one, other = JobSecret(), JobSecret()
    assert one.token_of(URL) != other.token_of(URL)
    for secret in (one, other):
        secret.learn("shared")
    assert one.token_of(URL) == other.token_of(URL) == proof.of_data_servers("shared")


@pytest.mark.parametrize("none", ["", None])
def test_without_a_secret_nobody_knows_the_token(none: str | None):
    one = JobSecret()
    one.learn("shared")
    one.learn(none)
    assert one.token_of(URL) not in map(proof.of_data_servers, ("", "shared", "None"))
