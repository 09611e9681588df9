"""Map outputs that were fetched before their reduce task came: used, replaced, dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from hadoopless.data.runs.runs import FileRun, Run
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch import Shuffle, Sources
from hadoopless.data.shuffle.fetch_ahead import Fetched, FetchedAhead
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.peer import Peers
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import Cancelled, FetchError
from hadoopless.job import Sum
from hadoopless.wire.messages import segments as segment_messages
from hadoopless.wire.messages.fetch_ahead import Order, Source
from tests.data.samples import content, memory_run, reader
from tests.data.shuffle.peers import Answer, Reply, Request, Server, segments, serving

JOB = "job"
A: list[Run] = [memory_run([b"a\t1\n", b"b\t1\n"], 3), memory_run([b"a\t2\n"], 3)]
B: list[Run] = [memory_run([b"c\t3\n"] * 100, 3)]
C: list[Run] = [memory_run([b"d\t4\n"], 3)]

StartPeer = Callable[[Answer], Server]


def sum_of(*outputs: list[Run]) -> Sum:
    return Sum.of(run.sum for output in outputs for run in output)


def bytes_of(*outputs: list[Run]) -> int:
    return sum(run.length for output in outputs for run in output)


def ids_asked(server: Server) -> list[list[str]]:
    return [segment_messages.parse_body(one.body)[1] for one in server.asked]


@pytest.fixture
def peer() -> Iterator[StartPeer]:
    """Starts a peer for the time of the test."""
    with ExitStack() as stack:
        yield lambda answer: stack.enter_context(serving(answer))


class Worker:
    """Fetches ahead, and gathers."""

    def __init__(self, directory: Path, memory: int = 1 << 30) -> None:
        self.directory = str(directory)
        self.budget = MemoryBudget(memory)
        self.now = 0.0
        peers = Peers(lambda url: None)
        self.store = MapOutputStore(1 << 30, self.directory)
        self.ahead = FetchedAhead(self.store, self.budget, self.directory, peers, lambda: self.now)
        self.shuffle = Shuffle(self.store, self.budget, self.directory, peers)

    def fetch(
        self,
        url: str,
        outputs: dict[str, list[Run]],
        number: int = 1,
        partition: int = 1,
        neighbours: tuple[str, ...] = (),
    ) -> None:
        """Order to fetch *outputs* from *url*, and to merge what is here of *neighbours*."""
        source = Source(url, tuple(outputs), (sum_of(*outputs.values()),))
        lists = (neighbours,) if neighbours else ()
        self.ahead.obey(Order(JOB, number, (partition,), (source,), lists))

    def hold(self, map_task_id: str, records: Sequence[bytes]) -> list[Run]:
        """Let the worker's own store hold *records* as a map output; its runs of partition 1."""
        output = self.store.open(map_task_id, JOB, 2)
        for block in sorted_blocks(reader(b"".join(records)), 2):
            self.store.add(output, block)
        self.store.finish(output)
        return output.runs_of(1)

    def comes_to(self, memory: int) -> None:
        """Wait until so much memory is taken; the time limit of tests bounds this."""
        while self.budget.used != memory:
            threading.Event().wait(0.005)

    def fetched(self, *, partition: int = 1) -> list[Fetched]:
        """The fetches that are there for a reduce task, each of which has ended."""
        found = self.ahead.take(JOB, partition)
        for one in found:
            finished(one)
        return found

    def gather(
        self,
        ids: Sequence[str],
        urls: Sequence[str],
        ahead: Sequence[Fetched],
        expected: Sum | None = None,
        check: Callable[[], None] = lambda: None,
    ) -> Gathered:
        take_merged = partial(self.ahead.take_merged, JOB, 1)
        return self.shuffle.gather(1, Sources(ids, urls, ()), check, expected, ahead, take_merged)


def finished(one: Fetched) -> None:
    """Wait until *one* has ended, well or not; the time limit of tests bounds this."""
    pause = threading.Event()
    while not one.done:
        pause.wait(0.005)


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


