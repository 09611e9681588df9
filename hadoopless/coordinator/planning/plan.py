"""Makes a job of a user's wish: finds inputs, cuts splits, checks programs and directories."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.coordinator.planning.inputs import OwnOutputs, listed
from hadoopless.coordinator.planning.stdin import stdin_in_file
from hadoopless.data.input.raw import pinned
from hadoopless.data.input.signatures import Inspection
from hadoopless.data.input.splits import (
    check_covered,
    combine_small,
    job_inputs,
    plan_splits,
)
from hadoopless.data.program.commands import Root, resolve
from hadoopless.errors import DiskError, InputError, UsageError
from hadoopless.hadoop_names import output_name
from hadoopless.hdfs.names import is_hdfs
from hadoopless.job import JobSpec, Split, doubt_of_reducers
from hadoopless.rules import PLAIN_RULES, Partitioner, PartitionRules, Rules
from hadoopless.ui.summary import few


class Wish(Struct, frozen=True):
    """A job as the command line says it; sizes in bytes, times in seconds."""

    mapper: str
    #: "" in a job without reducers.
    reducer: str
    job_path: str | None
    num_reducers: int
    #: The values of --inputPath as they were typed.
    inputs: Sequence[str] = ()
    output_path: str | None = None
    combiner: str | None = None
    split_size: int | None = None
    task_timeout: float | None = None
    max_attempts: int = 4
    skip_bad_records: bool = False
    #: Bytes up to which small inputs share a map task.
    combine_small_files: int | None = None
    partitioner: str | None = None
    sort_values: bool = False
    total_order: bool = False
    keep_failed: bool = False
    #: Variables of the programs, besides those of the worker.
    environment: tuple[tuple[str, str], ...] = ()
    #: The programs of one in so many tasks are sampled; 0: of none.
    profile: int = 0


def plan_job(
    wish: Wish,
    cwd: str,
    warn: Callable[[str], None],
    stack: ExitStack,
    *,
    programs: bool = True,
) -> JobSpec:
    """The job behind *wish*, with all checks that can be made beforehand; *warn* tells of doubts.

    *stack* removes what only the job needs. The *programs* need not be here where others look for
    them. Raises UsageError, InputError, DiskError.
    """
    root = Root(cwd, search_path=dict(wish.environment).get("PATH"))
    if programs:
        _check_programs(wish, root)
    rules = _rules(wish, root)
    output_dir = wish.output_path or wish.job_path
    if output_dir is None:
        raise UsageError("give --jobPath, or both --inputPath and --outputPath")
    if doubt := doubt_of_reducers(wish.num_reducers):
        warn(doubt)
    own = OwnOutputs(output_dir, cwd)
    inputs = _inputs(wish, own, output_dir, cwd, warn, stack)
    splits = _splits(wish, inputs, cwd, warn)
    if is_hdfs(output_dir) or any(map(is_hdfs, inputs)):
        rules = replace(rules, hdfs=_settings_of_hdfs())
    outputs = wish.num_reducers or len(splits)
    _check_inputs_stay(own, inputs, outputs, warn, map_only=not wish.num_reducers)
    _prepare_output(wish, output_dir, cwd, outputs)
    return JobSpec(
        mapper=wish.mapper,
        reducer=wish.reducer,
        splits=splits,
        num_reducers=wish.num_reducers,
        output_dir=output_dir,
        cwd=cwd,
        combiner=wish.combiner,
        task_timeout=wish.task_timeout,
        max_attempts=wish.max_attempts,
        skip_bad_records=wish.skip_bad_records,
        job_id=uuid.uuid4().hex,
        rules=rules,
        profile=wish.profile,
    )


def _check_programs(wish: Wish, root: Root) -> None:
    resolve(wish.mapper, root, "--mapperPath")
    if wish.num_reducers:
        resolve(wish.reducer, root, "--reducerPath")
    if wish.combiner is not None:
        resolve(wish.combiner, root, "--combinerPath")


def _inputs(
    wish: Wish,
    own: OwnOutputs,
    output_dir: str,
    cwd: str,
    warn: Callable[[str], None],
    stack: ExitStack,
) -> list[str]:
    """The input files, in their order."""

    def read_stdin() -> str:
        if is_hdfs(output_dir):
            raise UsageError(
                "--inputPath=- keeps what comes over stdin in the output directory, which must be"
                f" no directory in HDFS: {output_dir}"
            )
        _prepare_output(wish, output_dir, cwd, wish.num_reducers)
        alone = list(wish.inputs) == ["-"]
        return stack.enter_context(stdin_in_file(output_dir, cwd, warn, alone=alone))

    if not wish.inputs:
        if wish.job_path is None:
            raise UsageError("give --jobPath or --inputPath")
        return job_inputs(wish.job_path, cwd)
    inputs = listed(wish.inputs, cwd, read_stdin, own)
    for warning in own.warnings():
        warn(warning)
    return inputs


def _check_inputs_stay(
    own: OwnOutputs,
    inputs: Sequence[str],
    outputs: int,
    warn: Callable[[str], None],
    *,
    map_only: bool,
) -> None:
    """Raise UsageError if an output would replace an input that another task still reads."""
    if lost := own.overwritten(inputs, outputs):
        if map_only:
            raise UsageError(
                f"outputs of this job would replace its inputs while they are read: {few(lost)};"
                " give another --outputPath"
            )
        warn(f"outputs of this job will replace its inputs {few(lost)}")


def _splits(
    wish: Wish, inputs: Sequence[str], cwd: str, warn: Callable[[str], None]
) -> tuple[Split, ...]:
    inspection = Inspection()
    splits = plan_splits(inputs, cwd, wish.split_size, inspection.look)
    for warning in inspection.warnings():
        warn(warning)
    if wish.combine_small_files is not None:
        splits = combine_small(splits, cwd, wish.combine_small_files)
    splits = pinned(splits, cwd)
    check_covered(inputs, splits)
    return splits


def _rules(wish: Wish, root: Root) -> Rules:
    """The plain rules with what the options change in them; raises UsageError, InputError."""
    partition = PartitionRules()
    if wish.partitioner is not None:
        if wish.total_order:
            raise UsageError(
                "--totalOrder finds the partitions itself; leave out --partitionerPath"
            )
        resolve(wish.partitioner, root, "--partitionerPath")
        partition = PartitionRules(Partitioner.COMMAND, command=wish.partitioner)
    elif wish.total_order:
        partition = PartitionRules(Partitioner.RANGES)
    return replace(
        PLAIN_RULES,
        partition=partition,
        sort_values=wish.sort_values,
        keep_failed=wish.keep_failed,
        environment=wish.environment,
        map_only=not wish.num_reducers,
    )


def _prepare_output(wish: Wish, output_dir: str, cwd: str, outputs: int) -> None:
    """Make the output directory, if need be, and check that *outputs* can be written there."""
    if is_hdfs(output_dir):
        from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

        made = hdfs_outputs.prepare_directory(output_dir, make=wish.output_path is not None)
        hdfs_outputs.check_writable(output_dir)
        _check_names(wish, made, output_dir, outputs)
        return
    path = Path(cwd, output_dir)
    if wish.output_path is not None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DiskError(f"cannot make the output directory {path}: {error.strerror}") from error
    if not os.path.isdir(path):
        raise InputError(f"no such directory for the output: {path}")
    if not os.access(path, os.W_OK | os.X_OK):
        raise DiskError(f"the output directory {path} cannot be written")
    with os.scandir(path) as entries:
        found = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    _check_names(wish, found, output_dir, outputs)


def _check_names(wish: Wish, directories: Iterable[str], shown: str, outputs: int) -> None:
    """Raise DiskError if one of *directories* has the name of a file that the job may leave."""
    for directory in directories:
        match = re.fullmatch(r"(0|[1-9][0-9]*)\.(out|skipped)", directory)
        if match is None:
            continue
        used = int(match[1]) < outputs if match[2] == "out" else wish.skip_bad_records
        if used:
            name = os.path.join(shown, directory)
            raise DiskError(f"{name} is a directory; the job needs this name for a file")


def skipped_file(spec: JobSpec, map_index: int) -> str | None:
    """The side file for the bad records of one map task; None when none may be skipped."""
    return os.path.join(spec.output_dir, f"{map_index}.skipped") if spec.skip_bad_records else None


def remove_skipped_files(spec: JobSpec) -> None:
    """Remove the side files of an earlier run, which this one would not all replace."""
    if spec.skip_bad_records and is_hdfs(spec.output_dir):
        from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

        for name in hdfs_outputs.outputs_of(spec):
            if re.fullmatch(r"[0-9]+\.skipped", os.path.basename(name)):
                hdfs_outputs.remove_file(name)
    elif spec.skip_bad_records:
        for path in Path(spec.cwd, spec.output_dir).glob("*.skipped"):
            if path.stem.isdigit():
                path.unlink(missing_ok=True)


def output_files(spec: JobSpec) -> tuple[str, ...]:
    """The names that the outputs of *spec* have when it has succeeded."""
    numbers = range(spec.num_outputs)
    return tuple(os.path.join(spec.output_dir, output_name(i, spec.rules)) for i in numbers)


def _names_in_output(spec: JobSpec) -> list[str]:
    if not is_hdfs(spec.output_dir):
        return os.listdir(Path(spec.cwd, spec.output_dir))
    from hadoopless.coordinator import hdfs_outputs  # only here: few jobs write to HDFS

    return [os.path.basename(name) for name in hdfs_outputs.outputs_of(spec)]


def _settings_of_hdfs() -> tuple[tuple[str, str], ...]:
    from hadoopless.hdfs import settings  # only here: few jobs use HDFS

    return settings.of_process()


def stale_outputs(spec: JobSpec, least: int) -> list[str]:
    """Files ``K.out`` with K of at least *least* in the output directory: of an earlier run."""
    found = [
        int(match[1])
        for name in _names_in_output(spec)
        if (match := re.fullmatch(r"(0|[1-9][0-9]*)\.out", name))
    ]
    return [os.path.join(spec.output_dir, f"{k}.out") for k in sorted(found) if k >= least]
