"""The shuffle: one partition of many map outputs, from this worker's store and from other workers.

Each worker is asked once, for all its map outputs. A run is received whole, and its length and
checksum are checked, before it is merged; what the budget cannot hold in memory goes to disk.
A worker that knows only the plain calls is asked for one JSON list a map task.
"""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from hadoopless.data.machine.buffers import PIECE, new_buffer
from hadoopless.data.runs.runs import MemoryRun, Run
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import FetchError, MapReduceError, UnknownMapOutput
from hadoopless.wire import failures
from hadoopless.wire import segments as segment_messages
from hadoopless.wire.addresses import Address
from hadoopless.wire.caller import JSON, Caller, Message, Unreachable
from hadoopless.wire.limits import FETCH_PATIENCE

_MOST_PEERS_AT_ONCE = 4

Headers = Callable[[str], dict[str, str]]


class _NotThere(Exception):
    """A peer does not hold some of the ids, or (``plain``) does not know our call at all."""

    def __init__(self, plain: bool = False) -> None:
        self.plain = plain


class Gathered:
    """All runs of one partition, in the order of the map tasks; give its memory back by close()."""

    def __init__(self, budget: MemoryBudget, spill_directory: str) -> None:
        self._budget = budget
        self._directory = spill_directory
        self._taken = 0
        self._lock = threading.Lock()
        self.runs: list[Run] = []

    @property
    def records(self) -> int:
        """Records in all runs."""
        return sum(run.records for run in self.runs)

    @property
    def size(self) -> int:
        """Bytes in all runs."""
        return sum(run.length for run in self.runs)

    def take(self, count: int) -> bool:
        """True if *count* more bytes may be held in memory."""
        if not self._budget.take(count):
            return False
        with self._lock:
            self._taken += count
        return True

    def new_file(self) -> SpillFile:
        """Where one thread may put what does not fit the memory."""
        return SpillFile(self._directory)

    def close(self) -> None:
        """Forget the runs."""
        self.runs = []
        self._budget.give(self._taken)
        self._taken = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the map outputs of one reduce task lie.

    ``workers``: a URL for each id, or empty: then id *i* lies on ``inventory[i % len(inventory)]``.
    """

    map_task_ids: Sequence[str]
    workers: Sequence[str]
    inventory: Sequence[str]

    def place(self, index: int) -> list[str]:
        """Whom to ask for id *index*, in this order."""
        if self.workers:
            return [self.workers[index]]
        first = index % len(self.inventory) if self.inventory else 0
        return [*self.inventory[first:], *self.inventory[:first]]


class Shuffle:
    """Fetches partitions for the reduce tasks of one worker process."""

    def __init__(
        self, store: MapOutputStore, budget: MemoryBudget, spill_directory: str, headers: Headers
    ) -> None:
        """*headers* gives the request headers (the token) for a worker's URL."""
        self._store = store
        self._budget = budget
        self._directory = spill_directory
        self._headers = headers

    def gather(self, partition: int, sources: Sources, check: Callable[[], None]) -> Gathered:
        """Partition *partition* of all map outputs; *check* raises when the task is cancelled.

        Raises FetchError, DiskError, WorkerError.
        """
        gathered = Gathered(self._budget, self._directory)
        try:
            segments: dict[int, list[Run]] = {}
            elsewhere: dict[int, list[str]] = {}
            for index, map_task_id in enumerate(sources.map_task_ids):
                try:
                    segments[index] = self._store.get(map_task_id).runs_of(partition)
                except UnknownMapOutput:
                    elsewhere[index] = sources.place(index)
            segments |= self._fetch_all(partition, sources, elsewhere, gathered, check)
            gathered.runs = [run for index in sorted(segments) for run in segments[index]]
        except BaseException:
            gathered.close()
            raise
        return gathered

    def _fetch_all(
        self,
        partition: int,
        sources: Sources,
        wanted: dict[int, list[str]],
        gathered: Gathered,
        check: Callable[[], None],
    ) -> dict[int, list[Run]]:
        by_worker: dict[str, list[int]] = {}
        for index, places in wanted.items():
            if not places:
                raise FetchError("no worker is known", "", (sources.map_task_ids[index],))
            by_worker.setdefault(places[0], []).append(index)
        segments: dict[int, list[Run]] = {}

        def fetch(worker: str) -> dict[int, list[Run]]:
            ids = [sources.map_task_ids[index] for index in by_worker[worker]]
            others = [] if sources.workers else [u for u in sources.inventory if u != worker]
            peer = _Peer(worker, self._headers(worker), gathered, check)
            found = self._fetch_with_guesses(peer, partition, ids, others, gathered, check)
            return dict(zip(by_worker[worker], found, strict=True))

        if len(by_worker) == 1:
            return fetch(next(iter(by_worker)))
        with ThreadPoolExecutor(_MOST_PEERS_AT_ONCE, "fetch") as pool:
            for part in pool.map(fetch, by_worker):
                segments |= part
        return segments

    def _fetch_with_guesses(
        self,
        peer: _Peer,
        partition: int,
        ids: list[str],
        others: list[str],
        gathered: Gathered,
        check: Callable[[], None],
    ) -> list[list[Run]]:
        """Fetch *ids* from *peer*; where round-robin guessed wrong, each of them from *others*."""
        try:
            return peer.fetch(partition, ids)
        except _NotThere as error:
            if not others:
                raise FetchError(
                    "it does not hold them (any more)", peer.url, tuple(ids)
                ) from error
        peers = [_Peer(url, self._headers(url), gathered, check) for url in [peer.url, *others]]
        return [_fetch_from_any(peers, partition, map_task_id) for map_task_id in ids]


