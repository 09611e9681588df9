"""The kernel that merges many sorted runs of records, plain or framed, into one stream.

Each run is seen through a window of memory. A binary heap holds one group a run: a stretch of
consecutive records of that run with one key, which moves as a single copy. What is compared of a
framed record is its sort key, or its key where it has none. Runs are numbered in
the order (map task, emission), and the number breaks ties, so equal keys keep that order.

The state lives in arrays that the caller owns, so that the kernel can return whenever the output
is full or a window needs more bytes, and be called again. Inside, it is read through addresses:
numba counts references to arrays at each call, which costs more than the work on a short record.
"""

from __future__ import annotations

import struct

import numpy as np

from hadoopless.data.machine.kernels import inlined, kernel, types
from hadoopless.data.machine.lines import NEWLINES, TABS
from hadoopless.data.machine.memory import (
    compare,
    copy_large,
    find,
    key_prefix,
    load8,
    load64,
    same,
    store64,
)
from hadoopless.data.machine.selftest import padded, self_test
from hadoopless.data.record.frame_kernels import HEADER, frame_size
from hadoopless.data.record.repeat_kernels import read_repeat

# Reasons for which merge_step returns.
OUTPUT_FULL = 0
NEED_BYTES = 1  # the window of run control[PENDING] ends before its next record does
FINISHED = 2
BROKEN = 3  # run control[PENDING] ends with bytes that are no record

# Results of `_next_group`, besides NEED_BYTES and BROKEN.
_FOUND = 0
_ENDED = 2

# Columns of `windows`, one row a run: addresses, but for LAST.
CURSOR = 0  # first byte of the current group that is not yet written
GROUP_END = 1  # where the current group ends and the next record begins
LIMIT = 2  # end of the bytes that are in memory
LAST = 3  # 1 when nothing follows LIMIT
KEY = 4  # where what is compared of the current group begins
KEY_LENGTH = 5
WINDOW_COLUMNS = 6

# Cells of `control`.
STAGE = 0
HEAP_SIZE = 1
PENDING = 2
CONTROL_CELLS = 3

# Values of control[STAGE].
_FILLING = 0  # runs PENDING.. have still to enter the heap
_MERGING = 1  # the top of the heap is being written
_ADVANCING = 2  # the top of the heap is written, its run must find its next group


@inlined
def _get(array, i):
    return types.int64(load64(array + 8 * i))


@inlined
def _set(array, i, value):
    store64(array + 8 * i, types.uint64(value))


@inlined
def _next_group(window, framed):
    """Find the next group in *window*; returns _FOUND, NEED_BYTES, _ENDED or BROKEN."""
    at = _get(window, GROUP_END)
    limit = _get(window, LIMIT)
    last = _get(window, LAST) == 1
    if at == limit:
        return _ENDED if last else NEED_BYTES
    if framed:
        return _next_frames(window, at, limit, last)
    key = _behind_repeat(at, limit)
    tab = find(key, limit, TABS)
    line_end = find(tab, limit, NEWLINES)
    if line_end == limit:
        return BROKEN if last else NEED_BYTES
    key_length = tab - key
    end = line_end + 1
    while end < limit:
        other = _behind_repeat(end, limit)
        if other + key_length + 1 > limit or not same(key, other, key_length + 1):
            break
        line_end = find(other + key_length + 1, limit, NEWLINES)
        if line_end == limit:
            break
        end = line_end + 1
    _set(window, CURSOR, at)
    _set(window, GROUP_END, end)
    _set(window, KEY, key)
    _set(window, KEY_LENGTH, key_length)
    return _FOUND


@inlined
def _behind_repeat(at, limit):
    """Where the key of the plain record at *at* begins: behind the count, if it has one.

    What is no count is refused later, when the records are written (``repeat_kernels.expand``).
    """
    return read_repeat(at, limit)[1] if load8(at) == 10 else at


@inlined
def _key_in_frame(at):
    """The length of the bytes of a frame that are compared; True when they are its sort key."""
    lengths = load64(at)
    sort_length = types.int64(lengths & types.uint64(0xFFFFFFFF))
    if sort_length != 0:
        return sort_length, True
    return types.int64(lengths >> types.uint64(32)), False


@inlined
def _next_frames(window, at, limit, last):
    """As :func:`_next_group`, for frames in [at, limit)."""
    if limit - at < HEADER or limit - at < frame_size(at):
        return BROKEN if last else NEED_BYTES
    key = at + HEADER
    key_length, sorted_apart = _key_in_frame(at)
    end = at + frame_size(at)
    while limit - end >= HEADER:
        length, apart = _key_in_frame(end)
        if length != key_length or apart != sorted_apart:
            break
        size = frame_size(end)
        if limit - end < size or not same(key, end + HEADER, length):
            break
        end += size
    _set(window, CURSOR, at)
    _set(window, GROUP_END, end)
    _set(window, KEY, key)
    _set(window, KEY_LENGTH, key_length)
    return _FOUND


@inlined
def _before(windows, prefix_a, a, prefix_b, b):
    """True when the current group of run *a* must leave before that of run *b*."""
    if prefix_a != prefix_b:
        return prefix_a < prefix_b
    if (prefix_a & types.uint64(0xFF)) == types.uint64(8):
        window_a = windows + 8 * WINDOW_COLUMNS * a
        window_b = windows + 8 * WINDOW_COLUMNS * b
        order = compare(
            _get(window_a, KEY) + 7,
            _get(window_a, KEY_LENGTH) - 7,
            _get(window_b, KEY) + 7,
            _get(window_b, KEY_LENGTH) - 7,
        )
        if order != 0:
            return order < 0
    return a < b


