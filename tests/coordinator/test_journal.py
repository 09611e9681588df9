"""The journal of a dead coordinator is read as far as it can be relied on, and no further."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless.coordinator.journal import DoneMap, Journal, Past
from hadoopless.coordinator.submitted import submitted_name
from hadoopless.errors import DiskError, InputError, UsageError
from hadoopless.job import (
    AttemptId,
    JobSpec,
    MapOutput,
    SampledKey,
    Split,
    TaskReport,
    map_task,
    reduce_task,
)
from hadoopless.rules import PLAIN_RULES, Partitioner, PartitionRules, Rules
from tests.disks import largest_file
from tests.processes import forked_child

NAME = ".mapreduce-journal"
OUTPUT = MapOutput("http://127.0.0.1:1", "id-0", 3, (10, 20), (1, 2))
MAPPED = TaskReport(2, 0, 3, 30, stretches=((0, 2),), told=True)
REDUCED = TaskReport(20, 2, 2, 7, told=True)


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    """A job with two inputs and two reducers in tmp_path."""
    for name in ("0.in", "1.in"):
        (tmp_path / name).write_text("x\n")
    return JobSpec("cat", "cat", (Split("0.in"), Split("1.in")), 2, ".", str(tmp_path), job_id="j0")


def begun(spec: JobSpec) -> Journal:
    """The journal of a job that begins."""
    journal = Journal(spec)
    journal.begin(spec)
    return journal


def read_past(spec: JobSpec) -> Past | None:
    """The progress that the journal tells a job that wants to go on."""
    journal = Journal(spec, resumes=True)
    try:
        return journal.past(spec)
    finally:
        journal.close()


def written(spec: JobSpec) -> Path:
    """The journal of a coordinator that was killed after one map and one partition."""
    journal = begun(spec)
    journal.started(AttemptId(map_task(0), 0))
    journal.map_done(0, "worker 0", OUTPUT, MAPPED)
    journal.started(AttemptId(map_task(1), 4))
    journal.started(AttemptId(reduce_task(0), 2))
    Path(spec.cwd, "0.out").touch()
    journal.committed(0, REDUCED)
    journal.close()  # as the end of a process does
    return Path(spec.cwd, NAME)


PAST = Past("j0", 5, {0: DoneMap("worker 0", OUTPUT, MAPPED)}, {0: REDUCED})


def test_no_journal(spec: JobSpec):
    assert read_past(spec) is None


def test_what_was_written_is_read(spec: JobSpec):
    written(spec)
    assert read_past(replace(spec, job_id="another")) == PAST


def test_a_resumed_job_that_dies_again(spec: JobSpec):
    path = written(spec)
    with path.open("a") as file:
        file.write('{"map": 1, "wor')  # torn
    journal = Journal(spec, resumes=True)
    assert journal.past(spec) == PAST
    journal.go_on()
    journal.started(AttemptId(map_task(1), 5))
    journal.map_done(1, "worker 1", replace(OUTPUT, map_task_id="id-1"), MAPPED)
    journal.close()  # as the end of a process does
    past = read_past(spec)
    assert past is not None
    assert past.first_attempt == 6
    assert set(past.maps) == {0, 1}


@pytest.mark.parametrize("times", [1, 2])
def test_a_job_that_ended_leaves_nothing(spec: JobSpec, times: int):
    journal = begun(spec)
    for _ in range(times):
        journal.end()
    journal.committed(0, REDUCED)
    assert read_past(spec) is None
    assert not list(Path(spec.cwd).glob(f"{NAME}*"))


def test_a_partition_whose_file_is_gone_is_not_done(spec: JobSpec):
    written(spec)
    Path(spec.cwd, "0.out").unlink()
    past = read_past(spec)
    assert past is not None
    assert past.committed == {}


def test_a_job_that_has_started_nothing(spec: JobSpec):
    begun(spec).close()
    assert read_past(spec) == Past("j0", 0, {}, {})


def test_the_first_attempt_counts(spec: JobSpec):
    journal = begun(spec)
    journal.started(AttemptId(map_task(0), 0))
    journal.close()
    past = read_past(spec)
    assert past is not None
    assert past.first_attempt == 1


def test_only_higher_attempt_numbers_are_written(spec: JobSpec):
    journal = begun(spec)
    for number in (3, 3, 2, 4):
        journal.started(AttemptId(map_task(0), number))
    journal.close()
    lines = Path(spec.cwd, NAME).read_text().splitlines()
    assert [json.loads(line) for line in lines[1:]] == [{"attempt": 3}, {"attempt": 4}]


def test_variables_are_compared_and_not_written(spec: JobSpec):
    spec = replace(spec, rules=replace(PLAIN_RULES, environment=(("PASSWORD", "secret"),)))
    assert "secret" not in written(spec).read_text()
    assert read_past(spec) == PAST
    for rules in (PLAIN_RULES, replace(PLAIN_RULES, environment=(("PASSWORD", "other"),))):
        with pytest.raises(
            UsageError, match=r"changed: environment(, partitioning, sorting .*)?\. "
        ):
            read_past(replace(spec, rules=rules))


def test_a_journal_lies_beside_the_outputs(spec: JobSpec):
    Path(spec.cwd, "out").mkdir()
    spec = replace(spec, output_dir="out")
    journal = begun(spec)
    for index in range(2):
        journal.committed(index, REDUCED)
    journal.close()
    Path(spec.cwd, "0.out").touch()
    Path(spec.cwd, "out", "1.out").touch()
    past = read_past(spec)
    assert past is not None
    assert past.committed.keys() == {1}


def test_the_boundaries_of_a_total_order(spec: JobSpec):
    bounds = (b"", b"\0\x7f", b"\x80\xff")
    rules = Rules(partition=PartitionRules(Partitioner.RANGES, boundaries=bounds))
    begun(replace(spec, rules=rules)).close()
    # A coordinator that resumes the job does not know them yet.
    past = read_past(replace(spec, rules=with_kind(Partitioner.RANGES)))
    assert past is not None
    assert past.boundaries == bounds


def with_kind(kind: Partitioner, **others: Any) -> Rules:
    return Rules(partition=PartitionRules(kind, **others))


def test_a_partition_that_the_job_does_not_have_is_not_done(spec: JobSpec):
    """Its file may be there: an earlier job with more partitions has left it, say."""
    path = written(spec)
    with path.open("a") as file:
        for index in (-1, 2, 7):
            Path(spec.cwd, f"{index}.out").touch()
            file.write(json.dumps({"output": index, "reply": {}}) + "\n")
    assert read_past(spec) == PAST


@given(st.integers(0, 2000))
@settings(max_examples=40)
def test_a_journal_torn_anywhere(tmp_path_factory: pytest.TempPathFactory, length: int):
    """A prefix of what was written tells a prefix of what happened, or is refused whole."""
    directory = tmp_path_factory.mktemp("torn")
    job = JobSpec("cat", "cat", (Split("0.in"),), 2, ".", str(directory), job_id="j0")
    path = written(job)
    path.write_bytes(path.read_bytes()[:length])
    if length == 0:
        assert read_past(job) is None
        return
    try:
        past = read_past(job)
    except UsageError as error:
        assert "cannot be understood" in str(error)  # noqa: PT017  # other lengths are read
        return
    assert past is not None
    assert past.committed.items() <= PAST.committed.items()
    assert past.maps.items() <= PAST.maps.items()


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b'{"map": 0}', b'{"output": []}'])))
def test_hostile_lines(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]):
    directory = tmp_path_factory.mktemp("hostile")
    job = JobSpec("cat", "cat", (Split("0.in"),), 2, ".", str(directory), job_id="j0")
    path = written(job)
    with path.open("ab") as file:
        file.write(b"\n".join(lines) + b"\n")
    try:
        assert read_past(job) is not None
    except UsageError as error:
        assert "damaged" in str(error)  # noqa: PT017  # most lines are no entries at all


@pytest.mark.parametrize(
    "content",
    [
        b"\n",
        b"\xff\xfe\x00",
        b"{}\n",
        b"[1]\n",
        b"7\n",
        b'{"version": 2}\n',
        b'{"version": 2, "jobId": "x", "job": 7}\n',
        b'{"version": 3, "jobId": "x", "job": {}}\n',
        b'{"output": 0}\n',
        pytest.param(b"[" * 100_000, id="nested deeper than any stack"),
    ],
)
def test_what_is_no_journal_of_ours(spec: JobSpec, content: bytes):
    Path(spec.cwd, NAME).write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot be understood.* without --resume"):
        read_past(spec)


def test_a_journal_that_cannot_be_read(spec: JobSpec):
    Path(spec.cwd, NAME).mkdir()
    with pytest.raises(InputError, match=rf"^cannot read {Path(spec.cwd, NAME)}: Is a directory$"):
        read_past(spec)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"mapper": "tac"}, "mapper, mapper's file"),
        ({"reducer": "cat -u"}, "reducer"),
        ({"combiner": "cat"}, "combiner, combiner's file"),
        ({"num_reducers": 3}, "number of reducers"),
        ({"splits": (Split("0.in"),)}, "inputs"),
        ({"splits": (Split("0.in", 0, 2), Split("1.in"))}, "inputs"),
        ({"skip_bad_records": True}, "skipping of bad records"),
    ],
)
def test_another_job_is_refused(spec: JobSpec, change: dict[str, object], named: str):
    written(spec)
    with pytest.raises(UsageError, match=f"changed: {named}. Give the same command"):
        read_past(replace(spec, **change))


HASH = with_kind(Partitioner.HASH)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (with_kind(Partitioner.JAVA_STRING), "partitioning"),
        (with_kind(Partitioner.COMMAND, command="cat"), "partitioner, partitioner's file, partiti"),
        (replace(HASH, sort_values=True), "sorting of values"),
        (PLAIN_RULES, "partitioning, sorting of values"),
    ],
)
def test_a_job_under_other_rules_is_refused(spec: JobSpec, change: Rules, named: str):
    spec = replace(spec, rules=HASH)
    written(spec)
    assert read_past(spec) == PAST
    with pytest.raises(UsageError, match=f"changed: {named}"):
        read_past(replace(spec, rules=change))


def test_a_directory_that_was_copied_is_not_the_one_of_the_job(spec: JobSpec):
    path = written(spec)
    copy = Path(spec.cwd, "copy")
    copy.mkdir()
    for file in (path, Path(spec.cwd, "0.in"), Path(spec.cwd, "1.in")):
        shutil.copy2(file, copy)
    with pytest.raises(UsageError, match=r"changed: directory\. Give the same command"):
        read_past(replace(spec, cwd=str(copy)))


def test_a_command_that_makes_no_sense_is_told(spec: JobSpec):
    written(spec)
    with pytest.raises(UsageError, match="reducer"):
        read_past(replace(spec, reducer="cat '"))


@pytest.mark.parametrize("change", [{"max_attempts": 9}, {"task_timeout": 5.0}])
def test_what_the_outputs_do_not_depend_on_may_change(spec: JobSpec, change: dict[str, object]):
    written(spec)
    assert read_past(replace(spec, **change)) == PAST


def test_an_input_that_was_changed(spec: JobSpec):
    written(spec)
    Path(spec.cwd, "1.in").write_text("longer than before\n")
    with pytest.raises(UsageError, match="changed: inputs"):
        read_past(spec)


def test_a_program_in_the_search_path_of_the_job(spec: JobSpec):
    """It is not that of the coordinator."""
    program = Path(spec.cwd, "bin", "of-the-job")
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ncat\n")
    program.chmod(0o755)
    environment = (("PATH", str(program.parent)),)
    rules = replace(PLAIN_RULES, environment=environment)
    spec = replace(spec, mapper=program.name, reducer=program.name, rules=rules)
    written(spec)
    assert read_past(spec) == PAST
    program.write_text("#!/bin/sh\ntac\n")
    os.utime(program, (0, 0))
    with pytest.raises(UsageError, match=r"changed: mapper's file, reducer's file\. "):
        read_past(spec)


def test_a_program_that_was_changed(spec: JobSpec):
    program = Path(spec.cwd, "m.sh")
    program.write_text("#!/bin/sh\ncat\n")
    program.chmod(0o755)
    spec = replace(spec, mapper="./m.sh")
    written(spec)
    program.write_text("#!/bin/sh\nexec tac\n")
    with pytest.raises(UsageError, match="changed: mapper's file"):
        read_past(spec)


HOLD = """
import fcntl, sys
file = open(sys.argv[1])
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_job_that_still_runs_is_not_resumed(spec: JobSpec):
    path = written(spec)
    command = [sys.executable, "-IS", "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(UsageError, match=r"another coordinator.* runs this job now"):
            read_past(spec)
        other.communicate()
    assert read_past(spec) == PAST


def test_a_running_job_holds_the_lock(spec: JobSpec):
    journal = begun(spec)
    with pytest.raises(UsageError, match=r"another coordinator.* runs this job now"):
        read_past(spec)
    journal.close()  # as the end of a process does
    resumed = Journal(spec, resumes=True)
    resumed.past(spec)
    resumed.go_on()
    with pytest.raises(UsageError, match=r"another coordinator.* runs this job now"):
        read_past(spec)
    resumed.end()


def test_two_jobs_for_one_directory(spec: JobSpec):
    """The second one is told who is writing there; it changes nothing."""
    first = begun(spec)
    with pytest.raises(
        DiskError,
        match=rf"another job \(process {os.getpid()} on \S+, started at [0-9:]+\) is writing to",
    ):
        Journal(replace(spec, job_id="j1"))
    first.committed(0, REDUCED)
    lines = Path(spec.cwd, NAME).read_text().splitlines()
    assert [json.loads(line).get("jobId", "") for line in lines] == ["j0", ""]
    first.end()
    begun(spec).end()


def test_the_time_at_which_the_other_job_has_started(spec: JobSpec):
    first = begun(spec)
    path = Path(spec.cwd, NAME)
    head = {"pid": 7, "host": "far", "started": 12345}
    path.write_text(json.dumps(head) + '\n{"attempt": 0}\n')
    at = time.strftime("%H:%M:%S", time.localtime(12345))
    with pytest.raises(DiskError, match=rf"another job \(process 7 on far, started at {at}\) is"):
        Journal(spec)
    first.end()


def test_the_host_of_the_other_job_has_a_name_of_bounded_length(spec: JobSpec):
    first = begun(spec)
    head = {"pid": 7, "host": "x" * 100_000, "started": 12345}
    Path(spec.cwd, NAME).write_text(json.dumps(head) + "\n")
    with pytest.raises(DiskError, match=r"another job .* on x{255}, started at"):
        Journal(spec)
    first.end()


@pytest.mark.parametrize("head", [b"", b"\xff\xfe\n", b"7\n", b"{}\n", b'{"started": 1e999}\n'])
def test_another_job_that_does_not_tell_who_it_is(spec: JobSpec, head: bytes):
    first = begun(spec)
    Path(spec.cwd, NAME).write_bytes(head)
    with pytest.raises(DiskError, match=r"^another job is writing to"):
        Journal(spec)
    first.end()


def test_a_link_in_the_place_of_the_journal_is_not_removed(spec: JobSpec):
    journal = begun(spec)
    path, elsewhere = Path(spec.cwd, NAME), Path(spec.cwd, "elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    journal.end()
    assert path.is_symlink()
    assert elsewhere.exists()


def test_a_journal_of_some_megabytes(spec: JobSpec):
    with written(spec).open("a") as file:
        file.write("x" * 3_000_000 + '\n{"attempt": 9}\n')
    assert read_past(spec) == replace(PAST, first_attempt=10)


def test_a_job_that_is_planned_keeps_others_away(spec: JobSpec):
    planned = Journal(spec)
    says = r"another job is writing to .*; name another directory, or wait for its end$"
    with pytest.raises(DiskError, match=says):
        Journal(spec)
    planned.end()
    assert not Path(spec.cwd, NAME).exists()


def test_a_job_that_does_not_begin_leaves_what_can_be_resumed(spec: JobSpec):
    written(spec)
    Journal(replace(spec, job_id="j1")).end()
    assert read_past(spec) == PAST


def test_only_one_of_many_resumes(spec: JobSpec):
    written(spec)
    first = Journal(spec, resumes=True)
    assert first.past(spec) == PAST
    for _ in range(2):
        with pytest.raises(UsageError, match=r"another coordinator.* runs this job now"):
            Journal(spec, resumes=True)
    first.go_on()
    first.end()
    assert read_past(spec) is None


def test_a_journal_that_is_removed_while_another_job_waits_for_it(
    spec: JobSpec, monkeypatch: pytest.MonkeyPatch
):
    """A lock on a file that has no name any more is none."""
    ended = begun(spec)
    flock = fcntl.flock

    def end_first(descriptor: int, operation: int) -> None:
        monkeypatch.undo()
        ended.end()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", end_first)
    journal = begun(spec)
    with pytest.raises(DiskError, match="is writing to"):
        Journal(spec)
    journal.end()


def test_a_forked_child_does_not_hold_the_lock(spec: JobSpec):
    """As one of multiprocessing, which may outlive its parent."""
    journal = Journal(spec)
    with forked_child():
        with pytest.raises(DiskError, match="is writing to"):
            Journal(spec)
        journal.end()
        Journal(spec).end()


def test_a_file_system_without_locks(spec: JobSpec, monkeypatch: pytest.MonkeyPatch):
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unknown)
    written(spec)
    assert read_past(spec) == PAST


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("pipe", "it is no regular file"),
        ("link", os.strerror(errno.ELOOP)),
        ("directory", os.strerror(errno.EISDIR)),
    ],
)
def test_what_is_no_file_is_left_alone(
    spec: JobSpec, kind: str, says: str, caplog: pytest.LogCaptureFixture
):
    path = Path(spec.cwd, NAME)
    elsewhere = Path(spec.cwd, "elsewhere")
    elsewhere.write_text("of somebody else")
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        path.symlink_to(elsewhere)
    else:
        path.mkdir()
    journal = begun(spec)
    journal.committed(0, REDUCED)
    journal.end()
    assert caplog.messages == [f"the job cannot be resumed: {path}: {says}"]
    assert elsewhere.read_text() == "of somebody else"
    assert os.path.lexists(path)


