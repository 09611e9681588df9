"""TLS between processes: files that do not do, and peers that do not fit together."""

from __future__ import annotations

import asyncio
import http.client
import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hadoopless.errors import InputError, MapReduceError, UsageError
from hadoopless.wire import tls
from hadoopless.wire.addresses import Address, inventory_urls, parse_address, parse_url, unprotected
from hadoopless.wire.caller import Caller
from hadoopless.wire.intake import Application, Server
from hadoopless.wire.messages.joining import Hello, hello_message, parse_hello
from hadoopless.wire.server import JsonHandler, bind
from hadoopless.wire.unreachable import NotInOurTls, Unreachable
from tests.certificates import Authority, Identity


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("other-ca"))


@pytest.fixture(scope="module")
def identity(authority: Authority) -> Identity:
    return authority.identity("one")


@pytest.fixture(autouse=True)
def without_tls() -> Iterator[None]:
    """TLS is a matter of the whole process: each test ends without it."""
    yield
    tls.begin({}, {})


class Hello200(JsonHandler):
    """Answers each GET."""

    def get(self) -> None:
        self.write_json({"status": "success"})


@contextmanager
def serving(given: Mapping[str, str], **options: float) -> Iterator[str]:
    """The URL of a server that was made while *given* was in use."""
    tls.begin(given, {})
    listener = bind("http://127.0.0.1:0")
    port = listener.getsockname()[1]
    context, ready = tls.context_of_servers(), threading.Event()
    ended: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        ended.append(lambda: loop.call_soon_threadsafe(stopped.set))
        app = Application([("/.*", Hello200)], None, log_function=lambda _: None)
        server = Server(app, ssl_options=context, **options)
        server.add_sockets([listener])
        ready.set()
        await stopped.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield f"{'https' if given else 'http'}://127.0.0.1:{port}"
    finally:
        ended[0]()
        thread.join()


def called(url: str) -> int:
    caller = Caller(Address(url=url), lambda: None)
    try:
        return caller.call("/x", connect_timeout=20, answer_timeout=20).status
    finally:
        caller.close()


# Files ------------------------------------------------------------------------------------------


def refusal(given: Mapping[str, str], kind: type[MapReduceError] = UsageError) -> str:
    with pytest.raises(kind) as raised:
        tls.begin(given, {})
    assert not tls.in_use()
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("name", tls.VARIABLES)
def test_a_file_that_is_not_there(identity: Identity, name: str):
    told = refusal(identity.given | {name: "/not/there"}, InputError)
    assert told == f"--{name}: no such file: /not/there"


def test_a_file_that_cannot_be_read(identity: Identity, tmp_path: Path):
    told = refusal(identity.given | {"tlsKey": str(tmp_path)}, InputError)
    assert told == f"--tlsKey: {tmp_path} cannot be read: Is a directory"


def test_a_key_of_another_certificate(authority: Authority, identity: Identity):
    other = authority.identity("other")
    told = refusal(replace(identity, key=other.key).given)
    assert told == (
        f"--tlsKey: {other.key}: the key does not belong to the certificate {identity.certificate}"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("tlsCert", "holds no certificate in PEM"),
        ("tlsKey", "holds no private key in PEM"),
        ("tlsCa", "holds no certificate in PEM"),
    ],
)
def test_a_file_with_something_else(identity: Identity, tmp_path: Path, name: str, told: str):
    other = tmp_path / "other"
    other.write_text("something else\n")
    assert refusal(identity.given | {name: str(other)}) == f"--{name}: {other} {told}"


def test_a_key_with_a_passphrase(identity: Identity, tmp_path: Path):
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "pkey", "-in", identity.key, "-aes128", "-passout", "pass:x", "-out", locked],
        check=True,
    )
    assert f"--tlsKey: {locked}: the key wants a passphrase" in refusal(
        replace(identity, key=locked).given
    )


def test_an_expired_certificate(authority: Authority):
    old = authority.identity("old", days=-1)
    assert refusal(old.given) == (
        f"--tlsCert: {old.certificate}: the CA {old.ca} does not accept it: certificate has expired"
    )


