"""The words that all parts share: a job, its inputs, tasks and attempts, and their results.

Everything here is a frozen value; nothing here knows of processes, files, sockets or clocks.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from msgspec import Struct

from hadoopless.rules import PLAIN_RULES, Rules

#: More outputs than any job has; their lists alone would fill the memory of a worker.
MOST_REDUCERS = 100_000
#: So many outputs are seldom meant.
_MANY_REDUCERS = 5_000


def doubt_of_reducers(count: int) -> str | None:
    """The words of a warning for a job of *count* reducers, if it has very many."""
    if count <= _MANY_REDUCERS:
        return None
    return f"{count:,} reducers make {count:,} tasks and as many output files; is that meant?"


class Phase(Enum):
    """The two halves of a job; a reduce task starts only when no map task is left."""

    MAP = "map"
    REDUCE = "reduce"


class TaskId(Struct, frozen=True, order=True):
    """One piece of a job: map task *i* (input split *i*) or reduce task *r* (partition *r*)."""

    is_reduce: bool
    index: int

    @property
    def phase(self) -> Phase:
        """MAP or REDUCE."""
        return Phase.REDUCE if self.is_reduce else Phase.MAP

    def __str__(self) -> str:
        return f"{self.phase.value} {self.index}"


def map_task(index: int) -> TaskId:
    """The id of the map task of input split *index*."""
    return TaskId(False, index)


def reduce_task(index: int) -> TaskId:
    """The id of the reduce task of partition *index*."""
    return TaskId(True, index)


class AttemptId(Struct, frozen=True, order=True):
    """One try at a task, numbered from 0 in the order of starting; no number is used twice."""

    task: TaskId
    number: int

    @property
    def name(self) -> str:
        """The attempt as it travels between processes: ``map-3-0``."""
        return f"{self.task.phase.value}-{self.task.index}-{self.number}"

    def __str__(self) -> str:
        return f"{self.task} attempt {self.number}"


class FileState(Struct, frozen=True):
    """A file as it was when its job was planned: size in bytes, time of change in nanoseconds.

    The inode tells files apart only on the machine (and so the device) where it was read.
    """

    size: int
    mtime_ns: int
    device: int
    inode: int

    def __str__(self) -> str:
        return f"{self.size:,} bytes, changed at {self.mtime_ns / 1e9:.3f}"


class Split(Struct, frozen=True):
    """The input of one map task: stretches of files, which it reads one after the other.

    A split says which bytes a task is given; the job's rules say which records these are. In a job
    that feeds bytes (:attr:`Rules.feeds_bytes`) a mapper gets just these bytes, so who makes the
    splits cuts at the ends of lines. In all other jobs a split may be cut at any byte: a record
    belongs to the split in which it begins, and its reader goes on beyond the split's end.

    A compressed file is always one split, and all of it is read, whatever *length* says.
    """

    path: str
    start: int = 0
    #: Bytes of *path* from *start* on; None: up to its end.
    length: int | None = None
    #: Further pieces that the same task reads after this one; they have no further pieces.
    more: tuple[Split, ...] = ()
    #: The file at *path* when the job was planned; None: nobody looked.
    state: FileState | None = None

    def __post_init__(self) -> None:
        if any(piece.more for piece in self.more):
            raise ValueError("a piece of a split has no pieces")

    @classmethod
    def of(cls, splits: Iterable[Split]) -> Split:
        """One split of the pieces of all *splits*, at least one."""
        first, *more = (piece for split in splits for piece in split.pieces)
        return cls(first.path, first.start, first.length, tuple(more), first.state)

    @property
    def whole(self) -> bool:
        """True for a split that is one whole file."""
        return self.start == 0 and self.length is None and not self.more

    @property
    def pieces(self) -> tuple[Split, ...]:
        """The stretches of files that it consists of, in the order of reading."""
        if not self.more:
            return (self,)
        return (Split(self.path, self.start, self.length, state=self.state), *self.more)

    @property
    def size(self) -> int:
        """The bytes of all pieces, as far as they are known."""
        size = 0
        for piece in self.pieces:
            if piece.length is not None:
                size += piece.length
            elif piece.state is not None:
                size += max(0, piece.state.size - piece.start)
        return size

    def __str__(self) -> str:
        if self.more:
            return f"{self.pieces[0]} and {len(self.more)} more"
        if self.whole:
            return self.path
        end = "" if self.length is None else str(self.start + self.length)
        return f"{self.path} [bytes {self.start}-{end}]"


class JobSpec(Struct, frozen=True):
    """All that must be known to run a job, whoever asks for it and whatever runs it.

    Program fields are command lines as the user typed them (``"wordcount/mapper.py --lower"``);
    paths are relative to ``cwd``. Times are seconds.
    """

    mapper: str
    reducer: str
    splits: tuple[Split, ...]
    num_reducers: int
    output_dir: str
    cwd: str
    combiner: str | None = None
    task_timeout: float | None = None
    max_attempts: int = 4
    #: The records on which the mapper dies are left out, and kept in a side file.
    skip_bad_records: bool = False
    job_id: str = ""
    rules: Rules = PLAIN_RULES
    #: Above 0, map tasks report a sample of their keys and leave no output. They read at most so
    #: many bytes of a compressed input.
    sample_bytes: int = 0
    #: Above 0, the Python programs of one in so many tasks are sampled.
    profile: int = 0

    @property
    def num_outputs(self) -> int:
        """One for each reduce task; in a job without them, one for each map task."""
        return self.num_reducers or len(self.splits)


class SampledKey(Struct, frozen=True):
    """A key that a mapper has written, standing for *weight* records."""

    key: bytes
    #: Sorts as the job orders its keys; in byte order it is the key itself.
    sort_key: bytes
    weight: int = 1


class MapOutput(Struct, frozen=True):
    """The output of a finished map attempt, and the worker that holds it.

    ``partition_bytes`` and ``partition_records`` hold the sums of each partition; they are empty
    when the worker did not say, as one that knows only the three plain calls.
    """

    worker: str
    map_task_id: str
    records: int = 0
    partition_bytes: tuple[int, ...] = ()
    partition_records: tuple[int, ...] = ()


class Sum(Struct, frozen=True):
    """A number of records, and the bytes that they take when none is left out."""

    records: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, sums: Iterable[Sum]) -> Sum:
        """All *sums* together."""
        return sum(sums, cls())

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.records + other.records, self.bytes + other.bytes)

    def fits(self, other: Sum) -> bool:
        """True if it is no more than *other*."""
        return self.records <= other.records and self.bytes <= other.bytes

    def __str__(self) -> str:
        plural = "" if self.records == 1 else "s"
        return f"{self.records:,} record{plural}, {self.bytes:,} bytes"


class KeySum(Struct, frozen=True):
    """A key, of which at most 200 bytes are told, and the records with this key."""

    key: bytes
    records: int
    bytes: int


class TaskReport(Struct, frozen=True):
    """Figures of one finished attempt; all zero from a worker that does not tell."""

    #: A map tells the bytes that came from the disk, and records where these are told apart; a
    #: reduce tells those of its partition.
    input_bytes: int = 0
    input_records: int = 0
    #: A map tells the size of what it holds for the reduces. Otherwise these are the sizes of the
    #: output file, with records where these are told apart.
    output_records: int = 0
    output_bytes: int = 0
    #: A map tells, for each piece of its split, the places in the file between which it has read.
    #: A piece whose records have no such borders has no entry.
    stretches: tuple[tuple[int, int], ...] = ()
    #: The mapper did not want the rest of its input.
    stopped_early: bool = False
    #: True of the figures of our own workers.
    told: bool = False
    seconds: float = 0.0
    program_cpu: float = 0.0
    stderr_tail: str = ""
    skipped_records: int = 0
    #: (group, name, amount): what the programs have reported, and Hadoop's own counters in a job
    #: that keeps them.
    counters: tuple[tuple[str, str, int], ...] = ()
    #: The keys that a task with ``sample_bytes`` reports.
    sample: tuple[SampledKey, ...] = ()
    #: CPU seconds of the worker's own threads: that of the task, and those of its programs' stdin
    #: and stderr, and of its fetches.
    own_cpu: float = 0.0
    #: Seconds in which a reduce has gathered its map outputs.
    fetch_seconds: float = 0.0
    #: Seconds from the start of each program of the task to its end.
    program_seconds: float = 0.0
    #: Bytes that were written to temporary files, because they did not fit the memory.
    spilled_bytes: int = 0
    #: Bytes of runs of other workers: sent by them, or read in their files.
    fetched_bytes: int = 0
    #: The most memory that one of the programs had; 0 where the system does not tell it.
    program_memory: int = 0
    #: The stretches of equal keys that a reduce has read; 0 where nobody has counted them.
    groups: int = 0
    #: The keys of a reduce's partition with the most bytes, the largest first; at most 20.
    top_keys: tuple[KeySum, ...] = ()
    #: The sampled stacks of its Python programs: lines ``role;frame;frame count``; and the reason
    #: why a task that should have some has none.
    profile: str = ""
    profile_note: str = ""


class JobResult(Struct, frozen=True):
    """The end of a job that succeeded: its output files and the figures of its tasks."""

    outputs: tuple[str, ...]
    maps: tuple[TaskReport, ...]
    reduces: tuple[TaskReport, ...]
    seconds: float
    retries: int = 0
    #: The workers that were there at the end.
    workers: int = 0
    lost_workers: int = 0
    backups_won: int = 0
    #: The sums of the bytes and records on the road, a line each.
    sums: tuple[str, ...] = ()
    #: The counters that the programs have reported, added up: (group, name, amount).
    counters: tuple[tuple[str, str, int], ...] = ()
    warnings: tuple[str, ...] = ()
    #: The path of the event log; "" where none is kept.
    log: str = ""
