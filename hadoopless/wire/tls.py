"""TLS between processes: the certificate that this process shows, and how others' are checked.

A process whose command line or environment names a certificate, its key and a CA makes and answers
all calls over TCP in TLS. Both sides show a certificate of that CA, and that of a server must name
the host that was called (docs/decisions/tls.md has the reasons).
"""

from __future__ import annotations

import errno
import http.client
import json
import logging
import os
import socket
import ssl
from collections.abc import Mapping

from msgspec import Struct

from hadoopless.errors import InputError, UsageError

_log = logging.getLogger(__name__)

#: The options that name the files, and the environment variables that do where an option is not.
VARIABLES = {
    "tlsCert": "MAPREDUCE_TLS_CERT",
    "tlsKey": "MAPREDUCE_TLS_KEY",
    "tlsCa": "MAPREDUCE_TLS_CA",
}
NEEDED = "--tlsCert, --tlsKey and --tlsCa"
#: HTTP status of a server that speaks TLS alone: Upgrade Required [RFC 9110, 15.5.22].
UPGRADE_REQUIRED = 426

#: The first byte that a caller in TLS sends, as a server without TLS sees it, and the first two of
#: an answer in TLS, as a caller without TLS sees them [RFC 8446, 5.1].
_HANDSHAKE = 0x16
_ALERT = "\x15\x03"
#: OpenSSL's names for an answer that is none in TLS, and parts of those for refused certificates.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_OF_CERTIFICATES = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "DECRYPT_ERROR")
#: So many different reasons are told in the log; more would be noise of somebody who tries.
_MOST_TOLD = 20


class _File(Struct, frozen=True):
    path: str
    #: The option or variable that names it.
    source: str

    def __str__(self) -> str:
        return f"{self.source}: {self.path}"


class _Files(Struct, frozen=True):
    certificate: _File
    key: _File
    ca: _File


class _Contexts(Struct, frozen=True):
    of_calls: ssl.SSLContext
    of_servers: ssl.SSLContext


_contexts: _Contexts | None = None


def begin(given: Mapping[str, str | None], environ: Mapping[str, str] = os.environ) -> None:
    """Make and answer all later calls in TLS, if options (*given*) or *environ* name the files.

    Raises UsageError, InputError for files that are not there or that do not fit together.
    """
    global _contexts
    found = {}
    for option, variable in VARIABLES.items():
        path, source = given.get(option), f"--{option}"
        if path == "":
            raise UsageError(f"--{option} is empty; is a variable unset?")
        if path is None:
            path, source = environ.get(variable), variable
        if path:
            found[option] = _File(os.path.abspath(os.path.expanduser(path)), source)
    _contexts = None
    if found:
        for option, variable in VARIABLES.items():
            if option not in found:
                raise UsageError(f"TLS needs {NEEDED}; --{option} (or {variable}) is not given")
        _contexts = _made_of(_Files(found["tlsCert"], found["tlsKey"], found["tlsCa"]))


def in_use() -> bool:
    """True if the calls of this process are in TLS."""
    return _contexts is not None


def scheme() -> str:
    """The scheme of the URLs that this process uses."""
    return "http" if _contexts is None else "https"


def context_of_calls() -> ssl.SSLContext | None:
    """The context of connections to other processes; None without TLS."""
    return None if _contexts is None else _contexts.of_calls


def context_of_servers() -> ssl.SSLContext | None:
    """The context of this process's servers, for Tornado's ``ssl_options``; None without TLS."""
    return None if _contexts is None else _contexts.of_servers


# Files ------------------------------------------------------------------------------------------


def _made_of(files: _Files) -> _Contexts:
    for file in (files.certificate, files.key, files.ca):
        _check_readable(file)
    of_calls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    of_servers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for context in (of_calls, of_servers):
        _load(context, files)
        context.verify_mode = ssl.CERT_REQUIRED
    # Connections are kept open, not resumed: a ticket would only lie in the way of the answer.
    of_servers.num_tickets = 0
    of_servers.sslsocket_class = _ServersSocket
    _rehearse(files)
    return _Contexts(of_calls, of_servers)


def _check_readable(file: _File) -> None:
    try:
        with open(file.path, "rb") as opened:
            opened.read(1)
    except FileNotFoundError as error:
        raise InputError(f"{file.source}: no such file: {file.path}") from error
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}") from error


def _load(context: ssl.SSLContext, files: _Files) -> None:
    """Let *context* show our certificate and trust the CA alone; raises UsageError."""

    def refuse_to_ask() -> bytes:
        raise UsageError(
            f"{files.key}: the key wants a passphrase; write one without (openssl pkey -in … -out"
            " …), which you alone can read"
        )

    try:
        context.load_cert_chain(files.certificate.path, files.key.path, refuse_to_ask)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"{files.key}: the key does not belong to the certificate {files.certificate.path}"
            ) from error
        raise UsageError(f"{_unreadable(files)} in PEM") from error
    try:
        context.load_verify_locations(files.ca.path)
    except ssl.SSLError as error:
        raise UsageError(f"{files.ca} holds no certificate in PEM") from error


