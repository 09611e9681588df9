"""The ledger of a job: bytes and records on each stretch of the road, and the checks of the sums.

Each attempt tells what it read and what it left. An attempt whose figures contradict each other, or
those of the attempts before it, does not count as a success; a job whose sums contradict each other
at its end does not, either. Everything here is pure: the sizes of files are given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from hadoopless.codecs import is_compressed
from hadoopless.errors import WorkerError
from hadoopless.job import JobSpec, MapOutput, Split, Sum, TaskReport

#: The size of an output file by its name; None: there is no such file.
Sizes = Mapping[str, int | None]


class Ledger(Struct, frozen=True):
    """The sums of a job that has succeeded, in the order of the road."""

    #: Bytes of the input files, each as often as it was named, and their number.
    files: int
    input_bytes: int
    #: Map tasks whose mapper did not want all of its input.
    stopped_early: int
    #: The records and bytes that maps hold for the reduces, or have written if there are none.
    mapped: Sum
    #: The records and bytes in the partitions of all reduces; None: there are no reduces.
    reduced: Sum | None
    #: Bytes and number of the output files.
    outputs: int
    output_bytes: int
    #: Tasks of workers that tell no figures.
    untold: int

    def lines(self) -> Iterator[str]:
        """The sums, a line for each stretch of the road."""
        early = f"; {self.stopped_early} mapper(s) left some" if self.stopped_early else ""
        yield f"read:       {self.files} input(s), {self.input_bytes:,} bytes{early}"
        if self.reduced is not None:
            yield f"maps:       {self.mapped}"
            yield f"partitions: {self.reduced}"
        yield f"outputs:    {self.outputs} file(s), {self.output_bytes:,} bytes"
        if self.untold:
            yield f"not told:   the figures of {self.untold} task(s), by workers of others"


def partition_sum(outputs: Sequence[MapOutput], partition: int) -> Sum | None:
    """Return the sum of *partition* over *outputs*; None if a worker does not tell its part."""
    if any(
        not len(output.partition_bytes) == len(output.partition_records) > partition
        for output in outputs
    ):
        return None
    return Sum(
        sum(output.partition_records[partition] for output in outputs),
        sum(output.partition_bytes[partition] for output in outputs),
    )


def check_map(split: Split, output: MapOutput | None, report: TaskReport, *, plain: bool) -> None:
    """Raise WorkerError unless the figures of a map attempt on *split* agree.

    *plain*: the mapper reads the bytes of its split, neither more nor less.
    """
    if not report.told:
        return
    if output is not None and output.partition_records:
        held = Sum(sum(output.partition_records), sum(output.partition_bytes))
        _agree("its map output", Sum(output.records, report.output_bytes), "its partitions", held)
    if plain and not report.stopped_early:
        planned = [_planned(piece) for piece in split.pieces]
        if None not in planned and list(report.stretches) != planned:
            raise WorkerError(
                f"the sums do not agree: of {split} it has read the bytes"
                f" {_shown(report.stretches)}, and not {_shown(filter(None, planned))}"
            )


def _planned(piece: Split) -> tuple[int, int] | None:
    """The bytes of the file that a task reads of *piece*; None: nobody knows its size."""
    if piece.state is not None and (piece.length is None or is_compressed(piece.path)):
        return piece.start, piece.state.size
    return None if piece.length is None else (piece.start, piece.start + piece.length)


def _shown(stretches: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{begin}-{end}" for begin, end in stretches) or "of none"


def check_reduce(expected: Sum | None, report: TaskReport) -> None:
    """Raise WorkerError unless a reduce attempt has gathered what the maps hold for it."""
    if report.told and expected is not None:
        gathered = Sum(report.input_records, report.input_bytes)
        _agree("the maps hold for its partition", expected, "it has gathered", gathered)


def _agree(who: str, one: Sum, other_who: str, other: Sum) -> None:
    if one != other:
        raise WorkerError(f"the sums do not agree: {who}: {one}; {other_who}: {other}")


def closed(
    spec: JobSpec,
    maps: Sequence[TaskReport],
    reduces: Sequence[TaskReport],
    names: Sequence[str],
    sizes: Sizes,
) -> Ledger:
    """The ledger of *spec*, whose tasks tell *maps* and *reduces*; the outputs are called *names*.

    Raises WorkerError when its sums do not agree.
    """
    last = reduces or maps
    _check_inputs(spec, maps)
    _check_outputs(spec, last, names, sizes)
    files = _files(spec.splits)
    gathered = Sum.of(Sum(report.input_records, report.input_bytes) for report in reduces)
    found = [size for name in names if (size := sizes.get(name)) is not None]
    return Ledger(
        files=sum(files.values()),
        input_bytes=sum(
            piece.state.size
            for split in spec.splits
            for piece in split.pieces
            if piece.state is not None and piece.start == 0
        ),
        stopped_early=sum(report.stopped_early for report in maps),
        mapped=Sum.of(Sum(report.output_records, report.output_bytes) for report in maps),
        reduced=gathered if reduces else None,
        outputs=len(found),
        output_bytes=sum(found),
        untold=sum(not report.told for report in (*maps, *reduces)),
    )


def _files(splits: Iterable[Split]) -> Counter[str]:
    """The input files, each as often as it was named: so many pieces begin with it."""
    return Counter(piece.path for split in splits for piece in split.pieces if piece.start == 0)


def _check_inputs(spec: JobSpec, maps: Sequence[TaskReport]) -> None:
    """Raise WorkerError unless, of each file, each stretch that was read ends where another begins.

    Files of which a task does not tell how far it has read are left out.
    """
    begins: dict[str, Counter[int]] = {}
    ends: dict[str, Counter[int]] = {}
    states = {}
    unknown: set[str] = set()
    for split, report in zip(spec.splits, maps, strict=True):
        pieces = split.pieces
        for piece in pieces:
            states[piece.path] = piece.state
            if piece.length == 0 and piece.state is not None and piece.state.size:
                # Hadoop's NLineInputFormat reads a line of such a split twice.
                unknown.add(piece.path)
        if not report.told or report.stopped_early or len(report.stretches) < len(pieces):
            unknown.update(piece.path for piece in pieces)
            continue
        if len(report.stretches) > len(pieces):
            raise WorkerError(f"the sums do not agree: {split} was read more than once")
        for piece, (begin, end) in zip(pieces, report.stretches, strict=True):
            begins.setdefault(piece.path, Counter())[begin] += 1
            ends.setdefault(piece.path, Counter())[end] += 1
    for path, times in _files(spec.splits).items():
        state = states[path]
        if path in unknown or state is None:
            continue
        if begins[path] + Counter({state.size: times}) != ends[path] + Counter({0: times}):
            raise WorkerError(
                f"the sums do not agree: not every byte of the input {path} was read just once;"
                f" tasks have read {_shown(_stretches_of(path, spec.splits, maps))} of its"
                f" {state.size:,} bytes"
            )


def _stretches_of(
    path: str, splits: Sequence[Split], maps: Sequence[TaskReport]
) -> list[tuple[int, int]]:
    """The stretches of *path* that were read, in their order; the first ones of many."""
    found = sorted(
        stretch
        for split, report in zip(splits, maps, strict=True)
        for piece, stretch in zip(split.pieces, report.stretches, strict=False)
        if piece.path == path
    )
    return found[:20]


def _check_outputs(
    spec: JobSpec, reports: Sequence[TaskReport], names: Sequence[str], sizes: Sizes
) -> None:
    """Raise WorkerError unless each output file is there and has the size that its task tells."""
    for name, report in zip(names, reports, strict=True):
        size = sizes.get(name)
        if not report.told:
            if size is None and not _may_lack(spec, reports):
                raise WorkerError(f"the output {name} is not there, though its task has succeeded")
        elif not spec.rules.output.wants_file(report.output_records):
            continue
        elif size is None:
            raise WorkerError(f"the output {name} is not there, though its task has succeeded")
        elif size != report.output_bytes:
            raise WorkerError(
                f"the output {name} holds {size:,} bytes, though its task has written"
                f" {report.output_bytes:,}"
            )


def _may_lack(spec: JobSpec, reports: Sequence[TaskReport]) -> bool:
    """True where tasks may leave no file: the job forgives failures, or wants no empty files."""
    rules = spec.rules
    forgives = rules.map_failures_percent or rules.reduce_failures_percent
    return bool(forgives) or not rules.output.wants_file(0)
