"""Writes the attempts of a job as a trace for Perfetto: TrackEvents, as protobuf. Pure.

The messages and the numbers of their fields are those of Perfetto's trace_packet.proto,
track_descriptor.proto, track_event.proto and debug_annotation.proto. Few fields are needed, so they
are written by hand; a library of protobuf would be larger than all of this package.
"""

from __future__ import annotations

from collections.abc import Iterator

from hadoopless.history.course import Attempt, Course

# Trace, TracePacket
_PACKET, _TIMESTAMP, _SEQUENCE, _EVENT, _FLAGS, _DESCRIPTOR = 1, 8, 10, 11, 13, 60
_CLEARED = 1
# TrackDescriptor, ProcessDescriptor, ThreadDescriptor
_UUID, _NAME, _PROCESS, _THREAD, _PARENT, _COUNTER = 1, 2, 3, 4, 5, 8
_PROCESS_PID, _PROCESS_NAME, _THREAD_PID, _THREAD_TID, _THREAD_NAME = 1, 6, 1, 2, 5
# TrackEvent
_ANNOTATION, _TYPE, _TRACK, _CATEGORY, _EVENT_NAME, _COUNTER_VALUE = 4, 9, 11, 22, 23, 30
_BEGIN, _END, _INSTANT, _COUNTS = 1, 2, 3, 4
# DebugAnnotation
_ANNOTATION_INT, _ANNOTATION_TEXT, _ANNOTATION_NAME = 4, 6, 10

_OUR_SEQUENCE = 1
#: The numbers of tracks: of the job, and from these on of workers, lanes, and memory of workers.
_JOB, _WORKERS, _LANES, _MEMORY = 1, 1_000, 1_000_000, 2_000_000
_NS = 1_000_000_000


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode("utf-8", "backslashreplace"))


def trace(course: Course) -> Iterator[bytes]:
    """The pieces of the trace: a process for each worker, a thread for each of its slots."""
    workers = {worker: number for number, (worker, _) in _first_lanes(course).items()}
    flags = _number(_FLAGS, _CLEARED)
    name = f"job {course.job.id}" if course.job else "job"
    yield _packet(flags + _bytes(_DESCRIPTOR, _number(_UUID, _JOB) + _text(_NAME, name)))
    for worker, number in workers.items():
        process = _number(_PROCESS_PID, number + 1) + _text(_PROCESS_NAME, worker)
        yield _descriptor(_WORKERS + number, _bytes(_PROCESS, process))
    for lane, (worker, slot) in enumerate(course.lanes):
        thread = _number(_THREAD_PID, workers[worker] + 1) + _number(_THREAD_TID, lane + 1)
        thread += _text(_THREAD_NAME, f"slot {slot + 1}")
        track = _number(_PARENT, _WORKERS + workers[worker]) + _bytes(_THREAD, thread)
        yield _descriptor(_LANES + lane, track)
    for attempt in course.attempts:
        yield from _attempt(attempt, course.now)
    for lost in course.lost_workers:
        yield _event(lost.at, _JOB, _INSTANT, _text(_EVENT_NAME, f"lost {lost.worker}"))
    yield from _memory(course, workers)


def _first_lanes(course: Course) -> dict[int, tuple[str, int]]:
    """The first lane of each worker, by numbers of workers."""
    first = {worker: (worker, slot) for worker, slot in reversed(course.lanes)}
    return dict(enumerate(first.values()))


def _attempt(attempt: Attempt, now: float) -> Iterator[bytes]:
    track = _LANES + attempt.lane
    end = attempt.ended
    result = "running" if end is None else end.result
    body = _text(_EVENT_NAME, attempt.name)
    body += _text(_CATEGORY, "reduce" if attempt.is_reduce else "map")
    body += _annotated("result", result) + _annotated("backup", int(attempt.began.backup))
    if attempt.began.input:
        body += _annotated("input", attempt.began.input)
    if end is not None:
        body += _annotated("input_bytes", end.input_bytes or attempt.began.bytes)
        body += _annotated("input_records", end.input_records)
        body += _annotated("output_bytes", end.output_bytes)
        body += _annotated("output_records", end.output_records)
        body += _annotated("spilled_bytes", end.spilled_bytes)
        body += _annotated("program_cpu_ms", round(1000 * end.program_cpu))
    yield _event(attempt.began.at, track, _BEGIN, body)
    yield _event(now if end is None else end.at, track, _END, b"")


def _annotated(name: str, value: int | str) -> bytes:
    body = _text(_ANNOTATION_NAME, name)
    if isinstance(value, int):
        body += _number(_ANNOTATION_INT, value)
    else:
        body += _text(_ANNOTATION_TEXT, value)
    return _bytes(_ANNOTATION, body)


def _memory(course: Course, workers: dict[str, int]) -> Iterator[bytes]:
    """A counter for each worker that has told its memory."""
    for worker in dict.fromkeys(load.worker for load in course.loads):
        if worker in workers:
            parent = _number(_PARENT, _WORKERS + workers[worker])
            body = _text(_NAME, "resident bytes") + parent + _bytes(_COUNTER, b"")
            yield _descriptor(_MEMORY + workers[worker], body)
    for load in course.loads:
        if load.worker in workers:
            value = _number(_COUNTER_VALUE, load.memory)
            yield _event(load.at, _MEMORY + workers[load.worker], _COUNTS, value)


def _descriptor(uuid: int, body: bytes) -> bytes:
    return _packet(_bytes(_DESCRIPTOR, _number(_UUID, uuid) + body))


def _event(at: float, track: int, kind: int, body: bytes) -> bytes:
    event = _number(_TYPE, kind) + _number(_TRACK, track) + body
    return _packet(_number(_TIMESTAMP, max(0, round(at * _NS))) + _bytes(_EVENT, event))


def _packet(body: bytes) -> bytes:
    return _bytes(_PACKET, body + _number(_SEQUENCE, _OUR_SEQUENCE))