def _unreadable(files: _Files) -> str:
    """The file of certificate and key that OpenSSL could not read, and what it should hold."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(files.certificate.path)
    except ssl.SSLError:
        return f"{files.certificate} holds no certificate"
    return f"{files.key} holds no private key"


def _rehearse(files: _Files) -> None:
    """Shake hands with ourselves; raises UsageError where the CA does not accept our certificate.

    Otherwise each of our peers would find that out, and could only say that we are refused.
    """
    ends = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ends[0].check_hostname = False
    for context in ends:
        _load(context, files)
        context.verify_mode = ssl.CERT_REQUIRED
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = ends[0].wrap_bio(back, there)
    server = ends[1].wrap_bio(there, back, server_side=True)
    try:
        for side in (caller, server, caller, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                pass  # the other side is next
    except ssl.SSLError as error:
        why = _reason(error)
        raise UsageError(
            f"{files.certificate}: the CA {files.ca.path} does not accept it: {why}"
        ) from error


# Servers ----------------------------------------------------------------------------------------


def _plain_answer(status: str, more_headers: str, message: str) -> bytes:
    body = json.dumps({"status": "error", "message": message, "kind": UsageError.kind})
    return (
        f"HTTP/1.1 {status}\r\n{more_headers}Content-Type: application/json; charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}"
    ).encode()


_SPEAKS_TLS = _plain_answer(
    f"{UPGRADE_REQUIRED} Upgrade Required",
    "Upgrade: TLS/1.2\r\n",
    "this server speaks TLS alone: its URL begins with https://",
)
_SPEAKS_NO_TLS = _plain_answer(
    "400 Bad Request", "", "this server speaks no TLS: its URL begins with http://"
)

_told: set[str] = set()


def _tell(caller: str, why: str) -> None:
    """Log, once, that the *caller* is refused."""
    line = f"{caller} is refused: {why}"
    if line not in _told and len(_told) < _MOST_TOLD:
        _told.add(line)
        _log.warning("%s", line)


class _ServersSocket(ssl.SSLSocket):
    """A connection of a server in TLS, which tells callers without TLS so."""

    def do_handshake(self, block: bool = False) -> None:
        """Go on with the handshake; ConnectionResetError where the caller is refused."""
        try:
            super().do_handshake(block)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLEOFError):
            raise
        except ssl.SSLError as error:
            caller, why = _caller_at(self), f"TLS failed: {_reason(error)}"
            if error.reason == "HTTP_REQUEST":
                why = "it speaks no TLS"
                socket.socket.send(self, _SPEAKS_TLS)
            _tell(caller, why)
            _discard_the_rest(self)
            # Tornado logs all errors but this one, for any who care to connect.
            raise ConnectionResetError(errno.ECONNRESET, why) from error


class PlainSocket(socket.socket):
    """A connection of a server without TLS, which tells callers in TLS so.

    Their first message need not look like a request that ever ends.
    """

    _is_new = True

    # The argument is any buffer, as in the class above.
    def recv_into(self, buffer, *limits) -> int:  # type: ignore[no-untyped-def]
        """Receive; ConnectionResetError where the caller begins with a handshake of TLS."""
        count = super().recv_into(buffer, *limits)
        if self._is_new and count:
            self._is_new = False
            if buffer[0] == _HANDSHAKE:
                caller = _caller_at(self)
                self.send(_SPEAKS_NO_TLS)
                _tell(caller, "it speaks TLS, and this server does not")
                raise ConnectionResetError(errno.ECONNRESET, "the caller speaks TLS")
        return count


def _caller_at(one: socket.socket) -> str:
    """Name the caller at the other end, for a line."""
    try:
        return f"a caller from {one.getpeername()[0]}"
    except OSError:
        return "a caller that is gone"


def _discard_the_rest(one: socket.socket) -> None:
    """Read what has come already: closing would otherwise take our last words back."""
    try:
        socket.socket.recv(one, 1 << 16)
    except OSError:
        pass  # there is no more


# Errors -----------------------------------------------------------------------------------------


def is_alert(text: str) -> bool:
    """True if *text*, which is no HTTP, is how a server in TLS refuses a caller without it."""
    return text.startswith(_ALERT)


def why_not_ours(error: OSError | http.client.HTTPException) -> str | None:
    """The reason why the two sides of a connection do not agree on TLS; None for other errors."""
    if not isinstance(error, ssl.SSLError):
        return None
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its TLS certificate is refused: {_reason(error)}"
    reason = error.reason or ""
    if reason in _NO_TLS:
        return "it speaks no TLS: was it started with --tlsCert?"
    if "ALERT" in reason and any(word in reason for word in _OF_CERTIFICATES):
        return f"it refuses our TLS certificate: {_reason(error)}"
    return None


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's words for *error*."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message.rstrip(".")
    return (error.reason or str(error)).replace("_", " ").lower()
