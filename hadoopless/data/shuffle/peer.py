"""Fetches the runs of one partition from another worker, by HTTP.

Runs come as bytes, each with its length and checksum, which are checked. A worker that knows only
the plain calls is asked for one JSON list a map task.
"""

from __future__ import annotations

import http.client
import logging
import urllib.parse
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain

from hadoopless.data.machine.buffers import PIECE, new_buffer
from hadoopless.data.runs.runs import MemoryRun, Run
from hadoopless.data.shuffle.gathered import Gathered
from hadoopless.data.shuffle.json_list import lines_of
from hadoopless.data.shuffle.same_machine import NotOpened, OthersFiles
from hadoopless.data.sort.blocks import sorted_blocks
from hadoopless.errors import FetchError, ForbiddenError, MapReduceError, UnknownMapOutput
from hadoopless.faults import RecordTooLong
from hadoopless.job import Sum
from hadoopless.wire.addresses import Address
from hadoopless.wire.answers import Answer
from hadoopless.wire.caller import JSON, Caller, Message
from hadoopless.wire.limits import (
    FETCH_CONNECT,
    FETCH_PATIENCE,
    FETCH_SILENCES,
    SHORT_ANSWER,
    WORKER_TIMEOUT,
)
from hadoopless.wire.messages import failures
from hadoopless.wire.messages import segments as segment_messages
from hadoopless.wire.messages.segments import Told
from hadoopless.wire.unreachable import Silent, Unreachable

#: The token for the URL of a worker, if there is one.
TokenOf = Callable[[str], str | None]

_log = logging.getLogger(__name__)

#: The header of an answer may have so many bytes, and so many for each map output. In the least
#: memory it tells of some 50,000 runs; those of a map task grow in number with the memory.
_HEADER = 1 << 20
_HEADER_OF_OUTPUT = 64
_HEADER_SHARE = 64


class NotThere(Exception):
    """A peer does not hold some of the ids, or (``plain``) does not know our call at all."""

    def __init__(self, plain: bool = False) -> None:
        self.plain = plain


class Peers:
    """The other workers, from which the tasks of a worker process fetch."""

    def __init__(self, token_of: TokenOf) -> None:
        """*token_of* gives the token of each."""
        self._token_of = token_of
        self._files = OthersFiles()

    def peer(self, url: str, gathered: Gathered, check: Callable[[], None]) -> Peer:
        """The one at *url*; see :class:`Peer`."""
        return Peer(url, self._token_of(url), gathered, check, self._files)


