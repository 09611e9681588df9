"""All metrics that workers and coordinators tell."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from hadoopless.coordinator import metrics as of_jobs
from hadoopless.wire.metrics import figures
from hadoopless.wire.metrics.figures import FigureMetrics
from hadoopless.wire.metrics.openmetrics import Metric
from hadoopless.worker import metrics as of_workers


def all_metrics() -> dict[str, Metric]:
    """Each metric by the name of its samples."""
    found = (one for module in (of_workers, of_jobs, figures) for one in _metrics_of(module))
    return {metric.sample_name: metric for metric in found}


def _metrics_of(module: ModuleType) -> Iterator[Metric]:
    for value in vars(module).values():
        if isinstance(value, Metric):
            yield value
        elif isinstance(value, FigureMetrics):
            yield from (value.attempts, value.seconds, value.cpu, *value.ways.values())
