"""A MapReduce that runs Hadoop Streaming jobs without Hadoop."""

from __future__ import annotations

TYPE_CHECKING = False  # as in typing, which takes too long to load before signals are caught
if TYPE_CHECKING:
    from hadoopless.jobs import DoneJob as DoneJob
    from hadoopless.jobs import run_job as run_job

__version__ = "0.1.0"

__all__ = ["DoneJob", "__version__", "run_job"]


def __getattr__(name: str) -> object:
    """Load ``run_job`` and ``DoneJob`` when they are asked for: the commands need neither."""
    if name in ("DoneJob", "run_job"):
        from hadoopless import jobs

        return getattr(jobs, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
