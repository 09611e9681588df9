"""Settings of all tests: they keep away from the settings and files of the user who runs them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from hadoopless.entry import typed
from tests.disks import mounted
from tests.pools import OurPoolFactory, running_pool

# Machines that run tests are busy: how long an example takes says nothing.
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
# The smallest example that fails is of no use where only the failure counts.
settings.register_profile(
    "mutants",
    settings.get_profile("ci"),
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.fixture(scope="session", autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Token files of the tests lie in a directory of the tests, settings of ours are unset."""
    state = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(state))
        patch.setenv("XDG_STATE_HOME", str(state))
        patch.setenv("XDG_CONFIG_HOME", str(state / "config"))
        for name in [name for name in os.environ if name.startswith("MAPREDUCE_")]:
            patch.delenv(name)
        patch.delenv("HADOOP_CONF_DIR", raising=False)
        yield


@pytest.fixture(autouse=True)
def _no_program_is_typed() -> Iterator[None]:
    """A command that a test runs in this process leaves its name to no other test."""
    yield
    typed.note(None)


@pytest.fixture(scope="session")
def our_pool(tmp_path_factory: pytest.TempPathFactory) -> OurPoolFactory:
    """``with our_pool(n, *options) as pool``: *n* workers that serve a new, empty directory."""
    return lambda n, *options: running_pool(n, tmp_path_factory.mktemp("served"), *options)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty file system of a megabyte."""
    with mounted(tmp_path / "disk", "-t", "tmpfs", "-o", "size=1m", "tmpfs") as directory:
        yield directory
