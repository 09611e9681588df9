"""``GET /metrics``: the state of one worker process, for Prometheus. docs/metrics.md lists all."""

from __future__ import annotations

import time
from collections.abc import Iterator

from hadoopless import __version__
from hadoopless.wire.metrics import scraping
from hadoopless.wire.metrics.figures import PHASES, FigureMetrics, process_metrics
from hadoopless.wire.metrics.openmetrics import Kind, Metric, Sample, Told, page
from hadoopless.wire.server import refuse_cross_site
from hadoopless.worker.handlers import MOST_TASKS, BaseHandler, TaskRunner
from hadoopless.worker.services import Services

_P = "hadoopless_worker"
_FIGURES = FigureMetrics(_P)
_ABOUT = Metric(_P, Kind.INFO, "The release that runs.", ("version",))
_UPTIME = Metric(
    f"{_P}_uptime_seconds", Kind.GAUGE, "Seconds since the worker has started.", (), "seconds"
)
_RUNNING = Metric(f"{_P}_running_tasks", Kind.GAUGE, "Tasks that run now.", ("phase",))
_QUEUED = Metric(f"{_P}_queued_tasks", Kind.GAUGE, "Tasks that wait for a slot.")
_SLOTS = Metric(f"{_P}_task_slots", Kind.GAUGE, "Tasks that may run at a time.")
_OUTPUTS = Metric(f"{_P}_map_outputs", Kind.GAUGE, "Map outputs that are held.")
_SPILLS = Metric(
    f"{_P}_spills", Kind.COUNTER, "Times that a map output was moved from memory to disk."
)
_USED = Metric(
    f"{_P}_memory_used_bytes",
    Kind.GAUGE,
    "Memory that holds map outputs, those fetched from other workers, and those merged ahead.",
    ("use",),
    "bytes",
)
_BUDGET = Metric(
    f"{_P}_memory_budget_bytes",
    Kind.GAUGE,
    "Memory that may hold them; what exceeds it goes to disk.",
    ("use",),
    "bytes",
)


def told(services: Services, runner: TaskRunner) -> Iterator[Told]:
    """All metrics of the worker, as they are now."""
    running = services.tally.running
    store, fetched = services.store, services.fetch_budget
    yield _ABOUT, [Sample(1, (__version__,))]
    yield _UPTIME, [Sample(time.monotonic() - services.started)]
    yield _RUNNING, [Sample(running[phase], (phase,)) for phase in PHASES]
    yield _QUEUED, [Sample(max(0, runner.running - sum(running.values())))]
    yield _SLOTS, [Sample(MOST_TASKS)]
    yield from services.tally.figures.told(_FIGURES)
    yield _SPILLS, [Sample(store.spills)]
    yield _OUTPUTS, [Sample(len(store))]
    merged = services.fetched_ahead.merged_bytes
    yield (
        _USED,
        [
            Sample(store.memory_used, ("outputs",)),
            Sample(max(0, fetched.used - merged), ("fetched",)),
            Sample(merged, ("merged",)),
        ],
    )
    yield _BUDGET, [Sample(store.budget, ("outputs",)), Sample(fetched.limit, ("fetched",))]
    yield from process_metrics()


class MetricsHandler(BaseHandler):
    """GET /metrics"""

    open_parameters = ()

    def prepare(self) -> None:
        """Let in who shows the metrics token, and whoever may call anyway."""
        if not scraping.shows(self.request.headers, self.services.settings.metrics_token):
            super().prepare()
            return
        refuse_cross_site(self.request, self._host_names())
        self._check_open()

    def get(self) -> None:
        """Tell all metrics of this worker."""
        scraping.answer(self, page(told(self.services, self.runner)))
