"""A worker of ours or a plain one may answer at an address; any other server is left alone."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

import inventory
from hadoopless.coordinator.push import finding
from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.coordinator.push.embedded import EmbeddedPool
from hadoopless.coordinator.push.finding import find_workers
from hadoopless.coordinator.push.job import check_plain_workers
from hadoopless.errors import NoWorkersError, UsageError, WorkerError
from hadoopless.job import FileState, JobSpec, Split
from hadoopless.rules import PLAIN_RULES
from hadoopless.wire import addresses, proof
from hadoopless.wire.addresses import host_and_port
from hadoopless.wire.messages.replies import Health, health_reply
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest, TaskContext
from hadoopless.wire.unreachable import Unreachable
from tests.pools import free_ports

#: The answers of a server by path: status and body. All other paths are answered as "" is.
Answers = Mapping[str, tuple[int, str]]

HEALTH = (200, json.dumps(health_reply(Health("one"))))
#: The body of /prove stands for the token that the server knows.
UNPROVEN = {
    "/health": HEALTH,
    "/retrieveMapOutput": (400, '{"status": "error", "message": "mapTaskID is missing"}'),
}
OURS = {**UNPROVEN, "/prove": (200, "ours")}
OF_OTHERS = {**UNPROVEN, "/prove": (200, "theirs")}
REFUSING = {
    "/health": (
        403,
        '{"status": "error", "message": "no\\u001b token\\nhere", "kind": "forbidden"}',
    )
}
PLAIN = {
    "": (404, "<html>404: Not Found</html>"),
    "/retrieveMapOutput": (400, "<html>400: Missing argument reducerIx</html>"),
}
PLAIN_IN_JSON = {
    "": (404, '{"status": "error", "message": "no such call"}'),
    "/retrieveMapOutput": (404, '{"status": "error", "message": "no such map task"}'),
}
OTHER_RELEASE = {**OURS, "/health": (200, '{"status": "success", "protocol": 99}')}
TROUBLED = {
    "/health": (500, '{"status": "error", "message": "too many open files"}'),
    "/prove": (200, "ours"),
}
GONE = {"/health": (404, ""), "/prove": (200, "ours")}
WEB = {"": (404, "<html>404: Not Found</html>")}
WEB_FOR_ALL = {"": (200, "<html>Welcome</html>")}
API = {"": (404, '{"detail": "Not Found"}')}
LOGIN = {"": (302, "")}
TLS = {"": (400, "Client sent an HTTP request to an HTTPS server.")}


class Server:
    """An HTTP server, and the calls that it has heard; ``once``: the next answers by path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.heard: list[str] = []
        self.once: dict[str, tuple[int, str]] = {}


@contextmanager
def serving(answers: Answers, url: str = "http://127.0.0.1:0") -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        # A server that knows proofs keeps its connections.
        protocol_version = "HTTP/1.1" if proof.PATH in answers else "HTTP/1.0"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            usual = answers.get(path) or answers.get("", (404, ""))
            status, body = server.once.pop(path, usual)
            if path == proof.PATH and path in answers:
                line = proof.Line(self.path[-32:], proof.new_nonce(), listening.server_port)
                shown = proof.of_server(body, line)
                body = json.dumps({"nonce": line.servers_nonce, "proof": shown})
            elif path != proof.PATH:
                server.heard.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(host_and_port(url), Handler) as listening:
        server = Server(f"http://127.0.0.1:{listening.server_port}")
        thread = Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPREDUCE_TOKEN", "ours")


def found(*urls: str, wanted: str | None = "") -> tuple[list[WorkerClient], list[str]]:
    """The workers among *urls*, which are named or, with *wanted* None, the inventory's."""
    said: list[str] = []
    with ExitStack() as stack:
        clients = find_workers(
            ",".join(urls) if wanted == "" else wanted,
            {"WORKERS": list(urls)},
            stack,
            say=said.append,
            quiet=True,
        )
    return clients, said


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("wanted", ["", "inventory", None])
def test_a_worker_of_ours(wanted: str | None):
    with serving(OURS) as server:
        (client,), said = found(server.url, wanted=wanted)
    assert client.ours
    assert said == []


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("damaged", ["/prove", "/health"])
def test_a_damaged_answer_makes_no_stranger_of_a_worker_of_ours(damaged: str):
    """Such as one with another bit in its status; the second answer is whole."""
    answers = dict(OURS)
    with serving(answers) as server:
        server.once[damaged] = (202, answers[damaged][1])
        (client,), said = found(server.url)
    assert client.ours
    assert said == []


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize("answers", [PLAIN, PLAIN_IN_JSON, OTHER_RELEASE])
@pytest.mark.parametrize("wanted", ["", "inventory"])
def test_a_plain_worker_that_is_named(answers: Answers, wanted: str):
    with serving(answers) as server:
        (client,), _ = found(server.url, wanted=wanted)
        assert client.health("job", 5) == ""
    assert not client.ours
    assert all("?" not in call for call in server.heard[:3])


