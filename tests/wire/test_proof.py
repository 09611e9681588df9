"""Those who know the token can prove it, and nobody else can; each proof is good for once."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.errors import Cancelled, WorkerError
from hadoopless.wire import proof
from hadoopless.wire.addresses import Address
from hadoopless.wire.answers import Answer
from hadoopless.wire.caller import JSON, Caller, Message
from hadoopless.wire.intake import Application, Server
from hadoopless.wire.server import JsonHandler, Proofs, bind
from hadoopless.wire.unreachable import NotOurs

LINE = proof.Line("0" * 32, "1" * 32, 8701)
OTHERS = [
    proof.Line("2" * 32, "1" * 32, 8701),
    proof.Line("0" * 32, "2" * 32, 8701),
    proof.Line("0" * 32, "1" * 32, 8702),
]


def request(key: str = "t", line: proof.Line = LINE, **changed: object) -> str:
    fields = {"number": 1, "method": "GET", "target": "/x", "digest": "d"} | changed
    return proof.of_request(key, line, **fields)  # type: ignore[arg-type]


def test_each_part_counts():
    """HMAC-SHA256 over the parts, line by line, as any other implementation makes it."""
    assert proof.of_server("t", LINE) == (
        "ce07ac4cedf324914e26341bfb8d2b940047847babda9baa85954021e26e75f8"
    )
    assert request() == "d572e561500f6247f0ec13c65ef69d9cc9dad38f87b96ad64dc7f42c8474b636"
    made = [
        request(),
        request("u"),
        *(request(line=line) for line in OTHERS),
        request(number=2),
        request(method="POST"),
        request(target="/y"),
        request(digest="e"),
        proof.of_server("t", LINE),
    ]
    assert len(set(made)) == len(made)


@given(st.text())
def test_authorizations_are_read_or_refused(text: str):
    found = proof.parse_authorization(text)
    assert found is None or proof.authorization(*found) == text


@pytest.mark.parametrize(
    "text",
    ["", "x", "0" * 31, "0" * 33, "G" * 32, "0" * 32 + "\n", "\N{DEVANAGARI DIGIT ONE}" * 32],
)
def test_what_is_no_nonce(text: str):
    assert not proof.is_nonce(text)
    assert proof.is_nonce(proof.new_nonce())


class Handler(JsonHandler):
    """Tells whether its caller has proved that it knows the token."""

    def initialize(self, proofs: Proofs) -> None:
        self.proofs = proofs

    def get(self) -> None:
        if self.request.path == proof.PATH:
            self.write_json(self.proofs.begin(self.request, self.get_query_argument("nonce")))
        else:
            self.write_json({"trusted": self.proofs.holds(self.request)})

    post = get


@contextmanager
def serving(token: list[str]) -> Iterator[int]:
    """A server that knows the token in the list, as it is at each moment; gives its port."""
    listener = bind("http://127.0.0.1:0")
    stop, loops = asyncio.Event(), SimpleQueue[asyncio.AbstractEventLoop]()

    async def serve() -> None:
        proofs = Proofs(lambda: token[0])
        routes = [(r"/.*", Handler, {"proofs": proofs})]
        server = Server(Application(routes, proofs, log_function=lambda handler: None))
        server.add_socket(listener)
        loops.put(asyncio.get_running_loop())
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    loop = loops.get()
    try:
        yield listener.getsockname()[1]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def called(caller: Caller, message: Message | None = None) -> Answer:
    return caller.call("/x?y=%20", message, connect_timeout=20, answer_timeout=20)


def test_both_sides_prove_themselves():
    with serving(["t"]) as port:
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), lambda: "t")
        for message in (None, Message("{}", JSON), Message(b"\xff", JSON), None):
            assert called(caller, message).json() == {"trusted": True}
        assert caller.proven
        message = Message("{}", JSON)
        with caller.stream("/x", message, connect_timeout=20, answer_timeout=20) as response:
            assert json.loads(response.read()) == {"trusted": True}
        caller.close()


def test_without_a_token_one_is_anybody():
    with serving(["t"]) as port:
        address = Address(url=f"http://127.0.0.1:{port}")
        caller = Caller(address, lambda: None)
        assert called(caller).json() == {"trusted": False}
        assert not caller.proven
        caller.close()
        with pytest.raises(NotOurs, match="there is no token for"):
            called(Caller(address, lambda: None, only_proven=True))


def test_a_server_with_another_token_hears_nothing():
    with serving(["u"]) as port:
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), lambda: "t")
        with pytest.raises(NotOurs, match="does not know our token"):
            called(caller)


def test_a_server_that_was_started_anew():
    token, known = ["t"], ["t"]
    with serving(token) as port:
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), lambda: known[0])
        assert called(caller).json() == {"trusted": True}
        caller.close_idle()
        token[0] = "u"
        looks = iter(["t", "u", "u", "u"])  # the file is written a moment later
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), lambda: next(looks))
        assert called(caller).json() == {"trusted": True}
        caller.close()


@pytest.mark.parametrize("later", [None, "u"])
def test_a_server_that_has_proved_itself_must_do_so_again(later: str | None):
    """It hears nothing without a proof, not even when the file of its token is gone."""
    known: list[str | None] = ["t"]
    with serving(["t"]) as port:
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), lambda: known[0])
        assert called(caller).json() == {"trusted": True}
        caller.close_idle()
        known[0] = later
        with pytest.raises(NotOurs):
            called(caller)


@pytest.mark.parametrize("shown", ["", "\ud800", "\N{SNOWMAN}"])
def test_a_proof_of_any_letters_is_wrong(shown: str):
    assert not proof.equal(proof.of_server("t", LINE), shown)


def test_a_token_that_cannot_be_read_now():
    """That is our own trouble: nothing is said without a proof, and nobody is blamed."""

    def token() -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    with serving(["t"]) as port:
        caller = Caller(Address(url=f"http://127.0.0.1:{port}"), token)
        with pytest.raises(WorkerError, match="ulimit -n"):
            called(caller)
        with pytest.raises(WorkerError, match="ulimit -n"):
            caller.renew()


def test_nothing_is_proved_to_a_caller_who_is_gone():
    stream = SimpleNamespace(closed=lambda: True, socket=None)
    request = cast(Any, SimpleNamespace(connection=SimpleNamespace(stream=stream)))
    with pytest.raises(Cancelled, match="its caller went away"):
        Proofs(lambda: "t").begin(request, proof.new_nonce())


def test_a_proof_is_good_once_and_on_its_connection():
    with serving(["t"]) as port:
        one, other = (HTTPConnection("127.0.0.1", port, timeout=20) for _ in range(2))

        def ask(connection: HTTPConnection, target: str, **headers: str) -> dict[str, object]:
            connection.request("GET", target, headers=headers)
            answer: dict[str, object] = json.loads(connection.getresponse().read())
            return answer

        nonce = proof.new_nonce()
        told = ask(one, f"{proof.PATH}?nonce={nonce}")
        ask(other, f"{proof.PATH}?nonce={nonce}")
        line = proof.Line(nonce, str(told["nonce"]), port)
        digest = proof.digest_of(b"")

        def proved(number: int, target: str = "/x") -> dict[str, str]:
            shown = proof.of_request("t", line, number, "GET", target, digest)
            return {
                "Authorization": proof.authorization(number, shown),
                "Content-Digest": digest,
            }

        assert ask(one, "/x", **proved(2)) == {"trusted": True}
        for headers in (proved(2), proved(1), proved(3, "/y"), {}):
            assert ask(one, "/x", **headers)["kind"] == "unproven"
        assert ask(other, "/x", **proved(4))["kind"] == "unproven"
        wrong = proved(5) | {"Content-Digest": proof.digest_of(b"x")}
        assert ask(one, "/x", **wrong)["kind"] == "unproven"
        assert ask(one, "/x", **proved(6)) == {"trusted": True}
        one.close()
        other.close()


def test_a_proof_is_not_passed_on_to_another_port():
    """A server that listens on one port and asks another server for the proofs is found out."""
    with serving(["t"]) as port, socket.create_server(("127.0.0.1", 0)) as between:

        def pass_on() -> None:
            caller, _ = between.accept()
            with caller, socket.create_connection(("127.0.0.1", port)) as server:
                server.sendall(caller.recv(1 << 16))
                caller.sendall(server.recv(1 << 16))

        thread = threading.Thread(target=pass_on)
        thread.start()
        caller = Caller(Address(url=f"http://127.0.0.1:{between.getsockname()[1]}"), lambda: "t")
        with pytest.raises(NotOurs, match="does not know our token"):
            called(caller)
        thread.join()
