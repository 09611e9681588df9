"""``hadoopless ui``: serves the pages of jobs to the browser of the user."""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

from hadoopless.entry import event_loop, startup
from hadoopless.entry.log_lines import visible_handler
from hadoopless.entry.telling import tell
from hadoopless.errors import MapReduceError, UsageError
from hadoopless.history import store
from hadoopless.page.entrance import Entrance
from hadoopless.page.jobs import Jobs, key_of
from hadoopless.page.options import new_parser
from hadoopless.page.server import Ending, serve
from hadoopless.visible import visible
from hadoopless.wire import server

_HIGHEST_PORT = 65_535


def main(words: Sequence[str]) -> int:
    """Serve until the process is told to stop; returns its exit code."""
    logging.basicConfig(level=logging.WARNING, handlers=[visible_handler()])
    try:
        startup.let_interrupts_raise()
        _run(new_parser().parse_args(words))
    except MapReduceError as error:
        print(f"hadoopless ui: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        pass  # the usual end
    return 0


def _run(options: argparse.Namespace) -> None:
    path = store.find(options.job).path if options.job else None
    jobs = Jobs([] if path is None else [path])
    if options.inherited is not None:
        listener, token = _inherited(options.inherited)
    else:
        if options.port > _HIGHEST_PORT:
            raise UsageError(f"--port: at most {_HIGHEST_PORT}, not {options.port}")
        listener = server.bind(f"http://127.0.0.1:{options.port}", option="--port")
        token = secrets.token_urlsafe(32)
        port = listener.getsockname()[1]
        tell(link(port, token, "" if path is None else key_of(path)))
        print("Ctrl-C ends it", file=sys.stderr)
    event_loop.run(serve(listener, Entrance(token), jobs, _ending(options, path)))


def link(port: int, token: str, key: str) -> str:
    """The link that opens the page of the job *key*, or the list of all."""
    job = f"&job={urllib.parse.quote(key, safe='')}" if key else ""
    return f"http://127.0.0.1:{port}/open?token={token}{job}"


def _inherited(descriptor: int) -> tuple[server.Listener, str]:
    """The socket and the token of the process that has started this one."""
    try:
        listener = server.Listener(fileno=descriptor)
        listener.setblocking(False)
    except OSError as error:
        raise UsageError(f"--inherited: {descriptor} is no socket") from error
    return listener, sys.stdin.readline().strip()


def _ending(options: argparse.Namespace, path: Path | None) -> Ending:
    if options.linger is None:
        # A pool of workers holds the other end of stdin, for as long as it runs.
        return Ending(lifeline=0 if options.inherited is not None else None)

    def goes_on() -> bool:
        return path is not None and store.runs(path)

    return Ending(linger=options.linger, goes_on=goes_on)
