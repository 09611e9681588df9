"""The base of all tasks: it runs programs, counts, and makes of their faults failures."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from msgspec.structs import replace

from hadoopless.codecs import is_compressed
from hadoopless.data.input.bad_records import InputBytes, NobodyToBlame, find_bad
from hadoopless.data.input.raw import check_unchanged
from hadoopless.data.input.reading import Reading, Stretch
from hadoopless.data.machine.buffers import PIECE
from hadoopless.data.merge.key_tally import KeyTally
from hadoopless.data.merge.merge import BufferSizes, merged
from hadoopless.data.merge.order import in_order
from hadoopless.data.merge.reduce_input import PairCounts, stdin_pieces, types_of
from hadoopless.data.output.commit import Pending, pending_output
from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Root
from hadoopless.data.program.profiling import MOST_STACKS, Sampler, is_python, ptrace_scope
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import Feeder, write_all
from hadoopless.data.record.layout import layout_of
from hadoopless.data.record.repeats import expanded
from hadoopless.data.record.stdout import discard_output
from hadoopless.data.runs.runs import FileRun, Run, sum_if_counted
from hadoopless.data.runs.spill import SpillFile
from hadoopless.data.sort.sample import first_bytes
from hadoopless.errors import (
    BadInputData,
    ProgramFailed,
    ProgramTimedOut,
    RecordTooLarge,
    TaskError,
)
from hadoopless.failure import Role
from hadoopless.faults import BadInput, BadRun, Fault, RecordTooLong, TimeUp
from hadoopless.hadoop_counters import TASK_GROUP
from hadoopless.hdfs.names import is_hdfs, work_directory
from hadoopless.job import Split, Sum, TaskReport
from hadoopless.rules import PairFormat, Partitioner
from hadoopless.wire.messages.tasks import MapRequest, ReduceRequest
from hadoopless.worker.services import Services
from hadoopless.worker.tasks.attempt import Attempt
from hadoopless.worker.tasks.plain_attempt import PlainAttempt
from hadoopless.worker.tasks.streaming_attempt import StreamingAttempt

#: More bad records of one map task than these are not skipped: then the program itself is wrong.
_MOST_BAD_RECORDS = 100

#: The format of the lines that map outputs hold where records are not framed.
_AS_LINES = PairFormat()
#: The errors that faults become, where it is not ProgramFailed.
_ERRORS: Mapping[type[Fault], type[TaskError]] = {
    TimeUp: ProgramTimedOut,
    BadInput: BadInputData,
    RecordTooLong: RecordTooLarge,
}

Result = TypeVar("Result")


class Task:
    """One attempt at a task, under any rules."""

    def __init__(
        self,
        request: MapRequest | ReduceRequest,
        root: Root,
        services: Services,
        cancellation: Cancellation,
    ) -> None:
        """Raises InputError, ForbiddenError and UsageError for what *request* names."""
        self._started = time.monotonic()
        self._cpu_before = time.thread_time()
        self.rules = request.context.rules
        if self.rules.hdfs:
            root = replace(root, hdfs=self.rules.hdfs)
        self.root = root
        self._context = request.context
        #: The directory in which an output file appears.
        self.output_directory = request.context.staging or request.job_path or ""
        self.services = services
        self.cancellation = cancellation
        kind = PlainAttempt if self.rules.plain else StreamingAttempt
        self.attempt: Attempt = kind(request, _command_lines(request), root, services, cancellation)
        self._program_cpu = 0.0
        self._program_seconds = 0.0
        self._program_memory = 0
        #: CPU seconds of threads of ours other than that of the task.
        self.cpu_beside = 0.0
        self.spilled_bytes = 0
        self._stderr_tail = ""
        self._profiles = request.context.profile
        self._stacks = ""
        self._profile_note = ""
        self._counters: dict[tuple[str, str], int] = {}
        #: The merge of runs in files of which the last program has read a part alone.
        self._half_read: Iterator[memoryview] = iter(())

    def run(
        self,
        role: Role,
        stdin: int | Feeder,
        take: Callable[[Program], Result],
    ) -> Result:
        """Run a program; *take* reads its output and waits for its end.

        A descriptor *stdin* is closed.
        """
        self._half_read = iter(())
        try:
            command, terms = self.attempt.command(role), self.attempt.terms(role)
            sampled = self._profiles and is_python(command.argv)
            if sampled and ptrace_scope():
                terms = replace(terms, traceable=True)
            program = Program(
                command, self.services.spawner, self.cancellation, stdin=stdin, terms=terms
            )
        finally:
            if isinstance(stdin, int):
                os.close(stdin)
        with program:
            if not sampled:
                return take(program)
            sampler = Sampler(self.services.spawner, program.pid)
            try:
                with sampler:
                    return take(program)
            finally:
                self._keep_stacks(role, sampler)

    def _keep_stacks(self, role: Role, sampler: Sampler) -> None:
        self.cpu_beside += sampler.cpu_seconds
        lines = "".join(f"{role.value};{line}\n" for line in sampler.stacks.splitlines())
        if len(self._stacks) + len(lines) <= MOST_STACKS:
            self._stacks += lines
        self._profile_note = sampler.note

    def finish(self, program: Program, records: int = 0, *, heard: bool = True) -> None:
        """Wait for the end of *program*, which has written *records*; count what it reported."""
        ended = program.finish(records)
        self._program_cpu += ended.cpu_seconds
        self._program_memory = max(self._program_memory, ended.memory)
        self._program_seconds += program.seconds
        self._stderr_tail = "\n".join(filter(None, (self._stderr_tail, program.stderr)))
        self.cpu_beside += program.own_cpu
        for counter, amount in program.reported.items() if heard else ():
            self._add(counter, amount)

    def new_output(self, name: str) -> Pending:
        """A new file that will be called *name*, once it is committed."""
        work = None
        if is_hdfs(name) and not self._context.staging:
            job = self._context.job_id
            work = self.root.locate(work_directory(os.path.dirname(name), job))
        return pending_output(self.root.locate(name), self.root.admit, work)

    @contextmanager
    def begun(self, role: Role, source: str | Split) -> Iterator[Attempt]:
        """The attempt, while it lasts; a fault that no program has is that of the one in *role*."""
        with self.attempt as attempt, self.blaming(role, source, lambda target: None):
            yield attempt

    @contextmanager
    def blaming(self, role: Role, source: str | Split, feed: Feeder) -> Iterator[None]:
        """Make of a fault the failure of the program in *role*.

        *source* names what the program reads, *feed* writes it once more.
        """
        try:
            yield
        except Fault as fault:
            failure = self.attempt.failure(fault, role, str(source), feed)
            error = _ERRORS.get(type(fault), ProgramFailed)
            raise error(failure, self.attempt.name) from fault

    def feed_merged(
        self,
        target: int,
        groups: Iterable[Sequence[Run]],
        pairs: PairFormat,
        counts: PairCounts | None,
        tally: KeyTally | None = None,
    ) -> None:
        """Write *groups* of runs to *target* in the format *pairs*; the runs of each are merged.

        *counts*, if given, gets what was written; this costs a look at each record. *tally*, if
        given, looks at the records of the one group that there is.
        """
        services, framed = self.services, layout_of(self.rules).framed
        spill = SpillFile(services.settings.spill_directory)
        sizes = BufferSizes(longest_record=self.longest_record)
        spilled = 0
        for runs in groups:
            merge = merged(runs, services.merge_budget, spill, framed, sizes)
            pieces: Iterable[memoryview] = merge
            if tally is not None:
                pieces = tally.watch(pieces)
            together = None if framed else sum_if_counted(runs)
            if framed or pairs != _AS_LINES or counts is not None:
                pieces = stdin_pieces(
                    pieces,
                    framed=framed,
                    types=types_of(self.rules.map_output),
                    target=pairs,
                    counts=counts or PairCounts(),
                    together=together,
                )
            else:
                pieces = expanded(pieces, together)
            if self.rules.plain and not framed:
                # In other jobs a combiner may write what is not sorted.
                pieces = in_order(pieces)
            try:
                write_all(target, pieces)
            except BrokenPipeError:
                if any(isinstance(run, FileRun) for run in runs):
                    self._half_read = merge
                raise
            finally:
                self.spilled_bytes += spill.size - spilled
                spilled = spill.size

    def read_on(self) -> None:
        """Read the files to their ends of which the last program, which ended well, left a part.

        Else nobody would compare the checksums of what it has read: a merge does that at the end of
        each run. Hadoop reads on, too, when it closes a file [IFileInputStream]. Raises CorruptRun,
        Unreadable.
        """
        for _ in self._half_read:
            self.cancellation.check()

    @property
    def longest_record(self) -> int:
        """Bytes that no record of a map output exceeds, with what surrounds its key and value.

        A sort key may have been made of the key.
        """
        return 3 * self.services.settings.memory + PIECE

    def count(self, name: str, amount: int, group: str = TASK_GROUP) -> None:
        """Add to one of Hadoop's own counters, where the job keeps them."""
        if self.attempt.keeps_counters:
            self._add((group, name), amount)

    def _add(self, counter: tuple[str, str], amount: int) -> None:
        self._counters[counter] = self._counters.get(counter, 0) + amount

    def report(self, read: Sum, left: Sum) -> TaskReport:
        """The figures of the task, now that it has ended: what it has *read* and *left*."""
        return TaskReport(
            input_bytes=read.bytes,
            input_records=read.records,
            output_records=left.records,
            output_bytes=left.bytes,
            told=True,
            seconds=time.monotonic() - self._started,
            program_cpu=self._program_cpu,
            stderr_tail=self._stderr_tail,
            counters=tuple((*counter, amount) for counter, amount in self._counters.items()),
            own_cpu=time.thread_time() - self._cpu_before + self.cpu_beside,
            program_seconds=self._program_seconds,
            program_memory=self._program_memory,
            spilled_bytes=self.spilled_bytes,
            profile=self._stacks,
            profile_note=self._profile_note,
        )


