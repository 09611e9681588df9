"""Draws calls to our servers: real ones, whose parameters and bodies may be odd."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from hadoopless.rules import FieldRange, KeyFields, Rules, to_json
from tests.fuzz.damage import EDGES, TEXTS, odd_json_text

#: The directory within the served one where the programs and inputs of these calls are, and where
#: what they write may appear.
PLACE = "fuzzed"
FORM = "application/x-www-form-urlencoded"
_RULES = to_json(Rules(environment=(("A", "b"),), order=KeyFields((FieldRange(2, 1),), b" ")))

#: These values stay as they are: a caller with a proof may start any program and write anywhere.
_FIXED: dict[str, Sequence[str]] = {
    "mapperPath": [f"{PLACE}/mapper.sh", f"{PLACE}/fails.sh", f"{PLACE}/none", f"{PLACE}/0.in"],
    "reducerPath": [f"{PLACE}/mapper.sh", f"{PLACE}/fails.sh", f"{PLACE}/mapper.sh 'a"],
    "combinerPath": [f"{PLACE}/mapper.sh", f"{PLACE}/fails.sh"],
    "jobPath": [f"{PLACE}/out", f"{PLACE}/none", f"{PLACE}/0.in"],
    "skippedFile": [f"{PLACE}/out/0.skipped", f"{PLACE}/none/0.skipped"],
}
_LIKELY: dict[str, Sequence[str]] = {
    "inputFile": [f"{PLACE}/0.in"] * 4 + [f"{PLACE}/none", PLACE, f"{PLACE}/../../outside/x"],
    "numReducers": ["1", "2", "7", "1000"],
    "splitStart": ["0", "1", "5", "1000000"],
    "splitLength": ["0", "1", "20"],
    "splitMore": [json.dumps([[f"{PLACE}/0.in", 0, 5]]), "[]"],
    "inputStates": ["[null]", "[[1, 2, 3, 4]]", "[]"],
    "jobId": ["fuzz", "other"],
    "attempt": ["map-99-0", "map-99-1"],
    "rules": [_RULES],
    "mapIx": ["0", "1"],
    "sampleBytes": ["1", "1000"],
    "taskTimeout": ["0.01", "1", "60"],
    "reducerIx": ["0", "1", "6"],
    "inputRecords": ["0", "3"],
    "inputBytes": ["0", "12"],
    "nonce": ["0" * 32, "0123456789abcdef" * 2],
}
_ALWAYS = {
    "/map": ("mapperPath", "inputFile", "numReducers"),
    "/retrieveMapOutput": ("reducerIx", "mapTaskID"),
    "/reduce": ("reducerIx", "reducerPath", "mapTaskIDs", "jobPath"),
    "/prove": ("nonce",),
    "/health": (),
    "/cancel": ("jobId",),
    "/held": ("jobId",),
    "/release": ("jobId",),
}
_MORE = {
    "/map": (
        *("splitStart", "splitLength", "splitMore", "inputStates", "combinerPath", "jobId"),
        *("attempt", "rules", "mapIx", "jobPath", "skippedFile", "sampleBytes", "taskTimeout"),
    ),
    "/reduce": (
        *("mapWorkers", "jobId", "attempt", "rules", "inputRecords", "inputBytes", "taskTimeout"),
    ),
    "/health": ("jobId",),
    "/cancel": ("attempt",),
    "/release": ("mapTaskIDs",),
}
_POSTED = ("/cancel", "/held", "/release")
_METHODS = [
    *("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get")
]
_TARGETS = ["/", "*", "//", "/map/", "/..", "http://127.0.0.1/health", "/%00", "/\xff", "/map?"]


@dataclass
class Known:
    """The ids that servers have told so far; a call that names them gets further."""

    urls: Sequence[str] = ()
    map_task_ids: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)

    def learn(self, received: bytes) -> None:
        """Keep the ids and sessions in an answer."""
        for name, kept in ((b'"mapTaskID"', self.map_task_ids), (b'"session"', self.sessions)):
            _, found, rest = received.partition(name + b': "')
            if found:
                kept.append(rest.partition(b'"')[0].decode("ascii", "replace"))
                del kept[:-20]

    def id(self, random: Random) -> str:
        """A map task id that is, or was, good for something; or another."""
        return random.choice([*self.map_task_ids, "f6bad457d29e49e3b04c185ce0072a66", "x"])


@dataclass
class Request:
    """A request in its parts."""

    method: str
    target: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def head(self, length: bool = True) -> bytes:
        """All before the body."""
        told = [("Content-Length", str(len(self.body)))] if self.body and length else []
        lines = [f"{name}: {value}\r\n" for name, value in (*self.headers, *told)]
        line = f"{self.method} {self.target} HTTP/1.1\r\nHost: localhost\r\n"
        return (line + "".join(lines) + "\r\n").encode("utf-8", "surrogateescape")

    def whole(self) -> bytes:
        """The bytes of the request."""
        return self.head() + self.body


def draw_call(random: Random, known: Known, joined: bool) -> Request:
    """A call to a worker, or to a coordinator that workers have *joined*."""
    if random.random() < 0.05:
        return Request(random.choice(_METHODS), random.choice(_TARGETS))
    if joined and random.random() < 0.9:
        return _call_of_joined(random, known)
    if random.random() < 0.15:
        asked = {"partition": random.choice((0, 1, 7)), "mapTaskIDs": [known.id(random)]}
        body = odd_json_text(random, asked) if random.random() < 0.5 else json.dumps(asked).encode()
        return Request("POST", "/segments", body=body)
    path = random.choice(list(_ALWAYS))
    names = [name for name in _ALWAYS[path] if random.random() < 0.97]
    names += [name for name in _MORE.get(path, ()) if random.random() < 0.15]
    query = urllib.parse.urlencode(
        {name: _value(random, name, known) for name in names}, errors="surrogatepass"
    )
    if path in _POSTED or random.random() < 0.2:
        return Request("POST", path, [("Content-Type", FORM)], query.encode())
    return Request("GET", f"{path}?{query}")


def _value(random: Random, name: str, known: Known) -> str:
    if name in _FIXED:
        return random.choice(_FIXED[name])
    if random.random() < 0.15:
        return str(random.choice((*TEXTS, *EDGES)))
    match name:
        case "mapTaskID":
            return known.id(random)
        case "mapTaskIDs":
            return ",".join(known.id(random) for _ in range(random.choice((0, 1, 1, 2, 30))))
        case "mapWorkers":
            return ",".join(random.choice(known.urls) for _ in range(random.choice((1, 1, 2))))
    return random.choice(_LIKELY[name])


def _call_of_joined(random: Random, known: Known) -> Request:
    """A call as workers make it that join. None tells of a task that the job has."""
    session = random.choice([*known.sessions, "x"])
    reply = {"status": random.choice(("success", "error")), "message": "m", "mapTaskID": "x"}
    calls: dict[str, dict[str, object]] = {
        "/register": {
            "version": 2,
            "worker": random.choice((0, 2, 2, 3)),
            "instance": "fuzz",
            "url": random.choice(known.urls),
            "held": [known.id(random)],
        },
        "/ping": {"session": session},
        "/submit": {"session": session, "attempt": "map-99-0", "reply": reply},
        "/leave": {"session": session},
    }
    path = random.choice(list(calls))
    message = calls[path]
    body = odd_json_text(random, message) if random.random() < 0.6 else json.dumps(message).encode()
    return Request("POST", path, [("Content-Type", "application/json")], body)
