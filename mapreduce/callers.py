"""Who calls: whether a request shows the token, whether it may come from a foreign web page."""

from __future__ import annotations

import hmac
import urllib.parse
from collections.abc import Collection

from tornado.httputil import HTTPServerRequest

from mapreduce.addresses import is_loopback
from mapreduce.errors import ForbiddenError


def shows_token(request: HTTPServerRequest, token: str) -> bool:
    """Whether the request carries *token*; takes the same time however wrong it is."""
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(
        given.encode("utf-8", "replace"), f"Bearer {token}".encode("utf-8", "replace")
    )


def refuse_cross_site(request: HTTPServerRequest, host_names: Collection[str]) -> None:
    """Raise ForbiddenError for what a web page of another site could have sent.

    A page can make a browser on this machine call any address, so the name that it called must be
    ours (DNS rebinding), and the page, where the browser tells it, must be too.
    """
    host = urllib.parse.urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host) and host not in host_names:
        raise ForbiddenError(f"this worker does not go by the name {host!r}")
    origin = request.headers.get("Origin")
    if origin is not None and origin != f"{request.protocol}://{request.host}":
        raise ForbiddenError("requests from pages of other sites are refused")
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise ForbiddenError("requests from pages of other sites are refused")
