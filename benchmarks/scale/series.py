"""The series: what grows in each, the job of each point, and why its line may not be straight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.generate import cached, write_one_liners, write_records, write_text
from benchmarks.job import Job
from benchmarks.measure import warm

MB = 10**6
_FILES = 8
_MAPPER = "wordcount/mapper.py"
_REDUCER = "wordcount/reducer.py"
_SPLIT = "--splitSize=64MB"
_KEYS = 128
_KEY_BYTES = 64 * MB
_KEY_BLOCK = 1 << 24


@dataclass(frozen=True, slots=True)
class Series:
    """Points that differ in one number."""

    name: str
    #: The number that grows, with its unit.
    axis: str
    what: str
    xs: tuple[int, ...]
    #: The job of a point; its inputs are below the directory.
    job: Callable[[Path, int], Job]
    #: The reason why the line is what it is.
    why: str
    large: tuple[int, ...] = ()
    #: Options of ``workers.py``.
    pool: tuple[str, ...] = ()
    #: True if the number is that of the workers of the pool.
    grows_pool: bool = False
    #: True if the points are drawn at equal distances for equal factors.
    is_log: bool = False


def _inputs(work: Path, name: str, make: Callable[[Path], None]) -> Path:
    directory = cached(work / "inputs" / name, make)
    warm(directory)
    return directory


def _sized(work: Path, megabytes: int) -> Job:
    size = megabytes * MB
    inputs = _inputs(work, f"scale-size-{megabytes}", lambda at: write_records(at, size, _FILES))
    return Job("cat", "cat", inputs, 4, (_SPLIT,))


def _counted(work: Path, workers: int) -> Job:
    inputs = _inputs(work, "scale-text", lambda at: write_text(at, 24 * MB, 24))
    return Job(_MAPPER, _REDUCER, inputs, 8)


def _mapped(work: Path, maps: int) -> Job:
    inputs = _inputs(work, f"scale-maps-{maps}", lambda at: write_one_liners(at, maps))
    return Job("cat", "cat", inputs, 4)


def _reduced(work: Path, reducers: int) -> Job:
    inputs = _inputs(work, "scale-reducers", lambda at: write_records(at, 10 * MB, _FILES))
    return Job("cat", "cat", inputs, reducers)


def _same_count(work: Path, length: int) -> Job:
    inputs = _inputs(
        work, f"scale-keys-{length}", lambda at: write_keys(at, length, _KEYS // _FILES)
    )
    return Job("cat", "cat", inputs, 4)


def _same_bytes(work: Path, length: int) -> Job:
    count = max(1, _KEY_BYTES // _FILES // (length + len("\tv\n")))
    inputs = _inputs(work, f"scale-bytes-{length}", lambda at: write_keys(at, length, count))
    return Job("cat", "cat", inputs, 4)


def write_keys(directory: Path, length: int, count: int) -> None:
    """Write inputs of *count* records each, with random keys of *length* bytes."""
    for index in range(_FILES):
        rng = np.random.default_rng([length, index])
        with (directory / f"{index}.in").open("wb") as out:
            left = count
            while left:
                rows = min(left, max(1, _KEY_BLOCK // (length + 3)))
                table = rng.integers(ord("!"), ord("~") + 1, (rows, length + 3), dtype=np.uint8)
                table[:, length:] = np.frombuffer(b"\tv\n", np.uint8)
                out.write(table.tobytes())
                left -= rows


SERIES = (
    Series(
        "size",
        "MB of input",
        "`cat` and `cat` over records of 100 bytes with random keys, 4 reducers, workers with"
        " `--memory=64MB`.",
        (10, 30, 100, 300, 1000),
        _sized,
        "Each byte is read, sorted, sent and merged once. Memory grows until the budget is used"
        " and no further: the rest is spilt to disk.",
        large=(3000, 10_000),
        pool=("--memory=64MB",),
    ),
    Series(
        "workers",
        "workers",
        "Word count of 24 MB in 24 inputs with the Python scripts, 8 reducers.",
        (1, 2, 3, 4, 6, 8),
        _counted,
        "Time falls with one over the number of workers until each core has one. Further workers"
        " share the cores, so they cannot make the job faster; each takes the memory of a worker.",
        grows_pool=True,
    ),
    Series(
        "maps",
        "map tasks",
        "Inputs of one line, `cat` and `cat`, 4 reducers.",
        (10, 100, 1000, 10_000),
        _mapped,
        "A map task costs the start of its program and two messages, however many there are.",
    ),
    Series(
        "reducers",
        "reducers",
        "`cat` and `cat` over 10 MB of records in 8 inputs.",
        (1, 10, 100, 500, 1000, 2000),
        _reduced,
        "A reduce task costs the start of its program, a fetch from each worker, an output file.",
    ),
    Series(
        "keys",
        "bytes of a key",
        f"{_KEYS} records, `cat` and `cat`, 4 reducers.",
        (1, 10, 100, 1000, 10_000, 100_000, 1_000_000),
        _same_count,
        "The number of records stays the same, so the input grows with the length of the keys.",
    ),
    Series(
        "key-bytes",
        "bytes of a key",
        f"{_KEY_BYTES // MB} MB of records, `cat` and `cat`, 4 reducers.",
        (1, 10, 100, 1000, 10_000, 100_000, 1_000_000),
        _same_bytes,
        "The bytes stay the same, so the number of records falls as the keys grow: the time is"
        " that of the bytes, and that of the records on top where there are millions of them.",
        is_log=True,
    ),
)
