"""A server that lies: it reads a request to its end, answers with given bytes, and closes."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

#: Makes the whole answer, head and body, of a request line.
Answer = Callable[[bytes], bytes]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Liar:
    """A listening socket that answers each connection's first request by ``answer``."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.answer: Answer = lambda line: b""
        #: Calls on one connection, if ``keep`` is true, are answered until the caller closes it.
        self.keep = False

    @property
    def url(self) -> str:
        """The URL under which it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_one, args=(connection,), daemon=True).start()

    def _serve_one(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.settimeout(20)
            while line := _request(connection):
                connection.sendall(self.answer(line))
                if not self.keep:
                    return


def _request(connection: socket.socket) -> bytes:
    """The first line of the next request, which is read to its end; empty: there is none."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1 << 16)
        if not more:
            return b""
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    missing = int(length[1]) - len(rest) if length else 0
    while missing > 0:
        missing -= len(connection.recv(1 << 16)) or missing
    return head.partition(b"\r\n")[0]


@contextmanager
def lying(path: str | None = None) -> Iterator[Liar]:
    """A liar at a free port of loopback, or at the UNIX socket *path*."""
    family = socket.AF_INET if path is None else socket.AF_UNIX
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0) if path is None else path)
        listener.listen(128)
        liar = Liar(listener)
        thread = threading.Thread(target=liar.serve, daemon=True)
        thread.start()
        try:
            yield liar
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def response(body: bytes, status: str = "200 OK") -> bytes:
    """A right answer with *body*."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def chunked(body: bytes, size: int = 1000) -> bytes:
    """The same in chunks of *size* bytes."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