def _command_lines(request: MapRequest | ReduceRequest) -> dict[Role, str]:
    """The command line of each program of a task."""
    if isinstance(request, ReduceRequest):
        return {Role.REDUCER: request.reducer}
    lines = {Role.MAPPER: request.mapper}
    if request.combiner is not None:
        lines[Role.COMBINER] = request.combiner
    partition = request.context.rules.partition
    if partition.kind is Partitioner.COMMAND:
        lines[Role.PARTITIONER] = partition.command
    return lines


class MapperTask(Task):
    """A task that runs the mapper on a split."""

    def __init__(
        self, request: MapRequest, root: Root, services: Services, cancellation: Cancellation
    ) -> None:
        super().__init__(request, root, services, cancellation)
        self.request = request
        self._skipped_records = 0
        #: The part of the input that was read, where that was not by the attempt.
        self._reading: Reading | None = None

    def map(self, take: Callable[[Program], Result]) -> Result:
        """Run the mapper; *take* reads its output and calls :meth:`finish`.

        Where records are skipped, *take* may be called once more, and its last result counts.
        """
        skipped_file = self.request.skipped_file
        with self.blaming(Role.MAPPER, self.request.split, self._feed_split):
            try:
                stdin = self._split_feed()
                result = self.run(Role.MAPPER, stdin, take)
                # The program may have read the file itself, or pages of it that lay in its pipe:
                # those of a file that is cut short vanish from there.
                if self.attempt.reads_files:
                    check_unchanged(self.request.split, self.root.locate)
            except BadRun as fault:
                if skipped_file is None:
                    raise
                result = self._map_good_records(fault, skipped_file, take)
        return result

    def _split_feed(self) -> int | Feeder:
        """The mapper's stdin, of which a sample of a compressed input needs only the beginning."""
        split, most = self.request.split, self.request.sample_bytes
        feed = self.attempt.split_feed(split)
        if most and not isinstance(feed, int) and any(is_compressed(p.path) for p in split.pieces):
            return first_bytes(feed, most)
        return feed

    def _feed_split(self, target: int) -> None:
        """Write what the mapper reads."""
        source = self._split_feed()
        if not isinstance(source, int):
            source(target)
            return
        with os.fdopen(source, "rb") as file:
            while piece := file.read(PIECE):
                write_all(target, [memoryview(piece)])

    def _map_good_records(
        self, fault: BadRun, skipped_file: str, take: Callable[[Program], Result]
    ) -> Result:
        """Run the mapper without the records on which it dies, and put those into a side file.

        Raises *fault*, with which it died on the whole input, when no record can be blamed.
        """
        spill_directory = self.services.settings.spill_directory
        source = InputBytes(self.request.split, self.root.locate, spill_directory)

        def dies(*stretches: Stretch) -> bool:
            try:
                self.run(Role.MAPPER, lambda target: source.feed(stretches, target), _discard)
            except BadRun:
                return True
            return False

        try:
            if dies():
                raise fault  # it needs no record to die
            bad = find_bad(dies, source.next_line, source.whole, _MOST_BAD_RECORDS)
            good = source.without(bad)
            result = self.run(Role.MAPPER, lambda target: source.feed(good, target), take)
            with self.new_output(skipped_file) as side_file:
                for piece in source.pieces(bad):
                    side_file.write(piece)
                self.cancellation.commit(side_file.commit)
        except NobodyToBlame as reason:
            raise fault.adding(f"; no record could be skipped: {reason}") from reason
        finally:
            source.close()
        self._skipped_records = len(bad)
        self._reading = source.reading
        return result

    @property
    def reading(self) -> Reading:
        """The part of the split that was read."""
        return self._reading or self.attempt.reading

    def report_map(self, left: Sum) -> TaskReport:
        """The figures of the task, which has *left* an output."""
        reading = self.reading
        return replace(
            self.report(Sum(reading.records, reading.bytes), left),
            stretches=tuple(reading.stretches),
            stopped_early=reading.stopped_early,
            skipped_records=self._skipped_records,
        )


def _discard(program: Program) -> None:
    """Throw away what *program* writes."""
    discard_output(program.read_into)
    program.finish()
