"""The start of programs for tests."""

from __future__ import annotations

from typing import Any

import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.terms import Terms
from tests.data.program.programs import Start, nothing


@pytest.fixture
def start(spawner: SpawnerClient, cancellation: Cancellation) -> Start:
    """Start a command with nothing on its stdin, unless something else is given."""

    def start(
        command: Command,
        *,
        stdin: int | Feeder = nothing,
        **terms: Any,
    ) -> Program:
        return Program(command, spawner, cancellation, stdin=stdin, terms=Terms(**terms))

    return start
