"""Decides who may read metrics: whoever may call anyway, and whoever shows the metrics token.

Prometheus cannot prove that it knows the token of a pool (:mod:`hadoopless.wire.proof`); it sends a
bearer token, in clear where there is no TLS. So the metrics have a token of their own, which opens
nothing else.
"""

from __future__ import annotations

import os

from tornado.httputil import HTTPHeaders

from hadoopless.errors import InputError, UsageError
from hadoopless.wire import proof
from hadoopless.wire.metrics.openmetrics import CONTENT_TYPE
from hadoopless.wire.server import JsonHandler

PATH = "/metrics"
OPTION = "--metricsTokenFile"
_SCHEME = "bearer"
_LONGEST_FILE = 4096


def read_token(path: str | None) -> str:
    """The metrics token that lies at *path*; "" without a path. Raises InputError, UsageError."""
    if path is None:
        return ""
    try:
        # A shell leaves a tilde behind --option= as it is.
        with open(os.path.expanduser(path), "rb") as file:
            text = file.read(_LONGEST_FILE)
    except OSError as error:
        raise InputError(f"{OPTION}: cannot read {path}: {error.strerror}") from error
    token = text.decode("ascii", "replace").strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise UsageError(f"{OPTION}: {path} must hold one word, as: openssl rand -hex 32")
    return token


def shows(headers: HTTPHeaders, token: str) -> bool:
    """True if *headers* show the metrics *token*; nobody can if that is empty."""
    scheme, _, word = headers.get("Authorization", "").partition(" ")
    return bool(token) and scheme.lower() == _SCHEME and proof.equal(word.strip(), token)


def answer(handler: JsonHandler, text: bytes) -> None:
    """Answer a scrape with *text*."""
    handler.set_header("Content-Type", CONTENT_TYPE)
    handler.finish(text)
