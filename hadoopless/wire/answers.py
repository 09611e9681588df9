"""One answer of a server: whole, undamaged, in time, and of a bounded size."""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from typing import Any, cast

from msgspec import Struct

from hadoopless.wire import proof, tls
from hadoopless.wire.unreachable import SPEAKS_TLS, Damaged, NotInOurTls, TooLong


class Answer(Struct, frozen=True):
    """A whole answer."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, if there is one."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None


class _TimedReads(io.RawIOBase):
    """Reads a socket until the time *end* of the monotonic clock; TimeoutError from then on.

    A timeout of the socket alone starts anew with each byte that somebody lets drip.
    """

    def __init__(self, one: socket.socket, end: float) -> None:
        self._socket = one
        self._file = one.makefile("rb", buffering=0)
        self._end = end

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come, as soon as something has."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the answer is over")
        self._socket.settimeout(left)
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Let go of the socket."""
        self._file.close()
        super().close()


class _AnswerBy:
    """Makes the answer on a socket, which must be whole at the time *end*."""

    def __init__(self, end: float) -> None:
        self._end = end

    def __call__(self, one: socket.socket, **options: Any) -> http.client.HTTPResponse:
        self._socket = one
        return http.client.HTTPResponse(cast(socket.socket, self), **options)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stand for the socket, of which an answer wants only this."""
        return io.BufferedReader(_TimedReads(self._socket, self._end))


def expect_answer(connection: http.client.HTTPConnection, patience: float | None) -> None:
    """Give the next answer on *connection* so many seconds; None: as long as it takes."""
    made_by: Any = http.client.HTTPResponse
    if patience is not None:
        made_by = _AnswerBy(time.monotonic() + patience)
    connection.response_class = made_by


def response_of(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
    """The answer to the request on *connection*; raises NotInOurTls, OSError, HTTPException."""
    try:
        response = connection.getresponse()
    except http.client.BadStatusLine as error:
        if tls.is_alert(str(error)):
            raise NotInOurTls(SPEAKS_TLS) from error
        raise
    if response.status == tls.UPGRADE_REQUIRED:
        response.close()
        raise NotInOurTls(SPEAKS_TLS)
    return response


def whole(response: http.client.HTTPResponse, largest: int) -> Answer:
    """The whole answer; TooLong, Damaged, HTTPException when it breaks off."""
    length, told = response.length, _tells_its_end(response)
    # With a length, only read() without one complains of an answer that breaks off.
    body = response.read(largest + 1) if length is None else b""
    if max(length or 0, len(body)) > largest:
        raise TooLong(f"its answer has more than {largest:,} bytes")
    if length is not None:
        body = response.read()
    if not body and not told:
        raise http.client.IncompleteRead(body)
    digest = response.getheader(proof.DIGEST_HEADER, "")
    if proof.is_digest(digest) and digest != proof.digest_of(body):
        raise Damaged("its answer was damaged on its way")
    return Answer(response.status, body)


def _tells_its_end(response: http.client.HTTPResponse) -> bool:
    """True if the answer may be empty: an empty one by HTTP/1.1 says so.

    Otherwise the connection ended within the head, which http.client takes for the end of that.
    """
    told = response.chunked or response.getheader("Content-Length") or response.status == 204
    return bool(told) or response.version != 11
