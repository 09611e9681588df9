"""Lets those see the pages who have opened the link with the token, in the browser that did.

A link is exchanged for a cookie, so that pages work without scripts and no secret stays in the
address bar or the history of the browser. The cookie cannot be read by scripts, comes with no
request that another site has caused, and goes to the paths below a random one alone: a browser
sends the cookies of 127.0.0.1 to all its ports, those of other users' servers among them.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

import tornado.web

from hadoopless.errors import ForbiddenError, MapReduceError, own_trouble, trouble_at_border
from hadoopless.page.html.document import plain_document, policy
from hadoopless.page.html.markup import Html, element
from hadoopless.wire.server import refuse_cross_site


class Entrance:
    """The secrets of one server."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._session = secrets.token_urlsafe(32)
        #: The path below which all pages lie.
        self.root = f"/{secrets.token_hex(8)}/"
        self.cookie = "hadoopless"

    def opens(self, token: str) -> bool:
        """True for the token of the link."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())

    def knows(self, cookie: str | None) -> bool:
        """True for the cookie that a link was exchanged for."""
        shown = (cookie or "").encode("utf-8", "replace")
        return hmac.compare_digest(shown, self._session.encode())

    def admit(self, handler: tornado.web.RequestHandler) -> None:
        """Give the caller the cookie."""
        handler.set_cookie(
            self.cookie, self._session, path=self.root, httponly=True, samesite="Strict"
        )


class PageHandler(tornado.web.RequestHandler):
    """The base of all handlers here: it checks the caller, and sets what protects the page."""

    entrance: Entrance

    def initialize(self, entrance: Entrance, **others: Any) -> None:
        """Tornado calls this with what the routes were given."""
        self.entrance = entrance
        for name, value in others.items():
            setattr(self, name, value)

    def set_default_headers(self) -> None:
        """No page is kept by a browser, framed by another, or taken for another kind."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Security-Policy", policy(live=True))
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.clear_header("Server")

    def compute_etag(self) -> None:
        """None: nothing is kept that an answer could be compared with."""

    def prepare(self) -> None:
        """Refuse pages of other sites, and callers who have not opened the link."""
        try:
            refuse_cross_site(self.request, ())
        except ForbiddenError as error:
            raise ForbiddenError("this page is for its own links alone") from error
        if not self.entrance.knows(self.get_cookie(self.entrance.cookie)):
            raise ForbiddenError(
                "open the link that was printed in the terminal; it has the token of this page"
            )

    def write_error(self, status_code: int, **details: Any) -> None:
        """Every error is a short page."""
        error = details.get("exc_info", (None, None, None))[1]
        error = trouble_at_border(error) or error
        message = self._reason
        if isinstance(error, MapReduceError):
            self.set_status(error.http_status)
            message = str(error)
        body = element("h1", "Not shown"), element("p", message)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.finish(plain_document("hadoopless", Html("".join(body))))

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Errors of callers are told to them; only our own get a trace in the log."""
        if not isinstance(error, MapReduceError) and own_trouble(error) is None:
            super().log_exception(kind, error, trace)


class OpenHandler(PageHandler):
    """``/open?token=…&job=…``: exchanges the token for the cookie, and leads to the page."""

    def prepare(self) -> None:
        """The token is the proof; a link may be followed from anywhere, by its name for us."""
        self.request.headers.pop("Sec-Fetch-Site", None)
        self.request.headers.pop("Origin", None)
        refuse_cross_site(self.request, ())
        if not self.entrance.opens(self.get_query_argument("token", "")):
            raise ForbiddenError("this link is not, or no longer, the one of this page")

    def get(self) -> None:
        """Lead on by a page of ours: after a redirect from another site no cookie would come."""
        self.entrance.admit(self)
        key = self.get_query_argument("job", "")
        where = self.entrance.root + (f"jobs/{_quoted(key)}/" if key else "")
        self.set_header("Refresh", f"0; url={where}")
        body = element("p", element("a", "Open the page", href=where))
        self.finish(plain_document("hadoopless", body))


def _quoted(key: str) -> str:
    import urllib.parse  # only here: once for each browser

    return urllib.parse.quote(key, safe="")
