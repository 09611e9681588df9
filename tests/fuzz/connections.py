"""Sends calls in ways that no honest caller does, over raw sockets."""

from __future__ import annotations

import re
import socket
import struct
import time
import urllib.parse
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from hadoopless.wire import proof
from tests.fuzz.damage import damaged
from tests.fuzz.requests import Known, Request, draw_call

#: Seconds that a caller waits for what may come.
_PATIENCE = 0.15
_MANY = 60

_STATUS = re.compile(rb"^HTTP/1\.1 (\d{3}) ", re.MULTILINE)
_PROVED = re.compile(rb'"nonce": "([0-9a-f]{32})"')


@dataclass(frozen=True)
class Target:
    """A server; ``joined`` if it is a coordinator, ``token`` as far as the caller knows it."""

    url: str
    known: Known
    token: str
    joined: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """Its host and port."""
        parts = urllib.parse.urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def draw(self, random: Random) -> Request:
        """A call to it."""
        return draw_call(random, self.known, self.joined)


def _open(target: Target) -> socket.socket:
    return socket.create_connection(target.place, timeout=_PATIENCE)


def _end(random: Random, connection: socket.socket, target: Target) -> bytes:
    """Wait for an answer, hang up, or cut the line; returns what has come."""
    received = b""
    match random.randrange(8):
        case 0:
            linger = struct.pack("ii", 1, 0)  # on, no seconds: close() sends a reset
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        case 1:
            pass  # hang up at once
        case 2:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            received = _receive(connection)
        case _:
            received = _receive(connection)
    target.known.learn(received)
    return received


def _receive(connection: socket.socket) -> bytes:
    """All that comes until it stops for a moment after the first answer."""
    received = b""
    with suppress(OSError):
        while len(received) < 1 << 20:
            more = connection.recv(1 << 16)
            if not more:
                break
            received += more
            connection.settimeout(0.05)
    return received


def _exchange(random: Random, target: Target, *pieces: bytes, pause: float = 0.0) -> bytes:
    with _open(target) as connection:
        with suppress(OSError):  # the server may have heard enough
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(pause)
        return _end(random, connection, target)


def _right(random: Random, target: Target) -> bytes:
    return _exchange(random, target, target.draw(random).whole())


def _flipped(random: Random, target: Target) -> bytes:
    return _exchange(random, target, damaged(random, target.draw(random).whole()))


def _cut(random: Random, target: Target) -> bytes:
    whole = target.draw(random).whole()
    return _exchange(random, target, whole[: random.randrange(len(whole))])


def _pipelined(random: Random, target: Target) -> bytes:
    calls = [target.draw(random).whole() for _ in range(random.choice((2, 5, 20)))]
    if random.random() < 0.3:
        calls[-1] = damaged(random, calls[-1])
    return _exchange(random, target, b"".join(calls))


def _dripped(random: Random, target: Target) -> bytes:
    whole = target.draw(random).whole()[:400]
    size = random.choice((1, 3, 20, 50))
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    return _exchange(random, target, *pieces, pause=random.choice((0.0, 0.001, 0.005)))


def _wrong_length(random: Random, target: Target) -> bytes:
    request = target.draw(random)
    size = len(request.body)
    lengths = ["-1", "+5", "0x5", "1e3", "", "a", "5, 5", "5,6", "16777217", "9" * 30, "00", " 3 "]
    for _ in range(random.choice((1, 1, 2))):
        told = random.choice([*lengths, str(size - 1), str(size + 1), str(size + 1000)])
        request.headers.append(("Content-Length", told))
    if random.random() < 0.2:
        request.headers.append(("Transfer-Encoding", "chunked"))
    return _exchange(random, target, request.head(length=False) + request.body)


