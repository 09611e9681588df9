"""The shuffle against real HTTP peers: honest ones, plain ones, and those that break off."""

from __future__ import annotations

import json
import os
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from hadoopless.data.merge.merge import merged
from hadoopless.data.runs.runs import FileRun, MemoryRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch import Shuffle, Sources
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.peer import Peers
from hadoopless.data.shuffle.same_machine import LEAST_IN_PLACE, OthersFile, machine
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import Cancelled, DiskError, FetchError, ForbiddenError, UsageError
from hadoopless.job import Sum
from hadoopless.wire.messages import failures
from hadoopless.wire.messages import segments as segment_messages
from hadoopless.wire.messages.segments import Place, Told
from tests.data.samples import (
    content,
    descriptor_of,
    descriptors_of,
    in_order,
    joined,
    memory_run,
    reader,
    sorted_records,
)
from tests.data.shuffle.peers import Answer, Reply, Request, Server, answer_of, segments, serving

PLENTY = 1 << 30


NO_PAGE = b"<html>no such page</html>"
NO_TOKEN = json.dumps(failures.error_reply(ForbiddenError("only callers with the token"))).encode()


def plain(lists: dict[str, object], other_calls: int = 404, text: bytes = NO_PAGE) -> Answer:
    """A peer that knows only the three calls of the contract."""

    def answer(request: Request) -> Reply:
        if request.path != "/retrieveMapOutput":
            return other_calls, text
        if request.query["mapTaskID"] not in lists:
            return 404, b"<html>no such page</html>"
        return 200, json.dumps(lists[request.query["mapTaskID"]]).encode()

    return answer


StartPeer = Callable[[Answer], Server]


@pytest.fixture
def peer() -> Iterator[StartPeer]:
    """Starts a peer for the time of the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


class Reducer:
    """Gathers with a store, a budget and a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.budget = MemoryBudget(PLENTY)
        self.store = MapOutputStore(PLENTY, str(directory))
        self.peers = Peers(no_token)

    def gather(
        self,
        ids: Sequence[str],
        workers: Sequence[str] = (),
        inventory: Sequence[str] = (),
        check: Callable[[], None] = lambda: None,
        expected: Sum | None = None,
    ) -> Gathered:
        shuffle = Shuffle(self.store, self.budget, str(self.directory), self.peers)
        return shuffle.gather(1, Sources(ids, workers, inventory), check, expected)

    def merged(self, gathered: Gathered) -> bytes:
        return joined(merged(gathered.runs, 1 << 20, SpillFile(str(self.directory))))


def no_token(url: str) -> None:
    """The peers of these tests know no proofs."""


@pytest.fixture
def reducer(tmp_path: Path) -> Reducer:
    return Reducer(tmp_path)


def some_runs(name: bytes, *counts: int) -> list[list[bytes]]:
    """Sorted records, *counts* of them a run."""
    number = count()
    return [
        in_order(b"%d\t%s %d\n" % (next(number) * 7 % 10, name, i) for i in range(size))
        for size in counts
    ]


A, B, C = some_runs(b"a", 20, 5), some_runs(b"b", 9), some_runs(b"c", 3, 1, 3)


def runs_of(records: list[list[bytes]]) -> list[Run]:
    return [memory_run(run, 3) for run in records]


def model(*outputs: list[list[bytes]]) -> bytes:
    return sorted_records(record for output in outputs for run in output for record in run)


# peers of ours


def test_from_all_places_in_the_order_of_the_map_tasks(peer: StartPeer, reducer: Reducer) -> None:
    first = peer(segments({"A": runs_of(A), "C": runs_of(C)}))
    second = peer(segments({"B": runs_of(B)}))
    local = reducer.store.open("L", "", 2)
    for block in sorted_blocks(reader(b"".join(b"%d\tl\n" % i for i in range(30))), 2):
        reducer.store.add(local, block)
    reducer.store.finish(local)
    mine = [content(run) for run in local.runs_of(1)]

    urls = [first.url, second.url, "http://nobody.invalid:1", first.url]
    gathered = reducer.gather(["A", "B", "L", "C"], urls)

    assert [content(run) for run in gathered.runs] == [
        *(b"".join(run) for run in A + B),
        *mine,
        *(b"".join(run) for run in C),
    ]
    assert gathered.sum == Sum.of(run.sum for run in gathered.runs)
    gathered.close()
    assert reducer.budget.used == 0
    # Each was asked once, for all that it holds.
    here = machine()
    assert [segment_messages.parse_body(one.body) for one in first.asked] == [(1, ["A", "C"], here)]
    assert [segment_messages.parse_body(one.body) for one in second.asked] == [(1, ["B"], here)]


