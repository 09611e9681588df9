"""The two doors of this engine: a job of ``coordinator.py``, and one of ``hadoop jar``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from hadoopless.engines.hadoop import plain_door, streaming_door
from hadoopless.job import JobResult
from hadoopless.ui.console import Console


def run_job(
    options: argparse.Namespace, inventory: Mapping[str, Any], console: Console
) -> JobResult | None:
    """Run the job of ``coordinator.py``; None if only its command was to be shown."""
    return plain_door.run(options, inventory, console)


def run_streaming(
    options: argparse.Namespace, words: Sequence[str], inventory: Mapping[str, Any], /
) -> int:
    """Run the job that *words* of ``hadoop jar`` describe; returns the exit code."""
    return streaming_door.run(options, words)