def _chunked(random: Random, target: Target) -> bytes:
    request = target.draw(random)
    body, size = request.body or b"a=b&c=d", random.choice((1, 7, 1000))
    request.headers.append(
        ("Transfer-Encoding", random.choice(("chunked", "chunked", "gzip", "x")))
    )
    sizes = [b"%x", b"%x", b"%x", b"%x;name=value", b"0%x", b"-%x", b"%xffffffff", b"%xz", b" %x"]
    chunks = []
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        chunks.append(random.choice(sizes) % len(piece) + b"\r\n" + piece + b"\r\n")
    ends = [b"0\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"0\r\n", b"", b"\r\n\r\n"]
    request.method = "POST"
    return _exchange(random, target, request.head(length=False), *chunks[:200], random.choice(ends))


def _header_flood(random: Random, target: Target) -> bytes:
    request = target.draw(random)
    odd = [
        "x" * 70_000,
        "",
        "\t",
        "a\0b",
        "\x80",
        "\r\n folded",
        "\r\nNo-Colon",
        ": :",
        "1" * 300_000,
    ]
    names = ["X-A", "Host", "Authorization", "Content-Digest", "Content-Type", "Cookie", "Expect"]
    names += ["Connection", "Upgrade", "Origin", "Sec-Fetch-Site", "Range", "Accept-Encoding", ""]
    values = [*odd, "100-continue", "close", "keep-alive", "multipart/form-data; boundary=", "[::1"]
    values += ["Hadoopless 1 " + "0" * 64, "null", "localhost:1", "websocket", "bytes=0-", "*"]
    for _ in range(random.choice((1, 2, 20))):
        header = random.choice(names), random.choice(values)
        request.headers += [header] * random.choice((1, 1, 1, 3000 if len(header[1]) < 50 else 1))
    return _exchange(random, target, request.whole())


def _many(random: Random, target: Target) -> bytes:
    """Many callers at once, most of them idle in the middle of something."""
    callers = []
    try:
        for _ in range(random.randrange(2, _MANY)):
            connection = _open(target)
            callers.append(connection)
            whole = target.draw(random).whole()
            connection.sendall(whole[: random.choice((0, 1, len(whole) // 2, len(whole)))])
        return _end(random, callers[0], target)
    finally:
        for connection in callers:
            connection.close()


def _noise(random: Random, target: Target) -> bytes:
    greetings = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + random.randbytes(500),
        b"GET /health\r\n",
        b"GET /health HTTP/1.0\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"\r\n" * random.choice((1, 1000)),
        b"\0" * 70_000,
        random.randbytes(random.choice((1, 100, 100_000))),
    ]
    return _exchange(random, target, random.choice(greetings))


def _proved(random: Random, target: Target) -> bytes:
    """Calls of somebody who knows the token, which their parameters do not show."""
    nonce = random.randbytes(16).hex()
    with _open(target) as connection:
        connection.settimeout(20 * _PATIENCE)
        connection.sendall(Request("GET", f"/prove?nonce={nonce}").whole())
        found = _PROVED.search(_receive(connection))
        if found is None:
            return b""
        line = proof.Line(nonce, found[1].decode(), target.place[1])
        received = b""
        connection.settimeout(_PATIENCE)
        for number in range(1, random.choice((2, 4, 10))):
            request = target.draw(random)
            if not request.target.isascii():
                continue
            digest = proof.digest_of(request.body)
            shown = proof.of_request(
                target.token, line, number, request.method, request.target, digest
            )
            request.headers += [
                ("Authorization", proof.authorization(number, shown)),
                (proof.DIGEST_HEADER, digest),
            ]
            with suppress(OSError):
                connection.sendall(request.whole())
                if random.random() < 0.7:
                    received += _receive(connection)
                    connection.settimeout(_PATIENCE)
        target.known.learn(received)
        return received + _end(random, connection, target)


WAYS: Mapping[str, Callable[[Random, Target], bytes]] = {
    "right calls": _right,
    "flipped bits": _flipped,
    "cut calls": _cut,
    "pipelined calls": _pipelined,
    "slow drips": _dripped,
    "wrong lengths": _wrong_length,
    "chunked bodies": _chunked,
    "header floods": _header_flood,
    "many connections": _many,
    "noise": _noise,
    "proved calls": _proved,
}


def crashes(received: bytes) -> list[str]:
    """The answers in *received* that tell of an error of ours."""
    return [
        received[found.start() : found.start() + 600].decode("latin-1")
        for found in _STATUS.finditer(received)
        if found[1] == b"500"
    ]