@pytest.mark.parametrize("answers", [WEB, WEB_FOR_ALL, API, LOGIN, TLS])
def test_no_worker_at_all(answers: Answers):
    """It hears nothing of the job, and no program is blamed for its answers."""
    with serving(answers) as server, pytest.raises(NoWorkersError) as error:
        found(server.url)
    status, _ = answers[""]
    assert str(error.value) == (
        f"no worker can be used: {server.url} is no worker: it answers /map with HTTP {status}"
    )
    assert server.heard == ["/health", "/health", "/retrieveMapOutput", "/map"]


def test_a_plain_worker_that_nobody_has_named_is_not_asked_for_more():
    with serving(PLAIN) as server:
        with pytest.raises(Stranger, match=r"is no worker of ours$"):
            WorkerClient(server.url).meet(5, plain=False, any_pool=False)
        assert server.heard == ["/health"] * 2


def test_the_pool_of_somebody_else(monkeypatch: pytest.MonkeyPatch):
    """Without a token it is used where it is named: it does for us what it does for everybody."""
    for answers in (OURS, UNPROVEN):
        with serving(answers) as server:
            unasked = WorkerClient(server.url)
            with pytest.raises(Stranger, match="belongs to another user, or to a pool whose"):
                unasked.meet(5, plain=False, any_pool=False)
            unasked.close()
            (client,), said = found(server.url)
            assert not client.ours
            assert client.health("job", 5) == ""
            assert len(said) == 1
    monkeypatch.setenv("MAPREDUCE_TOKEN", "wrong")
    for answers in (OF_OTHERS, UNPROVEN):
        with serving(answers) as server, pytest.raises(NoWorkersError) as error:
            found(server.url)
        assert "does not know the token in MAPREDUCE_TOKEN: it is not that" in str(error.value)
        assert server.heard == ["/health"] * 2 * (answers is UNPROVEN)  # and nothing of the job


def test_a_worker_that_refuses_our_token():
    """The worker's words are shown on one line, and cannot steer a terminal."""
    with serving(REFUSING) as server, pytest.raises(NoWorkersError) as error:
        found(server.url)
    assert str(error.value) == f"no worker can be used: {server.url} refuses us: no? token here"


@pytest.mark.parametrize("answers", [PLAIN, UNPROVEN])
def test_a_streaming_job_needs_workers_of_our_pool(answers: Answers):
    """It says nothing of --workers, an option that it has not."""
    with (
        serving(answers) as server,
        ExitStack() as stack,
        pytest.raises(NoWorkersError) as error,
    ):
        find_workers(server.url, {}, stack, say=print, quiet=True, plain=False)
    assert server.url in str(error.value)
    assert "--workers" not in str(error.value)
    assert server.heard == ["/health"] * 2


def test_rules_need_the_token():
    """The error comes before any worker is asked to run something."""
    with serving(UNPROVEN) as server:
        clients, _ = found(server.url)
        spec = JobSpec("cat", "cat", (Split("0.in"),), 1, ".", "/")
        check_plain_workers(spec, clients)
        spec = replace(spec, rules=replace(PLAIN_RULES, sort_values=True))
        with pytest.raises(UsageError, match=r"does only the plain calls for us.* MAPREDUCE_TOKEN"):
            check_plain_workers(spec, clients)
    assert server.heard == ["/health", "/health", "/retrieveMapOutput"]


@pytest.mark.usefixtures("token")
def test_workers_that_do_not_answer_are_named():
    gone = [f"http://127.0.0.1:{port}" for port in free_ports(2)]
    with serving(OURS) as one, serving(OURS) as two:
        clients, said = found(one.url, gone[0], two.url, gone[1])
    assert [client.url for client in clients] == [one.url, two.url]
    assert said == [f"2 of 4 workers answer, not {gone[0]}, {gone[1]}"]


@pytest.mark.usefixtures("token")
def test_all_reasons_are_on_one_line():
    gone = f"http://127.0.0.1:{free_ports(1)[0]}"
    with serving(OURS) as ours, serving(WEB) as web, serving(WEB) as other:
        _, said = found(gone, web.url, ours.url, other.url)
    assert said == [
        f"1 of 4 workers can be used: {gone} does not answer (the connection was refused);"
        f" each of {web.url}, {other.url} is no worker: it answers /map with HTTP 404"
    ]