def test_nothing_to_gather(reducer: Reducer) -> None:
    assert reducer.gather([]).runs == []


def test_empty_segments(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": [], "B": []}))
    gathered = reducer.gather(["A", "B"], [server.url] * 2)
    assert reducer.merged(gathered) == b""


def test_what_does_not_fit_the_memory_goes_to_a_file(peer: StartPeer, reducer: Reducer) -> None:
    large = some_runs(b"large", 60_000)
    server = peer(segments({"A": runs_of(A), "large": runs_of(large), "C": runs_of(C)}))
    fitting = sum(len(record) for run in A for record in run)
    reducer.budget = MemoryBudget(fitting)
    gathered = reducer.gather(["A", "large", "C"], [server.url] * 3)
    assert [type(run) for run in gathered.runs[:3]] == [MemoryRun, MemoryRun, FileRun]
    assert reducer.budget.used == fitting
    assert reducer.merged(gathered) == model(A, large, C)
    (inode,) = {
        os.fstat(descriptor_of(run)).st_ino for run in gathered.runs if isinstance(run, FileRun)
    }
    assert descriptors_of(inode) == 1
    gathered.close()
    assert reducer.budget.used == 0
    assert descriptors_of(inode) == 0, "it holds disk space"


def test_what_lies_in_a_file_here_is_read_there(peer: StartPeer, reducer: Reducer) -> None:
    large = some_runs(b"large", 60_000)
    run = in_file(reducer, large[0])
    server = peer(segments({"A": runs_of(A), "large": [run], "C": runs_of(C)}))
    fitting = sum(len(record) for run in A + C for record in run)
    gathered = reducer.gather(["A", "large", "C"], [server.url] * 3)
    (found,) = (one for one in gathered.runs if isinstance(one, FileRun))
    assert isinstance(found.file, OthersFile)
    assert os.fstat(found.file.fileno()).st_ino == os.fstat(descriptor_of(run)).st_ino
    assert (reducer.budget.used, gathered.spilled_bytes) == (fitting, 0)
    assert gathered.fetched_bytes == fitting + run.length
    assert reducer.merged(gathered) == model(A, large, C)
    assert len(server.asked) == 1


@pytest.mark.parametrize("what", ["nothing", "a pipe"])
def test_what_cannot_be_read_there_is_sent(
    what: str, peer: StartPeer, reducer: Reducer, request: pytest.FixtureRequest
) -> None:
    """A pipe is there, but is no file: this worker asks for no more files for a while."""
    reader, writer = os.pipe()
    for one in (reader, writer):
        request.addfinalizer(partial(os.close, one))
    run = in_file(reducer, some_runs(b"large", 60_000)[0])
    place = Place(os.getpid(), reader if what == "a pipe" else 1 << 20, 0, 0)

    def answer(request: Request) -> Reply:
        _, _, caller = segment_messages.parse_body(request.body)
        if caller is None:
            return 200, answer_of([[run]])
        return 200, segment_messages.header([[Told(run.length, run.sum, place)]])

    server = peer(answer)
    for _ in range(2):
        gathered = reducer.gather(["A"], [server.url])
        assert [content(one) for one in gathered.runs] == [content(run)]
        assert gathered.fetched_bytes == run.length
    callers = [segment_messages.parse_body(one.body)[2] for one in server.asked]
    assert callers == [machine(), None, *([] if what == "a pipe" else [machine()]), None]


def in_file(reducer: Reducer, records: list[bytes]) -> FileRun:
    """A run of *records* in a spill file that is long enough to be read by others."""
    data = b"".join(records)
    assert len(data) > LEAST_IN_PLACE
    return SpillFile(str(reducer.directory)).append([data], Sum(len(records), len(data)))


@pytest.mark.parametrize("limit", [0, PLENTY])
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_ends_anywhere(
    limit: int, reset: bool, peer: StartPeer, reducer: Reducer
) -> None:
    outputs = {"A": runs_of(A), "B": runs_of(B)}
    server = peer(segments(outputs))
    server.reset = reset
    reducer.budget = MemoryBudget(limit)
    whole = len(answer_of(list(outputs.values())))
    for server.cut in (0, 3, 4, 10, 60, whole // 2, whole - 5, whole - 4, whole - 1):
        with pytest.raises(FetchError) as caught:
            reducer.gather(["A", "B"], [server.url] * 2)
        assert caught.value.worker == server.url
        assert caught.value.map_task_ids == ("A", "B")
        assert reducer.budget.used == 0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer may be silent for a moment, and three times in a row ends it."""
    for name, value in (("PATIENCE", 0.3), ("SILENCES", 3)):
        monkeypatch.setattr(f"hadoopless.data.shuffle.peer.FETCH_{name}", value)
    monkeypatch.setattr("hadoopless.data.shuffle.peer.WORKER_TIMEOUT", 0.3)


@pytest.mark.usefixtures("impatient")
def test_who_is_silent_and_lives_is_asked_for_the_rest(peer: StartPeer, reducer: Reducer) -> None:
    outputs = {"A": runs_of(A), "B": runs_of(B), "C": runs_of(C)}
    server = peer(segments(outputs))
    whole = len(answer_of(list(outputs.values())))
    server.stalls = [0, 10, whole - 5, 9]
    gathered = reducer.gather(list(outputs), [server.url] * 3)
    assert reducer.merged(gathered) == model(A, B, C)
    asked = [segment_messages.parse_body(r.body)[1] for r in server.asked if r.path == "/segments"]
    assert asked == [["A", "B", "C"]] * 3 + [["C"]] * 2
    wanted = sum(len(record) for run in A + B + C for record in run)
    assert (reducer.budget.used, gathered.fetched_bytes) == (wanted, wanted)
    gathered.close()
    assert reducer.budget.used == 0


@pytest.mark.usefixtures("impatient")
def test_who_stays_silent_is_left(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": runs_of(A)}))
    server.stalls = [0, 10, 0]
    with pytest.raises(FetchError, match="it does not answer"):
        reducer.gather(["A"], [server.url])
    assert [one.path for one in server.asked] == ["/segments", "/health"] * 2 + ["/segments"]
    assert reducer.budget.used == 0


@pytest.mark.usefixtures("impatient")
def test_who_answers_nothing_is_left_at_once(reducer: Reducer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(FetchError, match="it does not answer"):
            reducer.gather(["A"], [f"http://127.0.0.1:{listener.getsockname()[1]}"])
        connections = 0
        listener.settimeout(0)
        with suppress(BlockingIOError):
            while True:
                listener.accept()[0].close()
                connections += 1
    assert connections == 2, "one for the segments, one for its health"


@pytest.mark.usefixtures("impatient")
def test_a_task_that_is_cancelled_does_not_ask_again(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": runs_of(A)}))
    server.stalls = [0]
    with pytest.raises(Cancelled):
        reducer.gather(["A"], [server.url], check=cancel_after(0))
    assert [one.path for one in server.asked] == ["/segments", "/health"]


@pytest.mark.parametrize("limit", [0, PLENTY])
def test_no_changed_byte_gets_into_the_data(limit: int, peer: StartPeer, reducer: Reducer) -> None:
    reducer.budget = MemoryBudget(limit)
    right = answer_of([[memory_run([b"key\tvalue\n"])]])
    wrong = bytearray(right)
    server = peer(lambda request: (200, bytes(wrong)))
    for place in range(len(right)):
        wrong[:] = right
        wrong[place] ^= 1
        try:
            gathered = reducer.gather(["A"], [server.url])
        except FetchError:
            continue
        finally:
            assert reducer.budget.used in (0, 10)
        assert right.index(b", 1, 10]") <= place < right.index(b"]")  # but for its sum
        assert reducer.merged(gathered) == b"key\tvalue\n"
        gathered.close()


HEADERS: list[object] = [
    None,
    5,
    {},
    [],
    [[], []],
    [5],
    [[5]],
    [[[5]]],
    [[[5, 1]]],
    [[[5, 1, 5, 1]]],
    [[["5", 1, 5]]],
    [[[-5, 1, 5]]],
    [[[5, -1, 5]]],
    [[[5, 3, 5]]],
    [[[6, 1, 5]]],
    [[[5.0, 1, 5]]],
    [[[1 << 70, 1, 5]]],
    [[[5, 1, 1 << 70]]],
    [[[None, None, None]]],
]


@pytest.mark.parametrize("header", HEADERS, ids=json.dumps)
def test_headers_that_are_nonsense(header: object, peer: StartPeer, reducer: Reducer) -> None:
    text = json.dumps(header).encode()
    body = len(text).to_bytes(4, "big") + text + b"12345" + bytes(100)
    server = peer(lambda request: (200, body))
    with pytest.raises(FetchError):
        reducer.gather(["A"], [server.url])
    assert reducer.budget.used == 0


def with_header(text: bytes, data: bytes = b"") -> bytes:
    return len(text).to_bytes(4, "big") + text + data


END = 10**16
#: Answers of a hostile peer, and the words in which it is refused.
HOSTILE = {
    "a header of 4 GB": (b"\xff\xff\xff\xff[[[", "something else"),
    "a large header": (with_header(b"[[" + b" " * (3 << 20) + b"]]"), "are plenty"),
    "many runs": (with_header(b"[[" + b"[2, 1, 2], " * 300_000 + b"[2, 1, 2]]]"), "are plenty"),
    "empty runs": (with_header(b"[[[0, 0, 0], [0, 0, 0]]]", bytes(8)), "is broken"),
    "deep lists": (with_header(b"[" * 900_000), "is broken"),
    "a long number": (with_header(b"[[[" + b"9" * 900_000 + b", 1, 2]]]"), "is broken"),
    "a run without end": (with_header(b"[[[%d, 1, %d]]]" % (END, END), bytes(99)), "not those"),
    "more than was told": (with_header(b"[[[6, 1, 6]]]", b"abc\t1\n"), "not those"),
    "less than was told": (with_header(b"[[[2, 1, 2]]]", b"abc\t1\n" + bytes(4)), "not those"),
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_a_hostile_peer_takes_no_memory(attack: str, peer: StartPeer, reducer: Reducer) -> None:
    body, words = HOSTILE[attack]
    server = peer(lambda request: (200, body))
    reducer.budget = MemoryBudget(32 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match=words) as caught:
            reducer.gather(["A"], [server.url])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.worker == server.url
    assert caught.value.map_task_ids == ("A",)
    assert peak < 16 << 20
    assert reducer.budget.used == 0


@pytest.mark.parametrize("path", ["/segments", "/retrieveMapOutput"])
@pytest.mark.parametrize("pattern", [b"\xff", b"[", b'["a', b'[["a", "b"], ', b" "])
def test_an_answer_without_end(path: str, pattern: bytes, reducer: Reducer) -> None:
    reducer.budget = MemoryBudget(4 << 20)
    tracemalloc.start()
    try:
        with endless(path, pattern) as url, pytest.raises((FetchError, Cancelled)) as caught:
            reducer.gather(["A"], [url], check=cancel_after(200))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(caught.value, Cancelled) or url in str(caught.value)
    assert peak < 96 << 20
    assert reducer.budget.used == 0


def cancel_after(calls: int) -> Callable[[], None]:
    """A task that is cancelled while it fetches: what has no end goes to the disk until then."""
    numbers = count()

    def check() -> None:
        if next(numbers) >= calls:
            raise Cancelled("it takes too long")

    return check


@contextmanager
def endless(path: str, pattern: bytes) -> Iterator[str]:
    """A peer whose answer to *path*, in chunks, never ends; it does not know other calls."""

    def serve(listener: socket.socket) -> None:
        chunk = pattern * (100_000 // len(pattern))
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                if path.encode() not in connection.recv(1 << 16):
                    connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
                    continue
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_a_peer_sends_no_more_than_all_maps_hold(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": runs_of(A)}))
    whole = Sum(sum(map(len, A)), sum(len(record) for run in A for record in run))
    gathered = reducer.gather(["A"], [server.url], expected=whole)
    assert gathered.sum == whole
    for less in (Sum(whole.records - 1, whole.bytes), Sum(whole.records, whole.bytes - 1)):
        with pytest.raises(FetchError, match="all maps together hold"):
            reducer.gather(["A"], [server.url], expected=less)


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>welcome</html>", b"\xff" * 50])
def test_answers_that_are_no_segments(body: bytes, peer: StartPeer, reducer: Reducer) -> None:
    server = peer(lambda request: (200, body))
    with pytest.raises(FetchError):
        reducer.gather(["A"], [server.url])


def test_unknown_outputs_are_named(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": runs_of(A)}))
    other = peer(segments({"B": runs_of(B)}))
    with pytest.raises(FetchError) as caught:
        reducer.gather(["A", "B", "lost"], [server.url, other.url, server.url])
    assert caught.value.worker == server.url
    assert caught.value.map_task_ids == ("A", "lost")
    assert "does not hold" in str(caught.value)
    assert reducer.budget.used == 0
    assert [one.path for one in server.asked] == ["/segments"]


def test_a_refusal_tells_its_reason(peer: StartPeer, reducer: Reducer) -> None:
    error = UsageError("reducerIx must be in 0..0, not 1")
    server = peer(lambda r: (error.http_status, json.dumps(failures.error_reply(error)).encode()))
    with pytest.raises(FetchError, match=r"answered 400: reducerIx must be in 0\.\.0, not 1"):
        reducer.gather(["A"], [server.url])


@pytest.mark.parametrize("body", [b"", b"[1]", b"{}", b'{"kind": []}', b'{"kind": {}}', b"\xff"])
@pytest.mark.parametrize("status", [400, 500, 502])
def test_refusals_that_are_nonsense(
    status: int, body: bytes, peer: StartPeer, reducer: Reducer
) -> None:
    server = peer(lambda request: (status, body))
    with pytest.raises(FetchError, match=f"answered {status}"):
        reducer.gather(["A"], [server.url])


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://nobody.invalid:1", "http://x:y", "nonsense:", ""]
)
def test_nobody_there(url: str, reducer: Reducer) -> None:
    with pytest.raises(FetchError) as caught:
        reducer.gather(["A"], [url])
    assert caught.value.map_task_ids == ("A",)


def test_a_disk_that_fails_is_not_the_peers_fault(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(segments({"A": runs_of(A)}))
    reducer.budget = MemoryBudget(0)
    reducer.directory = reducer.directory / "missing"
    with pytest.raises(DiskError):
        reducer.gather(["A"], [server.url])


# cancelling


@pytest.mark.parametrize("limit", [0, PLENTY])
@pytest.mark.parametrize("peers", [1, 3])
def test_cancel_in_the_middle_gives_the_memory_back(
    limit: int, peers: int, peer: StartPeer, reducer: Reducer
) -> None:
    reducer.budget = MemoryBudget(limit)
    servers = [peer(segments({str(n): runs_of(A)})) for n in range(peers)]
    calls = count()

    def check() -> None:
        if next(calls) >= 1:
            raise Cancelled("in the middle")

    ids = [str(n) for n in range(peers)]
    with pytest.raises(Cancelled):
        reducer.gather(ids, [server.url for server in servers], check=check)
    assert reducer.budget.used == 0


# peers that know only the three calls

LIST = [["fish", "1"], ["fish", "2"], ["\udcff\udc80", "\u00e9\t\udcc3"], ["", ""]]
LIST_RECORDS = [b"fish\t1\n", b"fish\t2\n", b"\xff\x80\t\xc3\xa9\t\xc3\n", b"\t\n"]


@pytest.mark.parametrize(
    ("other_calls", "text"),
    [(403, NO_PAGE), (404, NO_PAGE), (405, NO_PAGE), (501, NO_PAGE), (403, NO_TOKEN)],
)
@pytest.mark.parametrize("limit", [0, PLENTY])
def test_a_plain_peer(
    other_calls: int, text: bytes, limit: int, peer: StartPeer, reducer: Reducer
) -> None:
    reducer.budget = MemoryBudget(limit)
    server = peer(plain({"A": LIST, "B": [], "C D&": [["z", "é"]]}, other_calls, text))
    gathered = reducer.gather(["A", "B", "C D&"], [server.url] * 3)
    assert {type(run) for run in gathered.runs} == {MemoryRun if limit else FileRun}
    assert reducer.merged(gathered) == sorted_records([*LIST_RECORDS, "z\té\n".encode()])
    assert [one.query.get("mapTaskID") for one in server.asked] == [None, "A", "B", "C D&"]
    assert {one.query.get("reducerIx") for one in server.asked[1:]} == {"1"}
    gathered.close()
    assert reducer.budget.used == 0


def test_a_plain_peer_without_the_output(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(plain({"A": LIST}))
    with pytest.raises(FetchError) as caught:
        reducer.gather(["A", "B"], [server.url] * 2)
    assert caught.value.map_task_ids == ("A", "B")
    assert reducer.budget.used == 0


NONSENSE: list[object] = [None, 5, "ab", [5], [[]], [["a"]], [["a", "b", "c"]], {"a": "b"}]


@pytest.mark.parametrize("answer", NONSENSE, ids=json.dumps)
def test_a_plain_peer_that_answers_nonsense(
    answer: object, peer: StartPeer, reducer: Reducer
) -> None:
    server = peer(plain({"A": answer}))
    with pytest.raises(FetchError):
        reducer.gather(["A"], [server.url])
    assert reducer.budget.used == 0


def test_a_plain_peer_that_breaks_off(peer: StartPeer, reducer: Reducer) -> None:
    server = peer(plain({"A": LIST}))
    server.cut = 20
    with pytest.raises(FetchError):
        reducer.gather(["A"], [server.url])
    broken = peer(lambda r: (500 if r.path == "/retrieveMapOutput" else 404, b"oops"))
    with pytest.raises(FetchError, match="answered 500"):
        reducer.gather(["A"], [broken.url])


def test_what_a_plain_peer_has_sent_before_it_breaks_off_holds_no_memory(
    peer: StartPeer, reducer: Reducer
) -> None:
    server = peer(plain({"A": [[f"{n:07}", "v"] for n in range(600_000)]}))
    server.cut = 10_500_000
    gathered = Gathered(reducer.budget, str(reducer.directory))
    with pytest.raises(FetchError):
        reducer.peers.peer(server.url, gathered, lambda: None).fetch(1, ["A"])
    assert (gathered.taken, gathered.fetched_bytes) == (0, 0)


# no worker is given for the ids


def test_round_robin_guesses_right(peer: StartPeer, reducer: Reducer) -> None:
    even = peer(segments({"A": runs_of(A), "C": runs_of(C)}))
    odd = peer(segments({"B": runs_of(B)}))
    gathered = reducer.gather(["A", "B", "C"], inventory=[even.url, odd.url])
    assert reducer.merged(gathered) == model(A, B, C)
    assert len(even.asked) == len(odd.asked) == 1


@pytest.mark.parametrize("kind", ["ours", "plain", "mixed"])
def test_where_round_robin_guesses_wrong_all_are_asked(
    kind: str, peer: StartPeer, reducer: Reducer
) -> None:
    def answering(outputs: dict[str, list[list[bytes]]], ours: bool) -> Answer:
        if ours:
            return segments({name: runs_of(runs) for name, runs in outputs.items()})
        return plain(
            {
                name: [record[:-1].decode().split("\t") for run in runs for record in run]
                for name, runs in outputs.items()
            }
        )

    servers = [
        peer(answering({}, kind != "plain")),
        peer(answering({"A": A, "B": B, "C": C}, kind == "ours")),
    ]
    gathered = reducer.gather(["A", "B", "C"], inventory=[server.url for server in servers])
    assert reducer.merged(gathered) == model(A, B, C)


def test_the_search_goes_on_behind_a_peer_that_is_dead_or_broken(
    peer: StartPeer, reducer: Reducer
) -> None:
    without, broken = peer(segments({})), peer(lambda request: (200, b"no segments"))
    found = peer(segments({"A": runs_of(A)}))
    inventory = [without.url, "http://127.0.0.1:1", broken.url, found.url]
    gathered = reducer.gather(["A"], inventory=inventory)
    assert reducer.merged(gathered) == model(A)
    gathered.close()
    assert reducer.budget.used == 0


def test_nobody_of_the_inventory_has_it(peer: StartPeer, reducer: Reducer) -> None:
    servers = [peer(segments({})), peer(plain({}))]
    with pytest.raises(FetchError, match="no worker holds it") as caught:
        reducer.gather(["A"], inventory=[server.url for server in servers])
    assert caught.value.map_task_ids == ("A",)
    alone = peer(segments({}))
    with pytest.raises(FetchError, match="does not hold"):
        reducer.gather(["A"], inventory=[alone.url])
    with pytest.raises(FetchError, match="no worker is known"):
        reducer.gather(["A"])


def test_what_lies_here_needs_no_worker(reducer: Reducer) -> None:
    output = reducer.store.open("L", "", 2)
    reducer.store.finish(output)
    assert reducer.gather(["L"]).runs == []
    with pytest.raises(FetchError):
        reducer.gather(["L", "elsewhere"])
