"""The calls by which our coordinator watches a worker and cleans up after a job."""

from __future__ import annotations

import os
import resource
import time

from msgspec.structs import replace

from hadoopless import __version__
from hadoopless.errors import UsageError
from hadoopless.wire.messages import replies
from hadoopless.wire.messages.fetch_ahead import parse_body
from hadoopless.wire.metrics.figures import resident_memory
from hadoopless.worker.handlers import MOST_TASKS, BaseHandler


def _cpu_seconds() -> float:
    """The CPU seconds of this process, and of its children that have ended."""
    spent = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


class HealthHandler(BaseHandler):
    """GET /health[?jobId=…][&state=yes]"""

    open_parameters = ()

    def get(self) -> None:
        """Tell which process answers, and which attempts of a job that is named it runs.

        The map outputs of that job do not expire. Only callers with the token hear what the
        process costs.
        """
        job_id = self.parameter("jobId")
        if job_id:
            self.services.store.touch_job(job_id)
            self.services.fetched_ahead.touch_job(job_id)
        attempts = self.runner.attempts(job_id) if job_id else None
        state = self._state() if self.parameter("state") else None
        health = replies.Health(
            self.services.instance, pid=os.getpid(), attempts=attempts, state=state, ahead=True
        )
        if self.trusted:
            health = replace(health, resident=resident_memory(), cpu=_cpu_seconds())
        self.write_json(replies.health_reply(health))

    def _state(self) -> replies.WorkerState:
        services = self.services
        return replies.WorkerState(
            version=__version__,
            uptime=time.monotonic() - services.started,
            running=self.runner.running,
            slots=MOST_TASKS,
            outputs=len(services.store),
            memory=services.settings.memory,
            memory_used=services.store.memory_used + services.fetch_budget.used,
        )


class CancelHandler(BaseHandler):
    """POST /cancel with jobId and, for one attempt only, attempt."""

    def post(self) -> None:
        """Cancel running tasks."""
        job_id = self.parameter("jobId")
        if not job_id:
            raise UsageError("the parameter jobId is missing")
        count = self.runner.cancel(job_id, self.parameter("attempt") or "")
        self.write_json({"status": "success", "cancelled": count})


class HeldHandler(BaseHandler):
    """POST /held with jobId."""

    def post(self) -> None:
        """Tell which map outputs of a job are here, for a coordinator that resumes the job."""
        job_id = self.parameter("jobId")
        if not job_id:
            raise UsageError("the parameter jobId is missing")
        self.write_json({"status": "success", "mapTaskIDs": self.services.store.held(job_id)})


class FetchAheadHandler(BaseHandler):
    """POST /fetchAhead"""

    def post(self) -> None:
        """Begin to fetch what reduce tasks of a job will want here; nobody waits for the end."""
        self.services.fetched_ahead.obey(parse_body(self.request.body))
        self.write_json({"status": "success"})


class ReleaseHandler(BaseHandler):
    """POST /release with jobId, or with mapTaskIDs."""

    def post(self) -> None:
        """Forget a job, or the map outputs that are named."""
        job_id, ids = self.parameter("jobId"), self.parameter("mapTaskIDs")
        if not job_id and not ids:
            raise UsageError("one of the parameters jobId and mapTaskIDs is needed")
        if ids:
            self.services.store.discard(ids.split(","))
        elif job_id:
            self.services.store.release_job(job_id)
            self.services.fetched_ahead.release_job(job_id)
        self.write_json({"status": "success"})
