"""Lines in the log of workers: their shape and their number."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest

from hadoopless.worker import log
from hadoopless.worker.log import FewLines


@contextmanager
def written(*, verbose: bool) -> Iterator[io.StringIO]:
    """The stream of a log that has begun; all loggers are as before afterwards."""
    names = ("", "tornado.general", "tornado.application", "hadoopless.wire.server")
    loggers = [logging.getLogger(name) for name in names]
    before = [(one.handlers[:], one.filters[:], one.level) for one in loggers]
    for handler in loggers[0].handlers[:]:  # those of pytest
        loggers[0].removeHandler(handler)
    with redirect_stderr(io.StringIO()) as stream:
        log.begin(verbose=verbose, level=logging.INFO)
    yield stream
    for one, (handlers, filters, level) in zip(loggers, before, strict=True):
        one.handlers[:], one.filters[:] = handlers, filters
        one.setLevel(level)


def test_nobody_can_make_a_line_that_looks_like_another():
    with written(verbose=False) as stream:
        logging.getLogger("hadoopless").info("%s", "a\x1b[31m\x9b\r\n12:00:00 worker b")
    one, two = stream.getvalue().splitlines()
    assert one[8:] == r" a\x1b[31m\x9b\r"
    assert two == "  12:00:00 worker b"


@pytest.mark.parametrize(("verbose", "lines"), [(False, 10), (True, 500)])
def test_strangers_cannot_fill_the_log(verbose: bool, lines: int):
    with written(verbose=verbose) as stream:
        for _ in range(500):
            logging.getLogger("tornado.general").info("Malformed HTTP message: %s", "x" * 9_999)
        logging.getLogger("hadoopless.worker").info("our own")
    found = stream.getvalue().splitlines()
    assert len(found) == lines + 1
    assert found[-1].endswith(" our own")
    assert verbose or max(map(len, found)) < 400


def test_what_is_left_out_is_counted():
    now = [0.0]
    few = FewLines(lambda: now[0])

    def told(count: int) -> list[str]:
        records = [logging.makeLogRecord({"msg": "%d", "args": (i,)}) for i in range(count)]
        return [record.getMessage() for record in records if few.filter(record)]

    assert told(3) == ["0", "1", "2"]
    now[0] = 59.0
    assert told(20)[-2:] == ["5", "6 (more lines like this are left out for 60 s)"]
    now[0] = 60.0
    assert told(2) == ["0 (13 lines like this were left out before)", "1"]
    now[0] = 120.0
    assert told(1) == ["0"]
