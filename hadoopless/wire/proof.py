"""Proofs that both ends of a connection know the same secret, which itself never travels.

Before anything else a caller sends a nonce. The server answers with a nonce of its own and the
HMAC of both; a caller that finds it wrong says nothing more. Each request of the caller then
carries an HMAC over both nonces, its number on the connection, method, target and the digest of its
body. That is mutual authentication by a keyed hash in three passes [ISO/IEC 9798-4], with
HMAC-SHA256 [RFC 2104].

The nonces bind a proof to its connection, the number to its place there, the role to its direction,
and the port keeps it from being passed on by whoever listens on another port. Who can change the
packets of a connection can still take it over: that is for TLS to prevent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re

from msgspec import Struct

#: The path of the first call on a connection; its parameter ``nonce`` is the caller's.
PATH = "/prove"
#: The scheme of the Authorization header: ``Hadoopless NUMBER PROOF``.
SCHEME = "Hadoopless"
#: The header with the digest of a body [RFC 9530].
DIGEST_HEADER = "Content-Digest"

_DIGEST = re.compile(r"sha-256=:[A-Za-z0-9+/]{43}=:")
_NONCE = re.compile(r"[0-9a-f]{32}")
_AUTHORIZATION = re.compile(rf"{SCHEME} ([0-9]{{1,15}}) ([0-9a-f]{{64}})")


class Line(Struct, frozen=True):
    """The nonces of one connection, and the port of its server."""

    callers_nonce: str
    servers_nonce: str
    port: int


def new_nonce() -> str:
    """A nonce: 128 random bits as hexadecimal digits."""
    return os.urandom(16).hex()


def is_nonce(text: str) -> bool:
    """True if *text* has the form of a nonce."""
    return _NONCE.fullmatch(text) is not None


def of_server(token: str, line: Line) -> str:
    """The server's proof that it knows *token*."""
    return _hmac(token, "server", line)


def of_request(token: str, line: Line, number: int, method: str, target: str, digest: str) -> str:
    """The caller's proof for its request *number* on the connection."""
    return _hmac(token, "caller", line, str(number), method, target, digest)


def digest_of(body: bytes) -> str:
    """The value of the Content-Digest header of a request or answer with *body*."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def is_digest(text: str) -> bool:
    """True for what :func:`digest_of` gives; others may use another algorithm, or several."""
    return _DIGEST.fullmatch(text) is not None


def authorization(number: int, proof: str) -> str:
    """The Authorization header of request *number*."""
    return f"{SCHEME} {number} {proof}"


def parse_authorization(text: str) -> tuple[int, str] | None:
    """(number, proof) of an Authorization header; None for any other."""
    found = _AUTHORIZATION.fullmatch(text)
    return None if found is None else (int(found[1]), found[2])


def equal(one: str, other: str) -> bool:
    """Compare two proofs in a time that does not depend on where they differ."""
    # A stranger's JSON may hold lone surrogates.
    one_bytes, other_bytes = (text.encode("utf-8", "surrogatepass") for text in (one, other))
    return hmac.compare_digest(one_bytes, other_bytes)


def of_data_servers(secret: str) -> str:
    """The token of the servers of map outputs, found by each worker of a job from its *secret*."""
    return hmac.digest(secret.encode(), b"data servers", "sha256").hex()


def _hmac(token: str, role: str, line: Line, *more: str) -> str:
    # No part holds a newline: nonces and digests are letters, and HTTP has none in the rest.
    parts = (role, line.callers_nonce, line.servers_nonce, str(line.port), *more)
    key = token.encode("utf-8", "surrogateescape")
    return hmac.digest(key, "\n".join(parts).encode("utf-8", "surrogateescape"), "sha256").hex()