def _fetch_from_any(peers: list[_Peer], partition: int, map_task_id: str) -> list[Run]:
    for peer in peers:
        try:
            return peer.fetch(partition, [map_task_id])[0]
        except (_NotThere, FetchError):
            continue
    raise FetchError("no worker holds it", "any of the inventory", (map_task_id,))


class _Peer:
    """Another worker, as the source of one partition of some map outputs."""

    def __init__(
        self, url: str, headers: dict[str, str], gathered: Gathered, check: Callable[[], None]
    ) -> None:
        self.url = url
        self._caller = Caller(Address(url=url), lambda: headers)
        self._gathered = gathered
        self._check = check
        self._file = gathered.new_file()

    def fetch(self, partition: int, ids: list[str]) -> list[list[Run]]:
        """The runs of each of *ids*; raises FetchError, _NotThere, DiskError, WorkerError."""
        try:
            return self._fetch_segments(partition, ids)
        except _NotThere as error:
            if not error.plain:
                raise
        except (Unreachable, ValueError) as error:
            raise self._failed(error, ids) from error
        try:
            return [self._fetch_json(partition, map_task_id) for map_task_id in ids]
        except (Unreachable, ValueError) as error:
            raise self._failed(error, ids) from error

    def _failed(self, error: Exception, ids: list[str]) -> FetchError:
        return FetchError(str(error) or type(error).__name__, self.url, tuple(ids))

    def _fetch_segments(self, partition: int, ids: list[str]) -> list[list[Run]]:
        message = Message(segment_messages.body(partition, ids), JSON)
        with self._caller.stream("/segments", message, timeout=FETCH_PATIENCE) as response:
            if response.status != 200:
                raise _refusal(response)
            text = _read_exactly(response, _header_length(response))
            header = segment_messages.parse_header(text, len(ids))
            return [
                [self._receive(response, length, records) for length, records in runs]
                for runs in header
            ]

    def _receive(self, response: http.client.HTTPResponse, length: int, records: int) -> Run:
        run: Run
        if self._gathered.take(length):
            buffer = new_buffer(length)
            view = buffer.data[:length]
            for start in range(0, length, PIECE):
                self._check()
                _read_whole(response, view[start : start + PIECE])
            run = MemoryRun(buffer, 0, length, records)
            checksum = zlib.crc32(view)
        else:
            run = self._file.append(_pieces_of(response, length, self._check), records)
            checksum = run.checksum
        told = _read_exactly(response, segment_messages.CHECKSUM_BYTES)
        if int.from_bytes(told, "big") != checksum:
            raise ValueError("a segment arrived with a wrong checksum")
        return run

    def _fetch_json(self, partition: int, map_task_id: str) -> list[Run]:
        self._check()
        query = urllib.parse.urlencode({"reducerIx": partition, "mapTaskID": map_task_id})
        with self._caller.stream(f"/retrieveMapOutput?{query}", timeout=FETCH_PATIENCE) as response:
            if response.status == 404:
                raise _NotThere
            if response.status != 200:
                raise ValueError(f"it answered {response.status} to /retrieveMapOutput")
            body = response.read()
        return self._runs_of_pairs(json.loads(body))

    def _runs_of_pairs(self, pairs: Any) -> list[Run]:
        """JSON pairs as runs, sorted again: the order of another's strings may not be ours."""
        try:
            lines = b"".join(
                f"{key}\t{value}\n".encode("utf-8", "surrogateescape") for key, value in pairs
            )
        except TypeError as error:
            raise ValueError("its answer to /retrieveMapOutput is no list of pairs") from error
        source = memoryview(lines)

        def read_into(target: memoryview) -> int:
            nonlocal source
            count = min(len(target), len(source))
            target[:count] = source[:count]
            source = source[count:]
            return count

        runs: list[Run] = []
        for block in sorted_blocks(read_into, 1):
            run = block.run(0)
            kept = self._gathered.take(block.size)
            runs.append(run if kept else self._file.append([run.view()], run.records))
        return runs


def _refusal(response: http.client.HTTPResponse) -> Exception:
    """Why a worker did not answer 200 to /segments."""
    body = response.read(1 << 16)
    try:
        error = failures.parse_error(json.loads(body))
        kind = json.loads(body).get("kind")
    except (ValueError, AttributeError):
        error, kind = MapReduceError("no reason given"), None
    if isinstance(error, UnknownMapOutput):
        return _NotThere()
    if kind is None and response.status in (403, 404, 405, 501):
        return _NotThere(plain=True)
    return ValueError(f"it answered {response.status}: {error}")


def _header_length(response: http.client.HTTPResponse) -> int:
    length = int.from_bytes(_read_exactly(response, 4), "big")
    if response.length is not None and length > response.length:
        raise ValueError("its answer to /segments is something else")
    return length


def _read_exactly(response: http.client.HTTPResponse, count: int) -> bytes:
    data = bytearray(count)
    _read_whole(response, memoryview(data))
    return bytes(data)


def _read_whole(response: http.client.HTTPResponse, target: memoryview) -> None:
    done = 0
    while done < len(target):
        count = response.readinto(target[done:])
        if not count:
            raise ValueError("the connection ended in the middle of a segment")
        done += count


def _pieces_of(
    response: http.client.HTTPResponse, length: int, check: Callable[[], None]
) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(min(length, PIECE)))
    while length:
        check()
        piece = buffer[: min(length, PIECE)]
        _read_whole(response, piece)
        length -= len(piece)
        yield piece
