"""Damaged answers and messages of other processes, and who reads them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from hadoopless.coordinator.push.client import WorkerClient
from hadoopless.data.merge.merge import CorruptRun, merged
from hadoopless.data.merge.order import OutOfOrder, in_order
from hadoopless.data.record.repeats import NotAsTold, expanded
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch import Shuffle, Sources
from hadoopless.data.shuffle.inquest import Expected, accuse
from hadoopless.data.shuffle.peer import Peers
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.errors import FetchError, MapReduceError
from hadoopless.job import MapOutput, Split, TaskReport
from hadoopless.rules import FieldRange, KeyFields, Rules, to_json
from hadoopless.wire.messages import failures, joining, replies, segments, tasks
from hadoopless.wire.unreachable import Unreachable
from tests.data.samples import count_of, unfolded
from tests.fuzz.damage import EDGES, TEXTS, damaged, odd_json, odd_json_text, odd_value
from tests.fuzz.findings import Case
from tests.fuzz.peers import Liar, chunked, response

_BUDGET = 1 << 20

# segments ---------------------------------------------------------------------------------------


def _records(random: Random, count: int) -> bytes:
    keys = sorted(b"%d" % random.randrange(1000) for _ in range(count))
    counts = (random.choice((1, 1, 2, 70, 9000)) for _ in keys)
    return b"".join(
        count_of(times) + b"%s\t%d\n" % (key, place)
        for place, (key, times) in enumerate(zip(keys, counts, strict=True))
    )


def _told(run: bytes) -> tuple[int, int, int]:
    """The numbers of a run in the header, which are wrong where it is no run."""
    try:
        whole = unfolded(run)
    except (ValueError, IndexError, MemoryError):
        whole = run
    return len(run), whole.count(b"\n"), len(whole)


def _segments_answer(random: Random, ids: int) -> bytes:
    """An answer to /segments for *ids* map outputs; header, bytes and checksums may be wrong."""
    runs = [
        [_records(random, random.choice((0, 1, 30))) for _ in range(random.randrange(3))]
        for _ in range(ids)
    ]
    if random.random() < 0.3:  # what arrives whole, and is no run of records
        runs = [[damaged(random, run) for run in segment] for segment in runs]
    sizes: object = [[_told(run) for run in segment] for segment in runs]
    if random.random() < 0.3:
        sizes = odd_json(random, json.loads(json.dumps(sizes)))
    text = json.dumps(sizes).encode()
    body = len(text).to_bytes(4, "big") + text
    for run in (run for segment in runs for run in segment):
        body += run + zlib.crc32(run).to_bytes(4, "big")
    if random.random() < 0.4:
        body = damaged(random, body)
    return body


def _answer(random: Random, body: bytes) -> bytes:
    """*body* as the body of an answer, which may be damaged, too."""
    whole = chunked(body) if random.random() < 0.2 else response(body)
    return damaged(random, whole) if random.random() < 0.2 else whole


def _pairs_answer(random: Random) -> bytes:
    pairs = [[f"{place}", "v"] for place in range(random.choice((0, 1, 50)))]
    return _answer(random, odd_json_text(random, pairs))


def segments_case(liar: Liar, place: Path) -> Case:
    """A peer answers /segments or /retrieveMapOutput to a reducer."""

    def case(random: Random) -> None:
        ids = [f"id{number}" for number in range(random.choice((1, 1, 2, 5)))]
        plain = random.random() < 0.2

        def answer(line: bytes) -> bytes:
            if b"/segments" not in line:
                return _pairs_answer(random)
            if plain:
                return response(b"", "404 Not Found")
            return _answer(random, _segments_answer(random, len(ids)))

        liar.answer = answer
        budget = MemoryBudget(random.choice((0, 1000, _BUDGET)))
        store = MapOutputStore(_BUDGET, str(place))
        shuffle = Shuffle(store, budget, str(place), Peers(lambda url: None))
        sources = Sources(ids, [liar.url] * len(ids), [liar.url])
        try:
            gathered = shuffle.gather(0, sources, lambda: None)
            try:
                pieces = merged(gathered.runs, 1 << 16, SpillFile(str(place)))
                for _ in in_order(expanded(pieces, gathered.sum)):
                    pass
            except (CorruptRun, OutOfOrder, NotAsTold, EOFError):
                accuse(gathered, Expected(False, True, _BUDGET), lambda: None)
                raise
            finally:
                gathered.close()
        except FetchError as error:
            blamed = error.worker
        else:
            blamed = liar.url
        assert blamed == liar.url, f"{blamed!r} was blamed"
        assert budget.used == 0, "memory was not given back"

    return case


# answers of workers to the coordinator ----------------------------------------------------------

_RULES = Rules(environment=(("A", "b"),), order=KeyFields((FieldRange(2, 1),), b" "))
_SOME_TASK = tasks.TaskContext("job", "0", "/nowhere")
REPORT = TaskReport(10, 2, 3, 30, stretches=((0, 10),), told=True, counters=(("g", "n", 1),))
OUTPUT = MapOutput("http://127.0.0.1:1", "id-0", 3, (10, 20), (1, 2))
_HEALTH = replies.health_reply(replies.Health("instance", pid=5))
_REFUSAL = {
    "status": "error",
    "message": "it failed",
    "kind": "program",
    "what": "ended",
    "role": "mapper",
    "task": "map 0",
    "command": "cat",
    "exit": 1,
    "stderr": "oh",
    "source": "0.in",
    "replay": "cat",
    "worker": "http://127.0.0.1:1",
    "mapTaskIDs": ["id-0"],
}
_KINDS = ["program", "timeout", "fetch", "input", "task", "record-too-large", "disk", "nonsense"]
_REPLIES: Mapping[bytes, object] = {
    b"/health": _HEALTH,
    b"/map": replies.map_reply(OUTPUT, REPORT),
    b"/reduce": replies.reduce_reply(REPORT),
    b"/held": {"status": "success", "mapTaskIDs": ["id-0"]},
    b"/retrieveMapOutput": {"status": "error"},
    b"/cancel": {"status": "success", "cancelled": 0},
    b"/release": {"status": "success"},
    b"/fetchAhead": {"status": "success"},
}


def reply_to(random: Random, line: bytes, oddity: float) -> bytes:
    """A worker's answer to the request *line*; with the chance *oddity* it is odd."""
    path = line.split(b" ")[1].partition(b"?")[0] if b" " in line else b""
    reply = _REPLIES.get(path, {})
    status = "200 OK"
    if random.random() < 0.2:
        reply = dict(_REFUSAL, kind=random.choice(_KINDS))
        status = random.choice(("400 Bad", "403 No", "404 No", "422 Bad", "500 Oh", "502 Bad"))
    if random.random() >= oddity:
        return response(json.dumps(reply).encode(), status)
    if random.random() < 0.7:
        return response(odd_json_text(random, reply, 0.1), status)
    return damaged(random, response(json.dumps(reply).encode(), status))