def test_what_programs_wrote_is_not_kept(spec: JobSpec):
    journal = begun(spec)
    sample = (SampledKey(b"key", b"key"),)
    journal.map_done(0, "worker 0", OUTPUT, replace(MAPPED, stderr_tail="told", sample=sample))
    journal.committed(0, replace(REDUCED, stderr_tail="told"))
    journal.close()  # as the end of a process does
    _, mapped, reduced = map(json.loads, Path(spec.cwd, NAME).read_text().splitlines())
    for entry in (mapped, reduced):
        assert entry["reply"]["stderrTail"] == ""
        assert "sample" not in entry["reply"]


def test_what_comes_after_the_end_is_not_written(spec: JobSpec):
    path = written(spec)
    journal = Journal(spec, resumes=True)
    journal.go_on()
    journal.close()
    before = path.read_bytes()
    journal.committed(1, REDUCED)
    journal.close()
    journal.end()
    assert path.read_bytes() == before


def test_others_cannot_read_it(spec: JobSpec):
    written(spec)
    assert Path(spec.cwd, NAME).stat().st_mode & 0o777 == 0o600


def test_a_directory_that_cannot_be_written(spec: JobSpec, caplog: pytest.LogCaptureFixture):
    spec = replace(spec, output_dir="nowhere")
    with caplog.at_level(logging.WARNING):
        journal = begun(spec)
    assert "the job cannot be resumed" in caplog.text
    journal.started(AttemptId(map_task(0), 0))
    journal.map_done(0, "w", OUTPUT, MAPPED)
    journal.committed(0, REDUCED)
    journal.end()


