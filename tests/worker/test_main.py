"""The main program of the workers: where they may listen."""

from __future__ import annotations

import pytest

from hadoopless.errors import UsageError
from hadoopless.worker.main import bind_all


@pytest.mark.parametrize("url", ["http://192.0.2.1:8701", "http://[2001:db8::1]:8701"])
def test_urls_beyond_loopback_need_the_host(url: str):
    with pytest.raises(UsageError, match="is not on loopback; to listen there, give --host"):
        bind_all(["http://127.0.0.1:0", url], None)
