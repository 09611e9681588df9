"""The border between tasks and their callers, which every error crosses as one of our kinds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hadoopless.errors import MapReduceError, WorkerError, own_trouble

_log = logging.getLogger(__name__)


@contextmanager
def own_errors(attempt: str) -> Iterator[None]:
    """Raise any other error of *attempt* as the trouble of this worker that it is."""
    try:
        yield
    except MapReduceError:
        raise
    except Exception as error:
        if trouble := own_trouble(error):
            raise trouble from error
        _log.exception("an error of our own in %s", attempt or "a task")
        raise WorkerError(
            f"an error of our own, {type(error).__name__}: {error} (more in the worker's log)"
        ) from error