@inlined
def _sift_up(windows, prefixes, runs, i, prefix, run):
    """Put (prefix, run) into the hole *i* at the end of the heap, or above."""
    while i > 0:
        parent = (i - 1) >> 1
        other = load64(prefixes + 8 * parent)
        other_run = _get(runs, parent)
        if not _before(windows, prefix, run, other, other_run):
            break
        store64(prefixes + 8 * i, other)
        _set(runs, i, other_run)
        i = parent
    store64(prefixes + 8 * i, prefix)
    _set(runs, i, run)


@inlined
def _sift_down(windows, prefixes, runs, size, prefix, run):
    """Put (prefix, run) into the hole at the top of the heap, or below."""
    i = types.int64(0)
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        best = load64(prefixes + 8 * child)
        best_run = _get(runs, child)
        if child + 1 < size:
            other = load64(prefixes + 8 * child + 8)
            other_run = _get(runs, child + 1)
            if _before(windows, other, other_run, best, best_run):
                best = other
                best_run = other_run
                child += 1
        if not _before(windows, best, best_run, prefix, run):
            break
        store64(prefixes + 8 * i, best)
        _set(runs, i, best_run)
        i = child
    store64(prefixes + 8 * i, prefix)
    _set(runs, i, run)


@inlined
def _prefix_of(window):
    return key_prefix(_get(window, KEY), _get(window, KEY_LENGTH))


@inlined
def _fill(windows, count, framed, prefixes, runs, control):
    """Let the runs from control[PENDING] on enter the heap; returns why that must stop, or -1."""
    size = _get(control, HEAP_SIZE)
    pending = _get(control, PENDING)
    why = -1
    while pending < count:
        window = windows + 8 * WINDOW_COLUMNS * pending
        state = _next_group(window, framed)
        if state in (NEED_BYTES, BROKEN):
            why = state
            break
        if state == _FOUND:
            _sift_up(windows, prefixes, runs, size, _prefix_of(window), pending)
            size += 1
        pending += 1
    _set(control, HEAP_SIZE, size)
    _set(control, PENDING, pending)
    if why < 0:
        _set(control, STAGE, _MERGING)
    return why


@inlined
def _advance(windows, framed, prefixes, runs, size, window, run):
    """Let the run at the top of the heap find its next group and its new place.

    Returns the size of the heap and why the merge must stop, or -1.
    """
    state = _next_group(window, framed)
    if state in (NEED_BYTES, BROKEN):
        return size, state
    if state == _FOUND:
        _sift_down(windows, prefixes, runs, size, _prefix_of(window), run)
    else:
        size -= 1
        last = load64(prefixes + 8 * size)
        _sift_down(windows, prefixes, runs, size, last, _get(runs, size))
    return size, -1


@kernel
def merge_step(windows, count, framed, prefixes, runs, control, target, room):
    """Write up to *room* merged bytes to *target*; returns (why it stopped, bytes written).

    All but *count* (of runs), *framed* and *room* are addresses: ``windows`` of
    int64[count, WINDOW_COLUMNS], ``prefixes`` (uint64[count]) and ``runs`` (int64[count]) of the
    heap, ``control`` of int64[CONTROL_CELLS], zeros at the first call.
    """
    written = types.int64(0)
    why = -1
    if _get(control, STAGE) == _FILLING:
        why = _fill(windows, count, framed, prefixes, runs, control)
    size = _get(control, HEAP_SIZE)
    stage = _get(control, STAGE)
    while why < 0:
        if size == 0:
            why = FINISHED
            break
        run = _get(runs, 0)
        window = windows + 8 * WINDOW_COLUMNS * run
        if stage == _MERGING:
            cursor = _get(window, CURSOR)
            length = _get(window, GROUP_END) - cursor
            part = min(length, room - written)
            copy_large(target + written, cursor, part)
            written += part
            if part < length:
                _set(window, CURSOR, cursor + part)
                why = OUTPUT_FULL
                break
            stage = _ADVANCING
        size, why = _advance(windows, framed, prefixes, runs, size, window, run)
        if why < 0:
            stage = _MERGING
        else:
            _set(control, PENDING, run)
    _set(control, HEAP_SIZE, size)
    _set(control, STAGE, stage)
    return why, written


def empty_state(count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The four state arrays of a merge of *count* runs."""
    return (
        np.zeros((count, WINDOW_COLUMNS), np.int64),
        np.zeros(count, np.uint64),
        np.zeros(count, np.int64),
        np.zeros(CONTROL_CELLS, np.int64),
    )


@self_test(merge_step)
def _merges_runs(merge_step):
    """Two runs with keys in common, of lines and of frames."""
    runs = [
        [(b"a", b"1"), (b"a longer key 1", b"2"), (b"c", b"3")],
        [(b"a longer key 0", b"4"), (b"c", b"5"), (b"c", b"6")],
    ]
    in_order = sorted(runs[0] + runs[1])
    return all(
        _merged(merge_step, [b"".join(map(form, run)) for run in runs], framed)
        == b"".join(map(form, in_order))
        for framed, form in ((0, _line), (1, _frame))
    )


def _line(pair):
    return b"%b\t%b\n" % pair


def _frame(pair):
    key, value = pair
    return struct.pack("<3I", 0, len(key), len(value)) + key + value


def _merged(merge_step, runs, framed):
    memory = [padded(run) for run in runs]
    windows, prefixes, heap, control = empty_state(len(runs))
    for window, run, bytes_of in zip(windows, runs, memory, strict=True):
        start = bytes_of.ctypes.data
        window[[GROUP_END, LIMIT, LAST]] = start, start + len(run), 1
    target = np.zeros(400, np.uint8)
    why, size = merge_step(windows, len(runs), framed, prefixes, heap, control, target, 300)
    return target[:size].tobytes() if why == FINISHED else None
