"""The reasons why a call has no answer, each an error of its own."""

from __future__ import annotations

import http.client
import ssl

from hadoopless.errors import MapReduceError, own_trouble
from hadoopless.wire import tls

SPEAKS_TLS = f"it speaks TLS alone: its URL begins with https://, and calls need {tls.NEEDED}"


class Unreachable(Exception):
    """The server did not answer; ``unheard``: it cannot have heard the call either."""

    def __init__(self, why: str, *, unheard: bool = False) -> None:
        super().__init__(why)
        self.unheard = unheard


class Silent(Unreachable):
    """The server may live, and does not answer in time."""


class TooLong(Unreachable):
    """The answer has more bytes than an answer to that call can have."""


class Damaged(Unreachable):
    """The answer is not as it was sent; the server has heard the call."""


class NotOurs(Unreachable):
    """Whoever answers does not know our token; nothing of the call was said."""


class NotInOurTls(NotOurs):
    """One side alone speaks TLS, or one does not accept the other's certificate."""


def failed(error: OSError | http.client.HTTPException) -> Unreachable | MapReduceError:
    """The error of a call that was begun and has no answer."""
    if why := tls.why_not_ours(error):
        return NotInOurTls(why)
    if isinstance(error, TimeoutError):
        return Silent("it does not answer")
    return own_trouble(error) or Unreachable("the connection broke")


def unproven(error: OSError | http.client.HTTPException) -> Unreachable | MapReduceError:
    """The error of a connection that has failed before the call was said."""
    why = failed(error)
    if isinstance(why, Unreachable):
        why.unheard = True
    return why


def refused(error: OSError) -> Unreachable | MapReduceError:
    """The error of a call for which there is no connection."""
    if why := tls.why_not_ours(error):
        return NotInOurTls(why, unheard=True)
    if isinstance(error, TimeoutError):
        return Silent("it does not accept connections", unheard=True)
    if isinstance(error, (ConnectionRefusedError, FileNotFoundError)):
        why = "the connection was refused"
    elif isinstance(error, (ssl.SSLEOFError, ConnectionResetError)):
        why = "the connection broke at its beginning"
    else:
        why = f"no connection: {error.strerror or error}"
    return own_trouble(error) or Unreachable(why, unheard=True)
