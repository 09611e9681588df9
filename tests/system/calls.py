"""HTTP calls to one worker, with nothing of ours between."""

from __future__ import annotations

import hmac
import json
import os
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

#: Stands among headers for the token with which a call is to be proved.
_TOKEN = "(token)"  # noqa: S105  # the name, not the token


class Answer(NamedTuple):
    """The answer of a worker."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        """The body, which must be JSON."""
        return json.loads(self.body)


def call(
    url: str,
    path: str,
    parameters: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request on a connection of its own; with those of :func:`with_token`, proved."""
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    headers = dict(headers or {})
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        if token := headers.pop(_TOKEN, None):
            headers |= proved(connection, token, method, target, body or b"")
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.headers))
    finally:
        connection.close()


def health(url: str) -> Any:
    """The health of the worker at *url*."""
    return call(url, "/health").json


def token_file(url: str) -> Path:
    """The file with the token of a worker."""
    name = urlsplit(url).netloc.replace(":", "-") + ".token"
    return Path(os.environ["XDG_RUNTIME_DIR"], "hadoopless", name)


def with_token(url: str, token: str | None = None) -> dict[str, str]:
    """The argument that lets :func:`call` prove that it knows the worker's token, or *token*."""
    return {_TOKEN: token or token_file(url).read_text()}


def proved(
    connection: HTTPConnection, token: str, method: str, target: str, body: bytes
) -> dict[str, str]:
    """The headers that prove the first request of *connection*, as docs/http.md tells."""
    nonce = "0123456789abcdef" * 2
    connection.request("GET", f"/prove?nonce={nonce}")
    theirs = json.loads(connection.getresponse().read())["nonce"]
    digest = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
    lines = ["caller", nonce, theirs, str(connection.port), "1", method, target, digest]
    proof = hmac.new(token.encode(), "\n".join(lines).encode(), "sha256").hexdigest()
    return {"Authorization": f"Hadoopless 1 {proof}", "Content-Digest": digest}
