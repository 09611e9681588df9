"""Serves the metrics of a job at ``/metrics`` on a port of loopback, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import ExitStack

import tornado.web

from hadoopless.wire import tls
from hadoopless.wire.intake import Application, Server
from hadoopless.wire.metrics import scraping
from hadoopless.wire.server import JsonHandler, bind, refuse_cross_site


class _Handler(JsonHandler):
    """The base of all answers here; pages of other sites get none."""

    def initialize(self, page: Callable[[], bytes]) -> None:
        """Tornado calls this with what the route was made with."""
        self._page = page

    def prepare(self) -> None:
        """Refuse requests of foreign web pages."""
        refuse_cross_site(self.request, ())

    def log_exception(self, kind: object, error: object, trace: object) -> None:
        """Log nothing: the terminal is that of the job, and the caller is told."""


class _Metrics(_Handler):
    """GET /metrics"""

    def get(self) -> None:
        """Tell all metrics of the job."""
        scraping.answer(self, self._page())


class _NotFound(_Handler):
    """The handler of all other paths."""

    def prepare(self) -> None:
        """Answer 404, after the checks of callers."""
        super().prepare()
        raise tornado.web.HTTPError(404, "no such call: %s", self.request.path)


class MetricsServer:
    """Answers scrapes from when it is made until it is stopped."""

    def __init__(self, port: int, page: Callable[[], bytes]) -> None:
        """Listen on *port* of loopback (0: any that is free); raises PortInUse, UsageError."""
        self._socket = bind(f"http://127.0.0.1:{port}", option="--metricsPort")
        scheme = "https" if tls.in_use() else "http"
        #: The address to scrape.
        self.url = f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}{scraping.PATH}"
        self._page = page
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        shared = {"page": self._page}
        app = Application(
            [(scraping.PATH, _Metrics, shared)],
            None,
            default_handler_class=_NotFound,
            default_handler_args=shared,
            log_function=lambda handler: None,
        )
        server = Server(app, ssl_options=tls.context_of_servers())
        self._loop.call_soon(server.add_sockets, [self._socket])
        self._loop.run_forever()
        server.stop()
        self._loop.run_until_complete(server.close_all_connections())
        self._loop.close()

    def stop(self) -> None:
        """Answer no more and free the port."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()


def serve_until(
    stack: ExitStack, port: int, page: Callable[[], bytes], say: Callable[[str], None]
) -> None:
    """Serve *page* at *port* until *stack* is left, and *say* where; raises PortInUse."""
    server = MetricsServer(port, page)
    stack.callback(server.stop)
    say(f"metrics at {server.url}")