def answers_case(liar: Liar, _place: Path) -> Case:
    """A worker answers the calls of a coordinator."""

    def case(random: Random) -> None:
        liar.answer = lambda line: reply_to(random, line, 0.6)
        client = WorkerClient(liar.url)
        if random.random() < 0.8:
            client.ours = True
        calls: list[Callable[[], object]] = [
            lambda: client.meet(5, plain=True, any_pool=True),
            lambda: client.health("job", 5),
            lambda: client.map(tasks.MapRequest("cat", Split("0.in"), 1, context=_SOME_TASK), 5),
            lambda: client.reduce(tasks.ReduceRequest("cat", 0, ("id",), "out"), 5),
            lambda: client.held("job", 5),
            lambda: client.cancel("job", "0", 5),
            lambda: client.release(("id",), 5),
        ]
        try:
            random.choice(calls)()
        except (MapReduceError, Unreachable) as error:
            _tellable(error)
        except ValueError:
            pass  # of an answer to /map that makes no sense
        finally:
            client.close()

    return case


def _tellable(error: Exception) -> None:
    """Tell *error* as its own JSON and to a terminal."""
    if isinstance(error, MapReduceError):
        json.dumps(failures.error_reply(error))
    str(error).encode("utf-8", "backslashreplace")


# messages ---------------------------------------------------------------------------------------


def messages_case(_liar: Liar, _place: Path) -> Case:
    """The parsers of all messages read them."""
    hello = joining.hello_message(joining.Hello(0, "http://127.0.0.1:1", "i", ("a",)))
    welcome = joining.welcome_message(joining.Welcome("s", "j", 1.0))
    assignment = joining.assignment_message(joining.Assignment(joining.MAP, {"a": "b"}))
    call: dict[str, object] = {
        **tasks.map_parameters(tasks.MapRequest("cat", Split("0.in", 0, 5), 1, context=_SOME_TASK)),
        **tasks.reduce_parameters(tasks.ReduceRequest("cat", 0, ("id",), "out")),
        "rules": to_json(_RULES),
        "splitMore": '[["a", 0, 5]]',
        "inputStates": "[[1, 2, 3, 4], null]",
        **dict.fromkeys(("taskTimeout", "inputRecords", "inputBytes", "sampleBytes", "mapIx"), "5"),
    }

    def case(random: Random) -> None:
        def parameters() -> Callable[[str], str | None]:
            given = dict(call)
            for _ in range(random.choice((1, 2, 4))):
                name = random.choice(list(given))
                text = str(given[name])
                given[name] = random.choice(
                    [
                        *(random.choice(TEXTS), str(random.choice(EDGES)), None),
                        odd_json_text(random, _json_in(text)).decode("utf-8", "surrogateescape"),
                    ]
                )
            return given.get  # type: ignore[return-value]

        reading: list[Callable[[], object]] = [
            lambda: joining.parse_hello(_odd(random, hello)),
            lambda: joining.parse_welcome(_odd(random, welcome)),
            lambda: joining.parse_assignment(_odd(random, assignment)),
            lambda: joining.parse_orders(_odd(random, assignment)),
            lambda: _tellable(failures.parse_error(_odd(random, _REFUSAL))),
            lambda: replies.parse_map_reply(_odd(random, dict(_REPLIES)[b"/map"]), "w"),
            lambda: replies.parse_health(_odd(random, _HEALTH)),
            lambda: segments.parse_body(
                odd_json_text(random, {"partition": 0, "mapTaskIDs": [], "machine": "m"})
            ),
            lambda: segments.parse_header(
                odd_json_text(random, [[[5, 1, 5, 77, 3, 0, 1]], []]), 2, in_place=True
            ),
            lambda: tasks.parse_map(parameters()),
            lambda: tasks.parse_reduce(parameters()),
        ]
        try:
            random.choice(reading)()
        except (MapReduceError, ValueError) as error:
            _tellable(error)

    return case


def _odd(random: Random, message: object) -> Mapping[str, object]:
    """An odd object as it comes out of JSON."""
    odd = message
    for _ in range(random.choice((1, 1, 2, 4))):
        odd = odd_json(random, odd)
    found = json.loads(json.dumps(odd))
    return found if isinstance(found, dict) else {}


def _json_in(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return odd_value(Random(text))