@pytest.mark.usefixtures("token")
def test_a_worker_whose_place_another_program_has_taken():
    with serving(OURS) as server:
        client = WorkerClient(server.url)
        client.meet(5, plain=False, any_pool=False)
        assert client.health("job", 5) == "one"
        client.close()
    for answers, why in [
        (WEB, "cannot prove"),
        (PLAIN, "cannot prove"),
        (UNPROVEN, "cannot prove"),
        (OF_OTHERS, "does not know our token"),
    ]:
        with serving(answers, client.url) as server, pytest.raises(Unreachable, match=why):
            client.health("job", 5)
        assert server.heard == []


@pytest.mark.usefixtures("token")
def test_a_worker_of_ours_in_trouble():
    with serving(TROUBLED) as server, pytest.raises(NoWorkersError) as error:
        found(server.url)
    assert str(error.value).endswith(f"{server.url} cannot be asked: too many open files")
    with serving(OURS) as server:
        client = WorkerClient(server.url)
        client.meet(5, plain=False, any_pool=False)
        client.close()
    with serving(TROUBLED, client.url), pytest.raises(WorkerError, match="too many open files"):
        client.health("job", 5)
    client.close()
    with serving(GONE, client.url), pytest.raises(Stranger, match="no worker of ours any more"):
        client.health("job", 5)


def test_such_a_worker_learns_what_the_plain_calls_carry():
    """It does not learn the sizes of the inputs, the job's id or the variables of its programs."""
    rules = replace(PLAIN_RULES, environment=(("SECRET", "s"),))
    context = TaskContext(job_id="job", attempt="map-0-0", cwd="/c", rules=rules)
    split = Split("0.in", state=FileState(3, 4, 5, 6))
    with serving(PLAIN) as server:
        client = WorkerClient(server.url)
        with pytest.raises(WorkerError):
            client.map(MapRequest("m", split, 2, context=context), 5)
        with pytest.raises(WorkerError):
            client.reduce(ReduceRequest("r", 1, ("a",), "j", (server.url,), context), 5)
        client.cancel("job", "map-0-0", 5)
        client.release_job("job", 5)
    assert server.heard == [
        "/map?mapperPath=m&inputFile=0.in&numReducers=2",
        "/reduce?reducerIx=1&reducerPath=r&mapTaskIDs=a&jobPath=j",
    ]


def test_an_answer_without_a_reason_is_not_the_fault_of_a_program():
    with serving(WEB) as server, pytest.raises(WorkerError, match="HTTP 404 without a reason"):
        WorkerClient(server.url).map(MapRequest("cat", Split("0.in"), 1), 5)


def test_a_plain_worker_in_an_inventory_that_the_user_has_written():
    """It is used as one that is named, but not one of somebody else's pool."""
    with serving(PLAIN) as plain, serving(UNPROVEN) as others:
        clients, said = found(plain.url, others.url, wanted=None)
        assert [client.url for client in clients] == [plain.url]
        assert others.heard == ["/health"] * 2
    assert said == [
        f"1 of 2 workers can be used: {others.url} belongs to another user, or to a pool whose"
        " token we do not have",
        f"{plain.url} does only the plain calls for us: it learns the programs, the names of the"
        " files and the number of reducers, and nothing else",
    ]


def test_the_first_inventory_is_the_one_of_the_checkout():
    assert addresses.inventory_urls(vars(inventory)) == addresses.FIRST_INVENTORY


@pytest.mark.cluster
def test_a_job_brings_its_own_workers_where_none_of_the_inventory_is_ours(
    monkeypatch: pytest.MonkeyPatch,
):
    with serving(WEB) as web, ExitStack() as stack:
        said: list[str] = []
        monkeypatch.setattr(addresses, "FIRST_INVENTORY", (web.url,))
        clients = find_workers(None, {"WORKER": web.url}, stack, say=said.append, quiet=True)
        assert all(client.ours and client.url != web.url for client in clients)
    assert said == [
        f"no worker of the inventory can be used: {web.url} is no worker of ours; name it in"
        " --workers to use it; starting workers for this job alone"
    ]
    assert web.heard == ["/health"] * 2


@pytest.mark.usefixtures("token")
def test_a_long_start_of_the_jobs_own_workers_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "TELL_AFTER", 0.2)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    said: list[str] = []
    with ExitStack() as stack:
        stack.callback(listener.close)

        def say(text: str) -> None:
            said.append(text)
            listener.close()
            stack.enter_context(serving(OURS, url))

        ahead = cast(EmbeddedPool, SimpleNamespace(urls=[url]))
        (client,) = find_workers("embedded", {}, stack, say=say, quiet=True, ahead=ahead)
        assert client.ours
        assert client.embedded
    assert said == ["of the job's own workers 1 are not ready yet; the job waits 30 s more"]