def test_what_was_fetched_ahead_is_not_fetched_again(peer: StartPeer, worker: Worker) -> None:
    first, second = peer(segments({"A": A, "C": C})), peer(segments({"B": B}))
    worker.fetch(first.url, {"A": A}, number=1)
    worker.fetch(second.url, {"B": B}, number=2)
    ahead = worker.fetched()

    urls = [first.url, second.url, first.url]
    gathered = worker.gather(["A", "B", "C"], urls, ahead, sum_of(A, B, C))

    assert [content(run) for run in gathered.runs] == [content(run) for run in A + B + C]
    assert ids_asked(first) == [["A"], ["C"]]
    assert ids_asked(second) == [["B"]]
    assert gathered.fetched_bytes == bytes_of(A, B, C)
    assert gathered.cpu_seconds > 0
    assert {(url, name) for url, name, _ in gathered.received} == {
        (first.url, "A"),
        (second.url, "B"),
        (first.url, "C"),
    }
    assert worker.budget.used == bytes_of(A, B, C)
    gathered.close()
    assert worker.budget.used == 0


def test_an_output_that_was_replaced_is_dropped_and_the_new_one_fetched(
    peer: StartPeer, worker: Worker
) -> None:
    lost, alive = peer(segments({"A": A})), peer(segments({"B": B, "A2": A}))
    worker.fetch(lost.url, {"A": A}, number=1)
    worker.fetch(alive.url, {"B": B}, number=2)
    ahead = worker.fetched()

    gathered = worker.gather(["A2", "B"], [alive.url] * 2, ahead, sum_of(A, B))

    assert [content(run) for run in gathered.runs] == [content(run) for run in A + B]
    assert ids_asked(alive) == [["B"], ["A2"]]
    assert {url for url, _, _ in gathered.received} == {alive.url}
    gathered.close()
    assert worker.budget.used == 0


def test_one_of_several_outputs_was_replaced(peer: StartPeer, worker: Worker) -> None:
    server = peer(segments({"A": A, "B": B, "C": C}))
    worker.fetch(server.url, {"A": A, "B": B})
    gathered = worker.gather(["A", "C"], [server.url] * 2, worker.fetched(), sum_of(A, C))
    assert [content(run) for run in gathered.runs] == [content(run) for run in A + C]
    assert {name for _, name, _ in gathered.received} == {"A", "C"}
    assert ids_asked(server) == [["A", "B"], ["C"]]


def test_what_could_not_be_fetched_ahead_is_fetched_by_the_task(
    peer: StartPeer, worker: Worker
) -> None:
    outputs: dict[str, list[Run]] = {}
    server = peer(segments(outputs))
    worker.fetch(server.url, {"A": A})
    ahead = worker.fetched()
    outputs["A"] = A
    gathered = worker.gather(["A"], [server.url], ahead)
    assert gathered.fetched_bytes == bytes_of(A)


def test_a_peer_that_sends_too_much_is_refused_ahead_and_blamed_later(
    peer: StartPeer, worker: Worker
) -> None:
    server = peer(segments({"A": B}))
    worker.fetch(server.url, {"A": A})
    ahead = worker.fetched()
    assert worker.budget.used == 0
    with pytest.raises(FetchError, match="all maps together hold"):
        worker.gather(["A"], [server.url], ahead, sum_of(A))


class Slow:
    """A peer that answers when it is let."""

    def __init__(self, outputs: dict[str, list[Run]]) -> None:
        self.asked = threading.Event()
        self.may_answer = threading.Event()
        self._answer = segments(outputs)

    def __call__(self, request: Request) -> Reply:
        self.asked.set()
        self.may_answer.wait(30)
        return self._answer(request)


def test_a_task_waits_for_what_is_on_its_way(peer: StartPeer, worker: Worker) -> None:
    slow = Slow({"A": A})
    server = peer(slow)
    worker.fetch(server.url, {"A": A})
    assert slow.asked.wait(30)
    threading.Timer(0.05, slow.may_answer.set).start()
    gathered = worker.gather(["A"], [server.url], worker.ahead.take(JOB, 1))
    assert gathered.sum == sum_of(A)
    assert len(server.asked) == 1


def test_a_fetch_that_fails_while_a_task_waits_is_the_failure_of_the_task(
    peer: StartPeer, worker: Worker
) -> None:
    slow = Slow({"A": A})
    server = peer(slow)
    server.cut = 10
    worker.fetch(server.url, {"A": A})
    assert slow.asked.wait(30)
    threading.Timer(0.05, slow.may_answer.set).start()
    with pytest.raises(FetchError) as caught:
        worker.gather(["A"], [server.url], worker.ahead.take(JOB, 1))
    assert (caught.value.worker, caught.value.map_task_ids) == (server.url, ("A",))
    assert len(server.asked) == 1
    assert worker.budget.used == 0


