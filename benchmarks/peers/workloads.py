"""The workloads: the programs of each, its inputs and its sizes. They know nothing of the peers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import cached, write_records
from benchmarks.measure import ROOT, warm
from benchmarks.peers import inputs

MB = 10**6
CAT = "/bin/cat"
_PROGRAMS = ROOT / "benchmarks" / "peers" / "programs"
_WORDS = (str(ROOT / "wordcount" / "mapper.py"), str(ROOT / "wordcount" / "reducer.py"))
_LETTERS = (str(_PROGRAMS / "letters.sh"), str(_PROGRAMS / "counts.sh"))


@dataclass(frozen=True, slots=True)
class Workload:
    """A job that all peers run; its programs have no arguments, since not all peers pass them."""

    name: str
    what: str
    mapper: str
    reducer: str
    #: The inputs are written into a directory, and have about so many bytes.
    make: Callable[[Path, int], None]
    #: Bytes of input, the smallest first: from it the time of the others is predicted.
    sizes: tuple[int, ...]
    #: The sizes with --large instead.
    large: tuple[int, ...] = ()
    combiner: str | None = None
    #: True if the second field of the lines is part of the order.
    is_secondary: bool = False

    @property
    def is_sort(self) -> bool:
        """True if the job does nothing but sort."""
        return self.mapper == self.reducer == CAT and not self.is_secondary

    @property
    def has_small_files(self) -> bool:
        """True if peers should give a map task many inputs."""
        return self.make is inputs.small_files

    @property
    def has_one_file(self) -> bool:
        """True if peers must cut the input to use all cores."""
        return self.make in (inputs.one_file, inputs.few_lines)

    def inputs(self, work: Path, size: int) -> Path:
        """The directory with the inputs, made once, and read so that no run waits for the disk."""
        name = f"{self.make.__name__.strip('_')}-{size}"
        directory = cached(work / "inputs" / name, lambda path: self.make(path, size))
        warm(directory)
        return directory


def _records(directory: Path, size: int) -> None:
    write_records(directory, size, inputs.FILES)


LINES = Workload("lines", "word count of three lines", *_WORDS, inputs.few_lines, (45,))
WORKLOADS = (
    LINES,
    Workload(
        "words",
        "word count with Python scripts",
        *_WORDS,
        inputs.text,
        (MB, 10 * MB, 50 * MB),
        (100 * MB, 1000 * MB),
    ),
    Workload(
        "combiner",
        "word count with Python scripts and a combiner",
        *_WORDS,
        inputs.text,
        (10 * MB,),
        (100 * MB, 1000 * MB),
        combiner=_WORDS[1],
    ),
    Workload(
        "letters",
        "`grep -oE '[a-z]+'` and `uniq -c`",
        *_LETTERS,
        inputs.text,
        (10 * MB, 50 * MB),
        (100 * MB, 1000 * MB),
    ),
    Workload(
        "index",
        "inverted index with Python scripts",
        str(_PROGRAMS / "index_map.py"),
        str(_PROGRAMS / "index_reduce.py"),
        inputs.documents,
        (10 * MB,),
        (100 * MB, 1000 * MB),
    ),
    Workload(
        "sessions",
        "secondary sort: visits by user and time, `cat` and a Python script",
        CAT,
        str(_PROGRAMS / "sessions.py"),
        inputs.visits,
        (20 * MB,),
        (100 * MB, 1000 * MB),
        is_secondary=True,
    ),
    Workload(
        "identity",
        "`cat` and `cat` over records of 100 bytes with random keys",
        CAT,
        CAT,
        _records,
        (10 * MB, 100 * MB, 1000 * MB),
        (100 * MB, 1000 * MB, 10_000 * MB),
    ),
    Workload(
        "skew",
        "sums by key, half of all records with the same key, `cat` and a Python script",
        CAT,
        str(_PROGRAMS / "sums.py"),
        inputs.skewed,
        (20 * MB,),
        (100 * MB, 1000 * MB),
    ),
    Workload(
        "small",
        f"{inputs.SMALL_FILES:,} small files, `grep -oE '[a-z]+'` and `uniq -c`",
        *_LETTERS,
        inputs.small_files,
        (5 * MB,),
        (100 * MB,),
    ),
    Workload(
        "big",
        "one big file, `grep -oE '[a-z]+'` and `uniq -c`",
        *_LETTERS,
        inputs.one_file,
        (20 * MB,),
        (100 * MB, 1000 * MB),
    ),
)