def test_a_certificate_of_another_ca(identity: Identity, other_authority: Authority):
    wrong = replace(identity, ca=other_authority.certificate)
    assert refusal(wrong.given) == (
        f"--tlsCert: {wrong.certificate}: the CA {wrong.ca} does not accept it: unable to get local"
        " issuer certificate"
    )


@pytest.mark.parametrize("name", tls.VARIABLES)
def test_all_three_are_needed(identity: Identity, name: str):
    given = {option: path for option, path in identity.given.items() if option != name}
    assert refusal(given) == (
        "TLS needs --tlsCert, --tlsKey and --tlsCa;"
        f" --{name} (or {tls.VARIABLES[name]}) is not given"
    )


def test_an_empty_name(identity: Identity):
    assert refusal(identity.given | {"tlsKey": ""}) == "--tlsKey is empty; is a variable unset?"


def test_variables_stand_for_options(identity: Identity):
    tls.begin(dict.fromkeys(tls.VARIABLES), identity.environment)
    assert tls.in_use()
    with pytest.raises(InputError, match=r"^MAPREDUCE_TLS_CA: no such file: /none$"):
        tls.begin({}, identity.environment | {"MAPREDUCE_TLS_CA": "/none"})


# Calls ------------------------------------------------------------------------------------------


def test_a_call_in_tls(identity: Identity):
    with serving(identity.given) as url:
        assert called(url) == 200


def test_connections_in_tls_are_kept(identity: Identity):
    with serving(identity.given) as url:
        caller = Caller(Address(url=url), lambda: None)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            assert caller.call("/x", connect_timeout=20, answer_timeout=20).status == 200
        assert len(os.listdir("/proc/self/fd")) <= before + 2  # both ends are of this process
        caller.close()


def test_the_certificate_must_name_the_host(authority: Authority):
    elsewhere = authority.identity("elsewhere", "DNS:elsewhere", "IP:192.0.2.1")
    with serving(elsewhere.given) as url, pytest.raises(NotInOurTls) as refused:
        called(url)
    assert str(refused.value) == (
        "its TLS certificate is refused: IP address mismatch, certificate is not valid for"
        " '127.0.0.1'"
    )
    assert refused.value.unheard


def test_a_server_of_another_ca(identity: Identity, other_authority: Authority):
    with serving(other_authority.identity("theirs").given) as url:
        tls.begin(identity.given, {})
        with pytest.raises(NotInOurTls, match=r"^its TLS certificate is refused: self-signed"):
            called(url)


def test_a_caller_of_another_ca(
    identity: Identity, other_authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """It trusts both CAs, the server one."""
    both = tmp_path / "both.pem"
    theirs = other_authority.identity("theirs")
    both.write_bytes(identity.ca.read_bytes() + theirs.ca.read_bytes())
    with serving(identity.given) as url:
        tls.begin(replace(theirs, ca=both).given, {})
        with pytest.raises(NotInOurTls, match=r"^it refuses our TLS certificate: tls"):
            called(url)
    assert re.fullmatch(
        r"a caller from 127.0.0.1 is refused: TLS failed: .*certificate.*", caplog.messages[0]
    )


def test_a_server_whose_certificate_has_expired(identity: Identity, authority: Authority):
    old = authority.identity("old", days=-1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(old.certificate, old.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, pytest.raises(OSError, match="alert"):
                context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        tls.begin(identity.given, {})
        with pytest.raises(NotInOurTls, match=r"^its TLS certificate is refused: .*has expired$"):
            called(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


def test_a_caller_without_a_certificate(identity: Identity):
    with serving(identity.given) as url:
        context = ssl.create_default_context(cafile=identity.ca)
        connection = http.client.HTTPSConnection(url.removeprefix("https://"), context=context)
        connection.request("GET", "/x")
        with pytest.raises(OSError, match=r"CERTIFICATE_REQUIRED"):
            connection.getresponse()
        connection.close()


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "a bit"])
def test_a_handshake_that_never_ends(identity: Identity, sent: bytes):
    """The server leaves the caller after as long a silence as it allows without TLS."""
    with serving(identity.given, idle_connection_timeout=0.05) as url:
        address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))
        with socket.create_connection(address, 20) as connection:
            connection.sendall(sent)
            assert connection.recv(1 << 16) == b""


