"""``hadoop jar any.jar ARGS``: from the words to the exit code of the client."""

from __future__ import annotations

import logging
import os
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from hadoopless import installation
from hadoopless.entry import engines, interpreter, startup
from hadoopless.errors import MapReduceError, UsageError, trouble_at_border
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB, Notice
from hadoopless.streaming.options import usage
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request
from hadoopless.visible import visible

if TYPE_CHECKING:
    from hadoopless.streaming.client.job import StreamingJob

#: The tools that share the jar with streaming jobs.
_TOOLS = ("dumptb", "loadtb", "streamjob")
#: The file with the pool's addresses, unless the caller has them.
_INVENTORY = os.path.join(installation.HOME, "inventory.py")


def main(arguments: Sequence[str], inventory: Mapping[str, Any] | None = None) -> int:
    """Run one streaming job, or another tool of its jar; returns the exit code of the process."""
    log = Log()
    try:
        startup.let_interrupts_raise()
        engines.check_no_loop(os.environ)
        engine, arguments = engines.leading_options(arguments)
        if engine is not None:
            interpreter.ensure("hadoop")
            inventory = inventory or runpy.run_path(_INVENTORY)
            return engines.engine_of(engine).run_streaming(engine, arguments, inventory)
        tool, words = tool_of(arguments)
        if tool != "streamjob":
            return _run_tool(tool, words)
        request = parse_request(words)
        interpreter.ensure("hadoop")  # only now: the other tools need fewer packages
        tell(request.stdout, request.notices, log)
        return _submit(request, log, inventory or runpy.run_path(_INVENTORY))
    except StreamingExit as end:
        tell(end.stdout, end.stderr, log)
        return end.code
    except MapReduceError as error:  # of another engine; ours tells its own further below
        log.error(STREAM_JOB, str(error))
        log.plain(["Streaming Command Failed!"])
        return error.exit_code
    except KeyboardInterrupt:
        log.plain(["hadoop: cancelled"])
        return startup.INTERRUPTED
    except (RuntimeError, MemoryError) as error:
        trouble = trouble_at_border(error)
        if trouble is None:
            raise
        log.error(STREAM_JOB, str(trouble))
        log.plain(["Streaming Command Failed!"])
        return 1
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        log.error(STREAM_JOB, f"{where}{error.strerror}")
        log.plain(["Streaming Command Failed!"])
        return 1


def tool_of(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The one of _TOOLS that *words* ask for, and the words for it; StreamingExit for none."""
    if not words:
        # No "Streaming Command Failed!" here: Hadoop has no command yet that could.
        raise StreamingExit(1, usage.TOOLS, (Notice("No Arguments Given!"),))
    if words[0].lower() in _TOOLS:
        return words[0].lower(), tuple(words[1:])
    return "streamjob", tuple(words)


def _run_tool(tool: str, words: Sequence[str]) -> int:
    from hadoopless.streaming.typed_dump import run_tool  # Seldom needed.

    return run_tool(tool, words)


def tell(stdout: Sequence[str], stderr: Sequence[Notice], log: Log) -> None:
    """Print what the options have given rise to, before anything runs."""
    # Names of files are bytes, but no terminal is to obey them.
    shown = map(visible, stdout) if sys.stdout.isatty() else stdout
    sys.stdout.buffer.write(b"".join(os.fsencode(line) + b"\n" for line in shown))
    sys.stdout.flush()
    log.tell(stderr)


def _submit(request: Request, log: Log, inventory: Mapping[str, Any]) -> int:
    # Imported here, because most errors in options are told before any of this is needed.
    from hadoopless.coordinator.push.embedded import pool_ahead
    from hadoopless.wire import addresses, tls, tokens

    with ExitStack() as stack:
        try:
            tokens.take()
            tls.begin({})
        except MapReduceError as error:
            return not_launched(error, log)
        pool = None
        if not request.background:
            # The pool starts while this process loads modules and plans.
            try:
                pool = pool_ahead(addresses.choice_in_environment(), inventory, quiet=True)
            except MapReduceError as error:
                return not_launched(error, log)
        if pool is not None:
            stack.enter_context(pool)
        from hadoopless.entry.log_lines import visible_handler
        from hadoopless.streaming.client.running import run
        from hadoopless.streaming.planning import plan

        logging.basicConfig(level=logging.WARNING, handlers=[visible_handler()])
        try:
            job = plan(request, os.environ, log, stack)
        except MapReduceError as error:
            return not_launched(error, log)
        if request.background:
            return in_background(job, log, lambda: run(job, log, inventory))
        return run(job, log, inventory, pool)


def not_launched(error: Exception, log: Log) -> int:
    """Tell of the *error* for which a job has not begun; returns the exit code of the client."""
    log.error(STREAM_JOB, f"Error Launching job : {error}")
    log.plain(["Streaming Command Failed!"])
    return 5


def in_background(job: StreamingJob, log: Log, work: Callable[[], int]) -> int:
    """Do *work* in a process of its own that outlives this one; returns 0 in this one."""
    from hadoopless.streaming.client.output import remove_if_empty  # as planning was

    if job.spec.rules.hdfs:
        remove_if_empty(job.output)
        # The threads of the library for HDFS do not come along.
        text = "-background: a job with files in HDFS cannot go to the background by itself;"
        return not_launched(UsageError(f"{text} start it with: nohup hadoop jar ... &"), log)
    log.info(STREAM_JOB, "Job is running in background.")
    log_file = job.log_directory / f"{job.job}.log"
    log.info(STREAM_JOB, f"Its log is {log_file}")
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        log.error(
            STREAM_JOB,
            f"cannot write the log {log_file}: {error.strerror};"
            " HADOOP_LOG_DIR may name another directory",
        )
        remove_if_empty(job.output)  # it would be in the way of the next try
        log.plain(["Streaming Command Failed!"])
        return 5
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fork():
        # No clean-up here: the files of the job now belong to the child.
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for source, target in ((nothing, 0), (nothing, 1), (descriptor, 2)):
        os.dup2(source, target)
    return work()