def test_a_task_that_is_cancelled_does_not_wait(peer: StartPeer, worker: Worker) -> None:
    slow = Slow({"A": A})
    server = peer(slow)
    worker.fetch(server.url, {"A": A})
    assert slow.asked.wait(30)
    (one,) = worker.ahead.take(JOB, 1)

    def check() -> None:
        raise Cancelled("by the test")

    with pytest.raises(Cancelled):
        worker.gather(["A"], [server.url], [one], check=check)
    slow.may_answer.set()
    finished(one)
    assert worker.budget.used == 0


def test_what_no_thread_has_begun_is_fetched_by_the_task(peer: StartPeer, worker: Worker) -> None:
    slow = Slow({"A": A, "B": B})
    server, other = peer(slow), peer(segments({"C": C}))
    for number in range(4):  # as many as there are threads
        worker.fetch(server.url, {"A": A}, number=number)
    worker.fetch(other.url, {"C": C}, number=4)
    *hung, last = worker.ahead.take(JOB, 1)
    gathered = worker.gather(["C"], [other.url], [last])
    assert gathered.sum == sum_of(C)
    slow.may_answer.set()
    for one in hung:
        one.drop()
        finished(one)


def test_what_does_not_fit_the_memory_goes_to_disk_once(peer: StartPeer, tmp_path: Path) -> None:
    worker = Worker(tmp_path, bytes_of(A))
    server = peer(segments({"A": A, "B": B}))
    worker.fetch(server.url, {"A": A, "B": B})
    gathered = worker.gather(["A", "B"], [server.url] * 2, worker.fetched(), sum_of(A, B))
    assert worker.budget.used == bytes_of(A)
    assert isinstance(gathered.runs[-1], FileRun)
    assert gathered.spilled_bytes == bytes_of(B)
    assert gathered.sum == sum_of(A, B)


def test_it_gives_way_to_a_task_that_wants_memory(peer: StartPeer, tmp_path: Path) -> None:
    worker = Worker(tmp_path, bytes_of(B))
    server = peer(segments({"A": A, "B": B}))
    worker.fetch(server.url, {"A": A}, partition=0)
    (one,) = worker.ahead.take(JOB, 0)
    finished(one)
    one.drop()
    worker.fetch(server.url, {"A": A}, number=2, partition=2)
    worker.comes_to(bytes_of(A))
    gathered = worker.gather(["B"], [server.url], [], sum_of(B))
    assert gathered.spilled_bytes == 0
    assert worker.budget.used == bytes_of(B)


def test_a_new_order_drops_the_partitions_that_it_does_not_name(
    peer: StartPeer, worker: Worker
) -> None:
    server = peer(segments({"A": A}))
    worker.fetch(server.url, {"A": A}, number=1)
    worker.ahead.obey(Order(JOB, 3))
    worker.fetch(server.url, {"A": A}, number=2)  # which was overtaken
    assert worker.ahead.take(JOB, 1) == []
    worker.comes_to(0)


@pytest.mark.parametrize("orders", [0, 1])
def test_nothing_is_fetched_for_a_task_that_has_come(
    peer: StartPeer, worker: Worker, orders: int
) -> None:
    server = peer(segments({"A": A}))
    for number in range(orders):
        worker.ahead.obey(Order(JOB, number))
    assert worker.ahead.take(JOB, 1) == []
    worker.fetch(server.url, {"A": A}, number=2)
    assert worker.ahead.take(JOB, 1) == []
    assert server.asked == []


@pytest.mark.parametrize("how", ["release", "expire"])
def test_a_job_that_is_over_is_forgotten(peer: StartPeer, worker: Worker, how: str) -> None:
    server = peer(segments({"A": A}))
    worker.fetch(server.url, {"A": A})
    worker.comes_to(bytes_of(A))
    worker.now = 50.0
    worker.ahead.touch_job(JOB)
    worker.ahead.touch_job("another")
    worker.now = 100.0
    worker.ahead.expire(60.0)
    worker.ahead.release_job("another")
    assert worker.budget.used == bytes_of(A)
    if how == "release":
        worker.ahead.release_job(JOB)
    else:
        worker.ahead.expire(40.0)
    worker.comes_to(0)
    assert worker.ahead.take(JOB, 1) == []