def test_a_plain_caller_at_a_port_of_tls(identity: Identity, caplog: pytest.LogCaptureFixture):
    with serving(identity.given) as url:
        tls.begin({}, {})
        plain = url.replace("https", "http")
        with pytest.raises(NotInOurTls) as refused:
            called(plain)
        stranger = http.client.HTTPConnection(plain.removeprefix("http://"))
        stranger.request("GET", "/map")
        answer = stranger.getresponse()
        assert (answer.status, answer.getheader("Upgrade")) == (426, "TLS/1.2")
        assert b"this server speaks TLS alone: its URL begins with https://" in answer.read()
        stranger.close()
    assert str(refused.value) == (
        "it speaks TLS alone: its URL begins with https://, and calls need --tlsCert, --tlsKey and"
        " --tlsCa"
    )
    assert "a caller from 127.0.0.1 is refused: it speaks no TLS" in caplog.messages


def test_a_caller_in_tls_at_a_plain_port(identity: Identity, caplog: pytest.LogCaptureFixture):
    with serving({}) as url:
        assert called(url) == 200
        tls.begin(identity.given, {})
        with pytest.raises(NotInOurTls) as refused:
            called(url.replace("http", "https"))
    assert str(refused.value) == "it speaks no TLS: was it started with --tlsCert?"
    assert any("it speaks TLS, and this server does not" in line for line in caplog.messages)


@pytest.mark.parametrize("answer", [b"\x15\x03\x03\x00\x02\x02\x46", b""])
def test_a_foreign_server_that_wants_tls(answer: bytes):
    """Many answer a plain request with an alert, some with the end of the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1 << 16)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(NotInOurTls if answer else Unreachable) as refused:
            called(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()
    assert ("speaks TLS alone" if answer else "the connection broke") in str(refused.value)


def test_a_url_of_tls_in_a_process_without_it():
    with pytest.raises(NotInOurTls, match=r"^its URL is one of TLS, which needs --tlsCert"):
        called("https://127.0.0.1:1")


# Addresses --------------------------------------------------------------------------------------


def test_urls_without_tls():
    with pytest.raises(UsageError) as refused:
        parse_url("https://h:1")
    assert str(refused.value) == (
        "https://h:1 is a URL of TLS, which needs --tlsCert, --tlsKey and --tlsCa"
    )


def test_all_urls_are_https_with_tls(identity: Identity):
    tls.begin(identity.given, {})
    assert [parse_url(url) for url in ("http://h:1", "https://h:1", "h:1")] == ["https://h:1"] * 3
    assert parse_address("[::1]:1") == Address(url="https://[::1]:1")
    assert inventory_urls({"A": "http://h:1", "B": ["https://h:2"]}) == (
        "https://h:1",
        "https://h:2",
    )


def test_workers_and_coordinator_must_agree(identity: Identity):
    secure, plain = (
        hello_message(Hello(0, f"{scheme}://127.0.0.1:1", "i")) for scheme in ("https", "http")
    )
    assert parse_hello(plain).url == "http://127.0.0.1:1"
    with pytest.raises(UsageError, match=r"^the worker uses TLS, this coordinator does not: give"):
        parse_hello(secure)
    tls.begin(identity.given, {})
    assert parse_hello(secure).url == "https://127.0.0.1:1"
    with pytest.raises(UsageError, match=r"^this coordinator uses TLS, the worker does not: give"):
        parse_hello(plain)


def test_who_can_read_along(identity: Identity):
    far = Address(url="http://192.0.2.1:1")
    assert (unprotected(far) or "").startswith("whoever can read packets on the way to 192.0.2.1")
    assert unprotected(Address(url="http://127.0.0.1:1")) is None
    assert unprotected(Address(path="/a/socket")) is None
    tls.begin(identity.given, {})
    assert unprotected(far) is None
