"""The shell line that runs just one failed task of a streaming job again, without any worker.

It stands for what a task did where that can be said in a shell: lines in, lines out, keys in the
order of their bytes. Of the environment it has what -cmdenv gave. For all other jobs, and to the
last byte, there is what a task leaves when it may (:data:`KEEP`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from hadoopless.by_hand import lines
from hadoopless.codecs import is_compressed, is_compressed_for_hadoop, unpacking_command
from hadoopless.data.input.splits import whole_lines
from hadoopless.data.program.commands import split_arguments
from hadoopless.errors import MapReduceError
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, Split
from hadoopless.rules import InputRules, PairFormat, Partitioner, Rules
from hadoopless.streaming.client.forgotten import forgotten_hint
from hadoopless.streaming.request import Shipped

KEEP = "mapreduce.task.files.preserve.failedtasks"

_HINT = f"hadoop jar ... -D {KEEP}=true ...  # keeps its directory, and says how"
#: A line with more inputs than that helps nobody.
_MOST_SPLITS = 30


class Surroundings(Struct, frozen=True):
    """The files and variables that a job's programs find around them."""

    #: The files that go with it, as their user has them.
    files: tuple[Shipped, ...] = ()
    #: True if archives are there, too.
    more: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    #: True if programs find nothing else of the client's directory.
    alone: bool = False


def explained(failure: Failure, attempt: AttemptId, spec: JobSpec, around: Surroundings) -> Failure:
    """*failure* with how to run the task again, and the files that the program did not find."""
    if failure.command and not failure.replay:
        line = again(attempt, failure.role, spec, around)
        failure = replace(failure, replay=line)
    known = {name.split("/")[0] for name, _ in spec.rules.links}
    known.update(os.path.basename(word) for word in failure.command.split())
    return replace(failure, advice=forgotten_hint(failure.stderr or "", spec.cwd, known))


def again(attempt: AttemptId, role: Role | None, spec: JobSpec, around: Surroundings) -> str:
    """The line that runs the program in *role* of *attempt* again, or how to get one."""
    rules = spec.rules
    # A mapper does not depend on what becomes of its output.
    possible = _reads_lines(rules) if role is Role.MAPPER else _is_of_lines(rules)
    if around.more or not possible or len(spec.splits) > _MOST_SPLITS:
        return _HINT
    try:
        splits = [_lines_of(split, spec.cwd) for split in spec.splits]
    except (MapReduceError, OSError):
        return _HINT  # an input that is gone
    if not all(map(_is_for_shells, splits)):
        return _HINT
    line = _line(attempt, role, spec, splits, _Shell(around))
    return f"{_start(around, spec.cwd)}{line}" if line else _HINT


def _reads_lines(rules: Rules) -> bool:
    return rules.input == InputRules()


def _is_of_lines(rules: Rules) -> bool:
    return (
        _reads_lines(rules)
        and rules.map_output == rules.reduce_input == PairFormat()
        and rules.combiner_pairs is None
        and rules.order is None
        and rules.partition.kind in (Partitioner.HASH, Partitioner.RANGES, Partitioner.COMMAND)
    )


def _is_for_shells(split: Split) -> bool:
    """True if a shell reads of each file what a task reads of it."""
    names = [piece.path for piece in split.pieces if is_compressed(piece.path)]
    return all(is_compressed_for_hadoop(name) and unpacking_command(name) for name in names)


def _lines_of(split: Split, cwd: str) -> Split:
    """The lines that a task reads of *split*: those that begin in it, but at its very beginning."""
    return Split.of([_lines_of_piece(piece, cwd) for piece in split.pieces])


def _lines_of_piece(piece: Split, cwd: str) -> Split:
    if is_compressed_for_hadoop(piece.path) or piece.length is None:
        return Split(piece.path)
    end = piece.start + piece.length
    if end >= os.path.getsize(piece.path) and not piece.start:
        return Split(piece.path)
    start = piece.start + 1 if piece.start else 0
    return whole_lines(Split(piece.path, start, end + 1 - start), cwd)


class _Shell:
    """Writes calls of programs for a shell in the directory to which :func:`_start` has led."""

    def __init__(self, around: Surroundings) -> None:
        self._names = {file.name.split("/")[0] for file in around.files}
        pairs = (f"{name}={value}" for name, value in around.environment.items())
        self._environment = shlex.join(["env", *pairs]) + " " if around.environment else ""

    def line(self, command: str) -> str:
        words = split_arguments(command)
        if os.path.normpath(words[0]).split("/")[0] in self._names:
            words[0] = os.path.join(".", os.path.normpath(words[0]))
        return self._environment + shlex.join(words)


def _line(
    attempt: AttemptId,
    role: Role | None,
    spec: JobSpec,
    splits: Sequence[Split],
    shell: _Shell,
) -> str:
    rules = spec.rules
    mapper = shell.line(spec.mapper)
    partition = rules.partition
    if partition.kind is Partitioner.COMMAND:
        partition = replace(partition, command=shell.line(partition.command))
        rules = replace(rules, partition=partition)
    if attempt.task.is_reduce:
        return lines.reduce_line(
            mapper,
            shell.line(spec.reducer),
            splits,
            attempt.task.index,
            spec.num_reducers,
            "",
            rules,
        )
    split = splits[attempt.task.index]
    if role is Role.PARTITIONER:
        partitioner = f"{partition.command} {spec.num_reducers}"
        return lines.keys_line(lines.map_line(mapper, split, ""), partitioner)
    if role is Role.COMBINER and spec.combiner is not None:
        return lines.combine_line(
            mapper, shell.line(spec.combiner), split, spec.num_reducers, "", rules
        )
    return lines.map_line(mapper, split, "")


def _start(around: Surroundings, cwd: str) -> str:
    """The beginning of a shell line, which goes to a directory with the files of the job."""
    if not around.alone and all(_is_there(file, cwd) for file in around.files):
        return f"cd {shlex.quote(cwd)} && "
    return " && ".join(['cd "$(mktemp -d)"', *_placed(around.files), ""])


def _is_there(file: Shipped, cwd: str) -> bool:
    """True if *file* is found, and can be run, in the directory of the client."""
    place = os.path.join(cwd, file.name)
    if (
        not os.path.exists(place)
        or not os.path.exists(file.path)
        or not os.path.samefile(place, file.path)
    ):
        return False
    return os.path.isdir(place) or os.access(place, os.X_OK)


def _placed(files: Iterable[Shipped]) -> Iterable[str]:
    for file in files:
        if "/" in file.name:
            yield f"mkdir -p {shlex.quote(os.path.dirname(file.name))}"
        words = ["ln", "-s", file.path, file.name]
        if os.path.isfile(file.path):
            # In a task, too, whatever is shipped can be run, and nothing else lies beside it.
            words = ["install", "-m", "755", file.path, file.name]
        yield shlex.join(words)