@pytest.mark.parametrize(("room", "says"), [(0, errno.EFBIG), (5, errno.ENOSPC)])
def test_a_disk_that_is_full(spec: JobSpec, room: int, says: int, caplog: pytest.LogCaptureFixture):
    """A journal that lacks entries would tell a later coordinator what is not so."""
    journal = begun(spec)
    path = Path(spec.cwd, NAME)
    with largest_file(path.stat().st_size + room):
        journal.committed(0, REDUCED)
    assert caplog.messages == [f"the job cannot be resumed: {path}: {os.strerror(says)}"]
    journal.committed(1, REDUCED)
    assert path.read_bytes() == b""
    with pytest.raises(DiskError, match="is writing to"):  # it keeps others away all the same
        Journal(spec)
    journal.end()
    assert not path.exists()


def test_a_file_that_cannot_be_emptied(
    spec: JobSpec, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """The job runs all the same."""
    path = written(spec)

    def broken(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patches, caplog.at_level(logging.WARNING):
        patches.setattr(os, "ftruncate", broken)
        journal = begun(spec)
        journal.committed(1, REDUCED)
    assert caplog.messages == [f"the job cannot be resumed: {path}: {os.strerror(errno.EIO)}"]
    journal.end()
    assert not path.exists()


def test_a_new_job_replaces_whatever_journal_there_is(spec: JobSpec):
    Path(spec.cwd, NAME).write_bytes(b"\xff\xfe no journal")
    begun(spec).close()
    assert read_past(spec) == Past("j0", 0, {}, {})


def test_a_new_job_removes_what_was_submitted_to_the_old_one(spec: JobSpec):
    written(spec)
    left = Path(spec.cwd, submitted_name(spec, AttemptId(reduce_task(1), 3)))
    others = Path(spec.cwd, ".1.out.j9.0.tmp")
    left.touch()
    others.touch()
    begun(replace(spec, job_id="j1")).end()
    assert not left.exists()
    assert others.exists()
