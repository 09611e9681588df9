"""The services of one worker process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.worker.services import Services, Settings


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    spill = tmp_path / "spill"
    spill.mkdir()
    url = "http://127.0.0.1:1"
    settings = Settings(str(tmp_path), 16 << 20, str(spill), (url,), "secret")
    services = Services(settings, url, lambda: "secret", lambda url: None)
    yield services
    services.close()
