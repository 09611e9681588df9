"""The lines of an event log: one JSON object each, as docs/event-log.md describes them.

Times (``at``) are seconds since the beginning of the job, by a clock that is never set. Bytes that
are no UTF-8 are shown as ``\\xff``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

#: Grows when a field is removed or gets another meaning; new fields and events may come without.
SCHEMA = 1

#: A longer text of a program or of a name is cut.
LONGEST_TEXT = 16 << 10

#: A line with other values than these is none that we have written, and is skipped.
Seconds = Annotated[float, Meta(ge=0, le=1e10)]
Number = Annotated[int, Meta(ge=0, lt=1 << 62)]
Slots = Annotated[int, Meta(ge=1, le=1_000_000)]
#: The one object that is left out: msgspec compares floats with their defaults by identity.
NO_TIME = 0.0
TaskName = Annotated[str, Meta(pattern=r"\A(map|reduce)-[0-9]{1,9}\Z")]


class Line(Struct, frozen=True, tag_field="event", rename="camel", omit_defaults=True):
    """The base of all events."""

    at: Seconds


class JobBegan(Line, frozen=True, tag="job"):
    """The first line: what runs where. ``mode`` is push or pull."""

    id: str
    #: Seconds since 1970.
    time: Seconds
    schema: Number = 0
    version: str = ""
    #: The program that the user has started, with its words; values of ``--env`` are left out.
    command: tuple[str, ...] = ()
    cwd: str = ""
    pid: Number = 0
    host: str = ""
    cores: Number = 0
    mode: str = ""
    mapper: str = ""
    reducer: str = ""
    combiner: str = ""
    partitioner: str = ""
    #: The first input paths, and the number of all.
    inputs: tuple[str, ...] = ()
    input_files: Number = 0
    #: Bytes of all inputs as they lie on the disk, as far as they are known.
    input_bytes: Number = 0
    output: str = ""
    maps: Number = 0
    #: 0 in a job without reducers.
    reduces: Number = 0
    #: The choices of the user that are none of the above, by the names of the options.
    settings: dict[str, str] = {}
    #: True if the job goes on where an earlier coordinator ended.
    resumed: bool = False


class WorkerJoined(Line, frozen=True, tag="worker"):
    """A worker is there, or there again."""

    worker: str
    slots: Slots = 1
    #: True if the job has started it, for itself alone.
    started_by_job: bool = False


class WorkerLost(Line, frozen=True, tag="lost"):
    """A worker does not answer any more; what ran there has ended, what it held is gone."""

    worker: str


class WorkerLoad(Line, frozen=True, tag="load"):
    """The resident bytes of a worker's process and its CPU seconds, without its programs'."""

    worker: str
    memory: Number = 0
    cpu: Seconds = NO_TIME


class AttemptBegan(Line, frozen=True, tag="start"):
    """An attempt has been given to a worker. ``task`` is ``map-3`` or ``reduce-0``."""

    task: TaskName
    number: Number
    worker: str
    #: The lowest slot of the worker that was free.
    slot: Number = 0
    backup: bool = False
    #: The input of a map task, and its bytes as far as they are known.
    input: str = ""
    bytes: Number = 0


class TopKey(Struct, frozen=True, array_like=True):
    """A key with many bytes: the key (cut), its records and their bytes."""

    key: str
    records: Number
    bytes: Number


class Failed(Struct, frozen=True, rename="camel", omit_defaults=True):
    """The error that has ended an attempt or a job: its kind and text, and what was run."""

    kind: str = ""
    message: str = ""
    role: str = ""
    command: str = ""
    exit: int | None = None
    input: str = ""
    replay: str = ""


class AttemptEnded(Line, frozen=True, tag="end"):
    """An attempt has ended. ``result`` is one of the texts of ``EndReason``.

    Bytes and records are those of the worker's report; times are seconds.
    """

    task: TaskName
    number: Number
    worker: str
    result: str
    #: The worker's own time; the call took a little longer.
    seconds: Seconds = NO_TIME
    input_bytes: Number = 0
    input_records: Number = 0
    output_bytes: Number = 0
    output_records: Number = 0
    #: CPU of the programs, and of the worker for this attempt.
    program_cpu: Seconds = NO_TIME
    own_cpu: Seconds = NO_TIME
    #: From the start of a program to its end; the time in which a reduce fetched its map outputs.
    program_seconds: Seconds = NO_TIME
    fetch_seconds: Seconds = NO_TIME
    fetched_bytes: Number = 0
    spilled_bytes: Number = 0
    #: The largest resident size of a program.
    program_memory: Number = 0
    skipped_records: Number = 0
    #: The different keys of a partition (0: not counted), and those with the most bytes.
    groups: Number = 0
    top_keys: tuple[TopKey, ...] = ()
    stderr: str = ""
    #: True if stderr was left out, because the log holds enough of it.
    stderr_left_out: bool = False
    failure: Failed | None = None


class OutputRestored(Line, frozen=True, tag="restored"):
    """A resumed job has found this map output on the worker that held it."""

    task: TaskName
    worker: str
    input_bytes: Number = 0
    output_bytes: Number = 0


class Committed(Line, frozen=True, tag="committed"):
    """An earlier coordinator has committed the output of this task."""

    task: TaskName


class JobEnded(Line, frozen=True, tag="done"):
    """The last line. ``status`` is succeeded, failed or cancelled."""

    status: str
    #: The first output files, and the number of all.
    outputs: tuple[str, ...] = ()
    output_files: Number = 0
    output_bytes: Number = 0
    #: (group, name, amount).
    counters: tuple[tuple[str, str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    retries: Number = 0
    backups_won: Number = 0
    lost_workers: Number = 0
    #: CPU seconds of all processors of the coordinator's machine, for all processes on it, from the
    #: first attempt on.
    machine_cpu: Seconds = NO_TIME
    failure: Failed | None = None


Event = (
    JobBegan
    | WorkerJoined
    | WorkerLost
    | WorkerLoad
    | AttemptBegan
    | AttemptEnded
    | OutputRestored
    | Committed
    | JobEnded
)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """The line of *event*, with its newline."""
    try:
        return _encoder.encode(event) + b"\n"
    except UnicodeEncodeError:  # a name or a text that is no UTF-8
        return _encoder.encode(_legible(msgspec.to_builtins(event))) + b"\n"


def decode(line: bytes) -> Event | None:
    """The event of *line*; None if it is torn, damaged, or one that this release does not know."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decoded(lines: Iterable[bytes]) -> Iterable[Event]:
    """The events of *lines*, without those that cannot be read."""
    return (event for event in map(decode, lines) if event is not None)


def _legible(thing: Any) -> Any:
    """*thing* with every text in UTF-8."""
    if isinstance(thing, str):
        return legible(thing)
    if isinstance(thing, dict):
        return {_legible(name): _legible(value) for name, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [_legible(value) for value in thing]
    return thing


def legible(text: str) -> str:
    """*text* with bytes that are no UTF-8, which came as lone surrogates, as ``\\xff``."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a surrogate that stands for no byte
        return text.encode("utf-8", "backslashreplace").decode()
