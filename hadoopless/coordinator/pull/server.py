"""The coordinator's ear: an HTTP server for the calls of joined workers, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from hadoopless.coordinator.pull.driver import PullDriver
from hadoopless.errors import ForbiddenError, UsageError
from hadoopless.wire import proof, tls, tokens
from hadoopless.wire.addresses import Address, host_and_port
from hadoopless.wire.intake import Application, Server
from hadoopless.wire.limits import JOINED_HEADER
from hadoopless.wire.metrics import scraping
from hadoopless.wire.server import JsonHandler, Proofs, bind, bind_unix, refuse_cross_site


class Metrics(Struct, frozen=True):
    """The metrics of the job, and the word with which callers may read them ("": there is none)."""

    page: Callable[[], bytes]
    token: str = ""


class CallHandler(JsonHandler):
    """POST /register, /ping, /ask, /submit, /leave with a JSON object."""

    def initialize(
        self,
        driver: PullDriver,
        proofs: Proofs | None,
        host_names: list[str],
        metrics: Metrics,
    ) -> None:
        """Tornado calls this with what the route was made with."""
        self._driver = driver
        self._proofs = proofs
        self._host_names = host_names
        self._metrics = metrics

    def prepare(self) -> None:
        """Refuse callers that may not call at all."""
        asks = self.request.path == proof.PATH
        proven = self._proofs is None or asks or self._proofs.holds(self.request)
        refuse_cross_site(self.request, self._host_names)
        if not proven:
            raise ForbiddenError(
                "this coordinator wants a proof that its caller knows its token; a worker takes"
                f" that from {tokens.ENVIRONMENT} or the file that the coordinator wrote"
            )

    def get(self, call: str) -> None:
        """Prove that this coordinator knows the token, the only GET."""
        if self._proofs is None or f"/{call}" != proof.PATH:
            raise UsageError(f"there is no GET of /{call}")
        nonce = self.get_query_argument("nonce", "")
        self.write_json(self._proofs.begin(self.request, nonce))

    async def post(self, call: str) -> None:
        """Answer one call."""
        try:
            message = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise UsageError("the body is no JSON") from error
        if not isinstance(message, dict):
            raise UsageError("the body is no JSON object")
        self.write_json(await self._driver.answer(call, message))


class MetricsHandler(CallHandler):
    """GET /metrics"""

    def prepare(self) -> None:
        """Let in who shows the metrics token, and whoever may call anyway."""
        if scraping.shows(self.request.headers, self._metrics.token):
            refuse_cross_site(self.request, self._host_names)
        else:
            super().prepare()

    def get(self, call: str = "") -> None:
        """Tell all metrics of the job."""
        scraping.answer(self, self._metrics.page())


class RpcServer:
    """Serves *driver* at *address*; a UNIX socket is its user's alone, TCP wants a token."""

    def __init__(self, address: Address, driver: PullDriver, metrics: Metrics) -> None:
        """Bind the address; raises PortInUse, DiskError, UsageError."""
        self._address = address
        self._driver = driver
        self._token: str | None = None
        host_names: list[str] = []
        if address.path is not None:
            self._socket = bind_unix(address.path)
        else:
            url = address.url or ""
            self._socket = bind(url, option="--listen")
            self._token = tokens.new_token()
            tokens.write(url, self._token)
            host_names.append(host_and_port(url)[0])
        token = self._token
        proofs = None if token is None else Proofs(lambda: token)
        shared = {
            "driver": driver,
            "proofs": proofs,
            "host_names": host_names,
            "metrics": metrics,
        }
        self._app = Application(
            [(scraping.PATH, MetricsHandler, shared), (r"/([a-z]+)", CallHandler, shared)],
            proofs,
            log_function=lambda handler: None,
        )
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="rpc", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        over_tcp = self._address.path is None
        server = Server(
            self._app,
            ssl_options=tls.context_of_servers() if over_tcp else None,
            max_header_size=JOINED_HEADER,
        )
        server.add_sockets([self._socket])
        watching = asyncio.create_task(self._driver.watch())
        self._ready.set()
        await self._stopped.wait()
        watching.cancel()
        self._remove_token()
        server.stop()
        await server.close_all_connections()

    def stop(self) -> None:
        """Answer no more and free the address."""
        if self._loop is not None and self._stopped is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
        self._remove_token()
        self._socket.close()
        if self._address.path is not None:
            Path(self._address.path).unlink(missing_ok=True)

    def _remove_token(self) -> None:
        """While the address is ours: the next coordinator there writes a token of its own."""
        if self._token is not None:
            tokens.remove(self._address.url or "", self._token)
            self._token = None
