"""HTTP calls to one worker, with nothing of ours between."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit


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
    """One request on a connection of its own."""
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, target, body, dict(headers or {}))
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
    return Path(os.environ["XDG_RUNTIME_DIR"], "hadoopless-mapreduce", name)


def with_token(url: str) -> dict[str, str]:
    """The request header that shows the worker's token."""
    return {"Authorization": f"Bearer {token_file(url).read_text()}"}