class Peer:
    """Another worker, as the source of one partition of some map outputs."""

    def __init__(
        self,
        url: str,
        token: str | None,
        gathered: Gathered,
        check: Callable[[], None],
        files: OthersFiles,
    ) -> None:
        """*gathered* holds the runs that come; *check* raises when the task is cancelled.

        Runs in *files* of a worker on this machine do not come, but are read there.
        """
        self.url = url
        self._caller = Caller(Address(url=url), lambda: token)
        self._gathered = gathered
        self._check = check
        self._files = files
        self._file = gathered.new_file()

    def fetch(self, partition: int, ids: list[str]) -> list[list[Run]]:
        """The runs of each of *ids*; raises FetchError, NotThere, DiskError, WorkerError."""
        try:
            segments = self._fetch(partition, ids)
        except (Unreachable, ValueError) as error:
            raise FetchError(str(error) or type(error).__name__, self.url, tuple(ids)) from error
        for map_task_id, runs in zip(ids, segments, strict=True):
            self._gathered.note(self.url, map_task_id, runs)
        return segments

    def _fetch(self, partition: int, ids: list[str]) -> list[list[Run]]:
        try:
            return self._fetch_segments(partition, ids)
        except NotThere as error:
            if not error.plain:
                raise
        return [self._fetch_json(partition, map_task_id) for map_task_id in ids]

    def _answer(
        self, path: str, message: Message | None = None
    ) -> AbstractContextManager[http.client.HTTPResponse]:
        return self._caller.stream(
            path, message, connect_timeout=FETCH_CONNECT, answer_timeout=FETCH_PATIENCE
        )

    def _fetch_segments(self, partition: int, ids: list[str]) -> list[list[Run]]:
        machine = self._files.word_for(self.url)
        found: list[list[Run]] = []
        silences = 0
        while len(found) < len(ids):
            try:
                for segment in self._segments(partition, ids[len(found) :], machine):
                    found.append(segment)
                    silences = 0
            except NotOpened as error:
                _log.debug("%s shall send what it has spilled: %s", self.url, error)
                if error.lasts:
                    self._files.refused(self.url, error)
                machine = None
            except Silent:
                silences += 1
                if silences == FETCH_SILENCES or not self._lives():
                    raise
                self._check()
                _log.warning("%s is slow to send map outputs; asking it again", self.url)
        return found

    def _lives(self) -> bool:
        """True if it answers, whatever it says."""
        try:
            self._caller.call(
                "/health", connect_timeout=FETCH_CONNECT, answer_timeout=WORKER_TIMEOUT
            )
        except Unreachable:
            return False
        return True

    def _segments(self, partition: int, ids: list[str], machine: str | None) -> Iterator[list[Run]]:
        """The runs of each of *ids*, as it answers to one who is on *machine*.

        Raises NotOpened, before any of them, if a file that it tells of cannot be read here.
        """
        message = Message(segment_messages.body(partition, ids, machine), JSON)
        with self._answer("/segments", message) as response:
            if response.status != 200:
                raise _refusal(response)
            header = self._header(response, len(ids), in_place=machine is not None)
            opened = iter(
                [self._files.run(run, run.place) for run in chain(*header) if run.place is not None]
            )
            for segment in header:
                runs: list[Run] = []
                try:
                    for run in segment:
                        here = run.place is not None
                        runs.append(next(opened) if here else self._receive(response, run))
                except BaseException:  # they will come once more, if at all
                    self._gathered.give(_memory_of(runs))
                    raise
                self._gathered.add_fetched(sum(run.length for run in segment))
                yield runs

    def _header(
        self, response: http.client.HTTPResponse, wanted: int, *, in_place: bool
    ) -> list[list[Told]]:
        """The runs of *wanted* map outputs; ValueError if they cannot be."""
        if response.length is None:
            raise ValueError("its answer to /segments does not tell its length")
        size = int.from_bytes(_read_exactly(response, 4), "big")
        if size > response.length:
            raise ValueError("its answer to /segments is something else")
        most = _HEADER + wanted * _HEADER_OF_OUTPUT + self._gathered.memory // _HEADER_SHARE
        if size > most:
            raise ValueError(f"the header of its answer has {size:,} bytes; {most:,} are plenty")
        header = segment_messages.parse_header(
            _read_exactly(response, size), wanted, in_place=in_place
        )
        told = Sum.of(run.sum for run in chain(*header))
        sent = [run.length for run in chain(*header) if run.place is None]
        if sum(sent) + len(sent) * segment_messages.CHECKSUM_BYTES != response.length:
            raise ValueError("the runs in the header of its answer are not those behind it")
        expected = self._gathered.expected
        if expected is not None and not told.fits(expected):
            raise ValueError(f"it sends {told}; all maps together hold {expected}")
        return header

    def _receive(self, response: http.client.HTTPResponse, told: Told) -> Run:
        """One run, received whole and checked, in memory or in the file."""
        if not self._gathered.take(told.length):
            pieces = _pieces_of(response, told.length, self._check)
            run = self._file.append(pieces, told.sum)
            _check_sent(response, run.checksum)
            return run
        try:
            return self._receive_in_memory(response, told)
        except BaseException:
            self._gathered.give(told.length)
            raise

    def _receive_in_memory(self, response: http.client.HTTPResponse, told: Told) -> MemoryRun:
        length = told.length
        buffer = new_buffer(length)
        view = buffer.data[:length]
        for start in range(0, length, PIECE):
            self._check()
            _read_whole(response, view[start : start + PIECE])
        _check_sent(response, zlib.crc32(view))
        return MemoryRun(buffer, 0, length, told.sum)

    def _fetch_json(self, partition: int, map_task_id: str) -> list[Run]:
        self._check()
        query = urllib.parse.urlencode({"reducerIx": partition, "mapTaskID": map_task_id})
        with self._answer(f"/retrieveMapOutput?{query}") as response:
            if response.status == 404:
                raise NotThere
            if response.status != 200:
                raise ValueError(f"it answered {response.status} to /retrieveMapOutput")
            return self._runs_of_pairs(response)

    def _runs_of_pairs(self, response: http.client.HTTPResponse) -> list[Run]:
        """JSON pairs as runs, sorted again: the order of another's strings may not be ours."""
        longest = max(PIECE, self._gathered.memory)

        fetched = taken = 0

        def read(count: int) -> bytes:
            nonlocal fetched
            self._check()
            data = response.read(count)
            fetched += len(data)
            return data

        pieces = lines_of(read, longest)
        rest = memoryview(b"")

        def read_into(target: memoryview) -> int:
            nonlocal rest
            rest = rest or memoryview(next(pieces, b""))
            count = min(len(target), len(rest))
            target[:count] = rest[:count]
            rest = rest[count:]
            return count

        runs: list[Run] = []
        try:
            for block in sorted_blocks(read_into, 1, max_record=2 * longest):
                run = block.run(0)
                if self._gathered.take(block.size):
                    taken += block.size
                    runs.append(run)
                else:
                    runs.append(self._file.append([run.view()], run.sum))
        except RecordTooLong as error:
            self._gathered.give(taken)
            raise ValueError("a pair of its answer has no end") from error
        except BaseException:
            self._gathered.give(taken)
            raise
        self._gathered.add_fetched(fetched)
        return runs


def _refusal(response: http.client.HTTPResponse) -> Exception:
    """The reason why a worker did not answer 200 to ``/segments``."""
    answer = Answer(response.status, response.read(SHORT_ANSWER)).json() or {}
    kind = answer.get("kind")
    error = failures.parse_error(answer) if answer else MapReduceError("no reason given")
    if isinstance(error, UnknownMapOutput):
        return NotThere()
    # One of another pool takes the plain calls from us, and no others.
    if kind == ForbiddenError.kind or (kind is None and response.status in (403, 404, 405, 501)):
        return NotThere(plain=True)
    return ValueError(f"it answered {response.status}: {error}")


def _memory_of(runs: Sequence[Run]) -> int:
    return sum(run.length for run in runs if isinstance(run, MemoryRun))


def _check_sent(response: http.client.HTTPResponse, checksum: int) -> None:
    """Raise ValueError unless *checksum* is the one that comes next."""
    sent = _read_exactly(response, segment_messages.CHECKSUM_BYTES)
    if int.from_bytes(sent, "big") != checksum:
        raise ValueError("a segment arrived with a wrong checksum")


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
    """The next *length* bytes; a piece is valid until the next one."""
    buffer = memoryview(bytearray(min(length, PIECE)))
    while length:
        check()
        piece = buffer[: min(length, PIECE)]
        _read_whole(response, piece)
        length -= len(piece)
        yield piece
