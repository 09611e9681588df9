"""A road between processes that can be made bad: TCP and UNIX proxies in one thread.

It stands before the workers' data servers and, in pull mode, before the coordinator too. There it
puts the address of a proxy in place of the data address that a worker registers.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from tests.chaos.plan import Fault

#: A loopback address of its own, on which each port of a worker is free.
_HOST = "127.0.0.2"
_PIECE = 1 << 16
_END_OF_HEAD = b"\r\n\r\n"
#: An answer with fewer bytes than this has no segment worth spoiling.
_SMALLEST = 40

#: Faults of the answers to calls.
_OF_CALLS = (
    *(Fault.CALL_CUT, Fault.CALL_SWALLOWED, Fault.CALL_FLIPPED),
    *(Fault.CALL_DELAYED, Fault.CALL_HALF_OPEN),
)

T = TypeVar("T")
Connect = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Spoil(NamedTuple):
    """A fault for the next fitting answer.

    *share* says how far into the answer, *seconds* for how long it is held back. The answer to a
    call fits if it holds *text*.
    """

    fault: Fault
    share: float
    seconds: float = 0.0
    text: bytes = b""


class _Message(NamedTuple):
    head: bytes
    body: bytes


class Road:
    """All proxies of one run. Its methods may be called from any thread."""

    def __init__(self, tell: Callable[[Fault], None]) -> None:
        """*tell* hears of each spoilt answer."""
        self._tell = tell
        self._spoils: deque[Spoil] = deque()
        #: The data proxy of each joined worker: its id, the real address, the server.
        self._data: dict[str, tuple[int, str, asyncio.Server]] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="road")
        self._thread.start()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    # Called by the run --------------------------------------------------------------------------

    def spoil(self, spoil: Spoil) -> None:
        """Let the next fitting answer suffer."""
        self._spoils.append(spoil)

    @property
    def pending(self) -> list[Spoil]:
        """The faults that have not happened yet."""
        return list(self._spoils)

    def before_worker(self, url: str) -> str:
        """The address of a new proxy before the worker at *url*."""
        server = self._do(self._serve_tcp(url))
        return _address(server)

    def before_coordinator(self, path: Path, coordinator: Path) -> None:
        """A proxy at the UNIX socket *path* before the one at *coordinator*."""

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_unix_connection(coordinator)

        async def start() -> None:
            self._servers.append(await asyncio.start_unix_server(self._handler(connect), path))

        self._do(start())

    def forget(self, worker: int) -> None:
        """The joined worker with that id is dead: nobody listens at its address any more."""

        async def close() -> None:
            for real, (owner, _, server) in list(self._data.items()):
                if owner == worker:
                    del self._data[real]
                    server.close()

        self._do(close())

    def close(self) -> None:
        """Close everything."""

        async def cancel() -> None:
            for server in self._servers:
                server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self._do(cancel())
        # The sockets that were closed just now are closed by the loop's next round.
        self._loop.call_soon_threadsafe(self._loop.call_soon, self._loop.stop)
        self._thread.join()
        self._loop.close()

    # In the thread ------------------------------------------------------------------------------

    async def _serve_tcp(self, url: str) -> asyncio.Server:
        parts = urlsplit(url)

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection(parts.hostname, parts.port)

        # A proof holds for one port.
        server = await asyncio.start_server(self._handler(connect), _HOST, parts.port)
        self._servers.append(server)
        return server

    def _handler(
        self, connect: Connect
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_writer: asyncio.StreamWriter | None = None
            try:
                first = await _read_message(reader)
                far_reader, far_writer = await connect()
                if first.head.startswith(b"GET /prove?"):
                    far_writer.write(first.head)
                    proof = await _read_message(far_reader)
                    writer.write(proof.head + proof.body)
                    first = await _read_message(reader)
                first = await self._with_proxy_address(first)
                far_writer.write(first.head + first.body)
                if first.head.startswith(b"POST /segments "):
                    await self._pass_segments(far_reader, writer)
                else:
                    await self._pass_calls((reader, writer), (far_reader, far_writer))
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # one of the two is gone, and so will be the other
            finally:
                for each in (writer, far_writer):
                    if each is not None:
                        each.close()

        return handle

    async def _with_proxy_address(self, request: _Message) -> _Message:
        """A worker's /register with the address of a proxy as its data address."""
        if not request.head.startswith(b"POST /register "):
            return request
        hello = json.loads(request.body)
        real = hello["url"]
        if real not in self._data:
            self._data[real] = (hello["worker"], real, await self._serve_tcp(real))
        hello["url"] = _address(self._data[real][2])
        body = json.dumps(hello).encode()
        lines = request.head.split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith(b"content-length:")]
        kept.insert(1, b"Content-Length: %d" % len(body))
        return _Message(b"\r\n".join(kept), body)

    async def _pass_segments(
        self, far_reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answer = await _read_message(far_reader)
        body = answer.body
        fits = len(body) >= _SMALLEST and b" 200 " in answer.head[:20]
        spoil = self._next_spoil(Fault.SEGMENT_CUT, Fault.SEGMENT_FLIPPED) if fits else None
        if spoil is not None:
            at = int(spoil.share * len(body))
            body = body[:at] if spoil.fault is Fault.SEGMENT_CUT else _flipped(body, at)
        writer.write(answer.head + body)
        await writer.drain()

    async def _pass_calls(
        self,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Pass on what comes until one side is done; then the other is, too."""
        gone = asyncio.Event()  # set: what comes from either side vanishes
        there = asyncio.create_task(self._pump(near[0], far[1], gone, spoiled=False))
        back = asyncio.create_task(self._pump(far[0], near[1], gone, spoiled=True))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (there, back):
                each.cancel()
            await asyncio.gather(there, back, return_exceptions=True)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        gone: asyncio.Event,
        *,
        spoiled: bool,
    ) -> None:
        while data := await reader.read(_PIECE):
            spoil = None
            if spoiled and not gone.is_set():
                spoil = self._next_spoil(*_OF_CALLS, data=data)
            at = int(spoil.share * len(data)) if spoil is not None else 0
            match spoil and spoil.fault:
                case Fault.CALL_CUT:
                    writer.write(data[:at])
                    return
                case Fault.CALL_SWALLOWED:
                    continue
                case Fault.CALL_FLIPPED:
                    data = _flipped(data, at)
                case Fault.CALL_DELAYED if spoil is not None:
                    await asyncio.sleep(spoil.seconds)
                case Fault.CALL_HALF_OPEN:
                    gone.set()
            if not gone.is_set():
                writer.write(data)
                await writer.drain()

    def _next_spoil(self, *faults: Fault, data: bytes = b"") -> Spoil | None:
        for spoil in self._spoils:
            if spoil.fault in faults and spoil.text in data:
                self._spoils.remove(spoil)
                self._tell(spoil.fault)
                return spoil
        return None


def _flipped(data: bytes, at: int) -> bytes:
    """*data* with another bit at *at*."""
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def _address(server: asyncio.Server) -> str:
    return f"http://{_HOST}:{server.sockets[0].getsockname()[1]}"


async def _read_message(reader: asyncio.StreamReader) -> _Message:
    """One HTTP message with a Content-Length or without a body."""
    head = await reader.readuntil(_END_OF_HEAD)
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return _Message(head, await reader.readexactly(length))
