"""The border between tasks and their callers, which every error crosses as one of our kinds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hadoopless.errors import (
    MapReduceError,
    WorkerError,
    is_out_of_descriptors,
    own_trouble,
    trouble_at_border,
)

_log = logging.getLogger(__name__)


@contextmanager
def own_errors(attempt: str) -> Iterator[None]:
    """Raise any other error of *attempt* as the trouble of this worker that it is.

    So is an error of ours whose cause is that there are no descriptors left: the input, the output
    or the disk that it names has no part in it.
    """
    try:
        yield
    except MapReduceError as error:
        cause = error.__cause__
        if cause is not None and is_out_of_descriptors(cause) and (trouble := own_trouble(cause)):
            raise trouble from error
        raise
    except Exception as error:
        if trouble := trouble_at_border(error):
            raise trouble from error
        _log.exception("an error of our own in %s", attempt or "a task")
        raise WorkerError(
            f"an error of our own, {type(error).__name__}: {error} (more in the worker's log)"
        ) from error