def test_without_another_thread_the_task_fetches(
    peer: StartPeer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    server = peer(segments({"a": A}))
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        worker.fetch(server.url, {"a": A})
    assert worker.fetched() == []
    worker.fetch(server.url, {"a": A}, number=2, partition=2)
    (fetched,) = worker.fetched(partition=2)  # threads can be started again
    assert list(fetched.segments) == ["a"]
    assert ids_asked(server) == [["a"]]
    fetched.drop()


#: Records of partition 1, of consecutive maps.
FIRST, OWN, THIRD, FOURTH = ([b"b\t%d\n" % n, b"d\t%d\n" % n] for n in range(4))
IN_ORDER = [b"b\t0\n", b"b\t1\n", b"b\t2\n", b"d\t0\n", b"d\t1\n", b"d\t2\n"]


class Merging:
    """A worker that has merged its own output with those of a peer."""

    NEIGHBOURS = ("first", "own", "third")

    def __init__(self, worker: Worker, peer: StartPeer) -> None:
        self.worker = worker
        self.others: dict[str, list[Run]] = {
            "first": [memory_run(FIRST)],
            "third": [memory_run(THIRD)],
        }
        self.server = peer(segments({**self.others, "fourth": [memory_run(FOURTH)]}))
        worker.hold("own", OWN)
        worker.fetch(self.server.url, self.others, neighbours=self.NEIGHBOURS)
        self.fetched = sum(map(len, FIRST + THIRD))
        self.size = sum(map(len, IN_ORDER))
        self.has_merged(self.size)

    def has_merged(self, size: int) -> None:
        """Wait until so many bytes were merged; the time limit of tests bounds this."""
        while self.worker.ahead.merged_bytes < size:
            threading.Event().wait(0.005)

    def gather(self, *ids: str) -> Gathered:
        ahead = self.worker.fetched()
        return self.worker.gather(ids, [self.server.url] * len(ids), ahead)


@pytest.fixture
def merging(worker: Worker, peer: StartPeer) -> Merging:
    return Merging(worker, peer)


def test_neighbours_that_were_merged_are_one_run(merging: Merging) -> None:
    gathered = merging.gather("first", "own", "third", "fourth")
    assert gathered.cpu_seconds > 0
    assert [content(run) for run in gathered.runs] == [b"".join(IN_ORDER), b"".join(FOURTH)]
    assert ids_asked(merging.server) == [["first", "third"], ["fourth"]]
    # Those that have sent nonsense can still be told.
    assert {name for _, name, _ in gathered.received} == {"first", "third", "fourth"}
    assert gathered.fetched_bytes == sum(map(len, FIRST + THIRD + FOURTH))
    assert gathered.sum.records == 8
    gathered.close()
    assert merging.worker.budget.used == 0


@pytest.mark.parametrize(
    "ids",
    [("fourth", "own", "third"), ("first", "own", "fourth"), ("first", "fourth", "own", "third")],
)
def test_a_lost_output_costs_its_own_part_alone(merging: Merging, ids: tuple[str, ...]) -> None:
    gathered = merging.gather(*ids)
    records = {"first": FIRST, "own": OWN, "third": THIRD, "fourth": FOURTH}
    assert [content(run) for run in gathered.runs] == [b"".join(records[name]) for name in ids]
    assert ids_asked(merging.server) == [["first", "third"], ["fourth"]]
    gathered.close()
    assert merging.worker.budget.used == 0


def test_outputs_are_merged_once(merging: Merging) -> None:
    worker = merging.worker
    worker.hold("fifth", OWN)
    worker.fetch(
        merging.server.url,
        {"fourth": [memory_run(FOURTH)]},
        number=2,
        neighbours=(*merging.NEIGHBOURS, "fourth", "fifth"),
    )
    merging.has_merged(merging.size + sum(map(len, FOURTH + OWN)))
    gathered = merging.gather("first", "own", "third", "fourth", "fifth")
    later = [b"b\t3\n", b"b\t1\n", b"d\t3\n", b"d\t1\n"]
    assert [content(run) for run in gathered.runs] == [b"".join(IN_ORDER), b"".join(later)]
    gathered.close()
    assert worker.budget.used == 0


@pytest.mark.parametrize("urgent", [False, True])
def test_what_was_merged_gives_way_before_what_was_fetched(merging: Merging, urgent: bool) -> None:
    budget = merging.worker.budget
    others = budget.limit - budget.used
    assert budget.take(others)
    assert budget.take(merging.size, urgent=urgent)
    assert budget.take(1, urgent=urgent) is urgent  # for which even what was fetched goes
    budget.give(others + merging.size + urgent)
    gathered = merging.gather("first", "own", "third")
    assert len(gathered.runs) == 3
    assert ids_asked(merging.server) == [["first", "third"]] * (1 + urgent)
    gathered.close()


def test_a_merge_gives_way_to_what_its_own_task_fetches(merging: Merging) -> None:
    budget = merging.worker.budget
    others = budget.limit - budget.used
    assert budget.take(others)
    gathered = merging.gather("first", "own", "third", "fourth")
    assert gathered.spilled_bytes == 0
    assert len(gathered.runs) == 4
    gathered.close()
    assert budget.used == others


@pytest.mark.parametrize("how", ["order", "release", "expire"])
def test_what_was_merged_goes_with_what_was_fetched(merging: Merging, how: str) -> None:
    worker = merging.worker
    if how == "order":
        worker.ahead.obey(Order(JOB, 3))
    elif how == "release":
        worker.ahead.release_job(JOB)
    else:
        worker.now = 100.0
        worker.ahead.expire(60.0)
    worker.comes_to(0)
    assert worker.ahead.merged_bytes == 0


def test_merges_that_overlap_are_not_used_together(peer: StartPeer, worker: Worker) -> None:
    """No coordinator of ours names a map output twice."""
    outputs: dict[str, list[Run]] = {"first": [memory_run(FIRST)], "third": [memory_run(THIRD)]}
    server = peer(segments(outputs))
    worker.hold("own", OWN)
    source = Source(server.url, tuple(outputs), (sum_of(*outputs.values()),))
    lists = (("first", "own"), ("own", "third"))
    worker.ahead.obey(Order(JOB, 1, (1,), (source,), lists))
    while worker.ahead.merged_bytes < sum(map(len, FIRST + OWN + OWN + THIRD)):
        threading.Event().wait(0.005)
    gathered = worker.gather(["first", "own", "third"], [server.url] * 3, worker.fetched())
    assert gathered.sum.records == 6
    assert len(gathered.runs) == 2
    gathered.close()
    assert worker.budget.used == 0


def test_merging_begins_though_no_more_threads_can(
    peer: StartPeer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fetch that no thread has begun is none, and nobody waits for it."""
    outputs: dict[str, list[Run]] = {"first": [memory_run(FIRST)]}
    servers = [peer(segments(outputs)) for _ in range(2)]
    worker.fetch(servers[0].url, outputs, partition=2)
    (one,) = worker.fetched(partition=2)  # its thread waits for more
    one.drop()
    start = threading.Thread.start

    def no_thread(thread: threading.Thread) -> None:
        if thread.name.startswith("ahead"):
            raise RuntimeError("can't start new thread")
        start(thread)

    sources = tuple(Source(one.url, ("first",), (sum_of(*outputs.values()),)) for one in servers)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        worker.ahead.obey(Order(JOB, 2, (1,), sources, (("first", "own"),)))
    worker.hold("own", OWN)
    worker.ahead.obey(Order(JOB, 3, (1,), sources, (("first", "own"),)))
    while not worker.ahead.merged_bytes:
        threading.Event().wait(0.005)


def test_nothing_is_merged_when_all_is_closed(merging: Merging) -> None:
    merging.worker.ahead.close()
    assert merging.worker.budget.used == 0
    merging.worker.fetch(merging.server.url, merging.others, 7, 1, merging.NEIGHBOURS)
    merging.worker.comes_to(merging.fetched)
    assert merging.worker.ahead.merged_bytes == 0


def test_nothing_is_merged_for_a_task_that_has_come(peer: StartPeer, worker: Worker) -> None:
    slow = Slow({"first": [memory_run(FIRST)]})
    server = peer(slow)
    worker.hold("own", OWN)
    worker.fetch(server.url, {"first": [memory_run(FIRST)]}, neighbours=("first", "own"))
    assert slow.asked.wait(30)
    ahead = worker.ahead.take(JOB, 1)
    slow.may_answer.set()
    gathered = worker.gather(["first", "own"], [server.url] * 2, ahead)
    assert len(gathered.runs) == 2
    gathered.close()
    # The order of another job is merged by the same thread, after this one.
    source = Source(server.url, ("first",), (sum_of([memory_run(FIRST)]),))
    worker.ahead.obey(Order("another", 1, (1,), (source,), (("first", "own"),)))
    worker.comes_to(sum(map(len, FIRST + OWN + FIRST)))
    assert worker.ahead.take_merged(JOB, 1) == []


def test_a_run_that_a_peer_has_spoilt_is_left_to_the_task(
    peer: StartPeer, worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    nonsense = memory_run([b"no record at all"])
    outputs: dict[str, list[Run]] = {"first": [nonsense], "second": [memory_run(FIRST)]}
    server = peer(segments(outputs))
    with caplog.at_level("DEBUG"):
        worker.fetch(server.url, outputs, neighbours=("first", "second"))
        while "could not merge ahead" not in caplog.text:
            threading.Event().wait(0.005)
    worker.comes_to(bytes_of(*outputs.values()))
    assert worker.ahead.take_merged(JOB, 1) == []


def test_a_peer_that_is_slow_holds_up_no_merges_of_others(peer: StartPeer, worker: Worker) -> None:
    slow, third = Slow({"first": [memory_run(FIRST)]}), memory_run(THIRD)
    hung, quick = peer(slow), peer(segments({"third": [third]}))
    worker.hold("own", OWN)
    worker.fetch(hung.url, {"first": [memory_run(FIRST)]}, neighbours=("first", "own"))
    assert slow.asked.wait(30)
    source = Source(quick.url, ("third",), (third.sum,))
    worker.ahead.obey(Order("another", 1, (1,), (source,), (("own", "third"),)))
    while not worker.ahead.merged_bytes:
        threading.Event().wait(0.005)
    slow.may_answer.set()
    worker.comes_to(sum(map(len, FIRST + THIRD + FIRST + OWN + OWN + THIRD)))


def test_a_merge_without_memory_is_told_to_the_log_alone(
    peer: StartPeer,
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def no_memory(size: int) -> None:
        raise MemoryError(f"no {size} bytes")

    monkeypatch.setattr("hadoopless.data.shuffle.merge_ahead.new_buffer", no_memory)
    outputs: dict[str, list[Run]] = {name: [memory_run(FIRST)] for name in "ab"}
    server = peer(segments(outputs))
    with caplog.at_level("DEBUG"):
        worker.fetch(server.url, outputs, neighbours=("a", "b"))
        while "could not merge ahead: no" not in caplog.text:
            threading.Event().wait(0.005)
    worker.comes_to(bytes_of(*outputs.values()))
    gathered = worker.gather(["a", "b"], [server.url] * 2, worker.fetched())
    assert gathered.sum.records == 4
    gathered.close()
    assert worker.budget.used == 0


def test_no_merge_begins_once_nobody_wants_it(
    peer: StartPeer, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[tuple[str, ...]] = []

    def merge(outputs: dict[str, list[Run]], *_: object) -> None:
        begun.append(tuple(outputs))
        worker.ahead.release_job(JOB)

    monkeypatch.setattr("hadoopless.data.shuffle.fetch_ahead.merge_neighbours", merge)
    outputs: dict[str, list[Run]] = {name: [memory_run(FIRST)] for name in "abcd"}
    server = peer(segments(outputs))
    source = Source(server.url, tuple(outputs), (sum_of(*outputs.values()),))
    lists = (("a", "b"), ("c", "d"))
    worker.ahead.obey(Order(JOB, 1, (1,), (source,), lists))
    worker.comes_to(0)
    worker.ahead.obey(Order("another", 1, (1,), (source,), lists))
    while begun.count(("a", "b")) < 2:  # the same thread has come to the next job
        threading.Event().wait(0.005)
    worker.ahead.release_job("another")
    assert begun[:2] == [("a", "b")] * 2
