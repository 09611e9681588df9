"""Tests when no line can run a failed task again; the lines themselves are run elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, Split, TaskId
from hadoopless.rules import InputRules, KeyFields, PairFormat, Pipe, Reader, Rules
from hadoopless.streaming.client.again import KEEP, Surroundings, explained


def test_the_input_is_gone(tmp_path: Path):
    split = Split(str(tmp_path / "gone"), 0, 5)
    spec = JobSpec("cat", "cat", (split,), 1, str(tmp_path / "out"), str(tmp_path), rules=Rules())
    failure = Failure("ended with exit code 1", Role.MAPPER, command="cat")
    told = explained(failure, AttemptId(TaskId(False, 0), 0), spec, Surroundings())
    assert KEEP in told.replay


MAP_ONLY = Rules(map_only=True, reduce_input=PairFormat(Pipe.PAIRS))
SECONDARY_SORT = Rules(
    map_output=PairFormat(key_fields=2),
    order=KeyFields(()),
)
XML = Rules(input=InputRules(Reader.XML))


def line_of(rules: Rules, tmp_path: Path, role: Role = Role.MAPPER) -> str:
    path = tmp_path / "0.in"
    path.write_text("x\n")
    split = Split(str(path), 0, 2)
    spec = JobSpec("cat", "tac", (split,), 1, "out", str(tmp_path), combiner="tac", rules=rules)
    failure = Failure("ended with exit code 1", role, command="cat")
    attempt = AttemptId(TaskId(role is Role.REDUCER, 0), 0)
    return explained(failure, attempt, spec, Surroundings()).replay


def test_a_mapper_that_reads_lines_has_a_line(tmp_path: Path):
    expected = f"cd {tmp_path} && cat < {tmp_path}/0.in"
    for rules in (Rules(), MAP_ONLY, SECONDARY_SORT):
        assert line_of(rules, tmp_path) == expected
    assert KEEP in line_of(XML, tmp_path)


@pytest.mark.parametrize(("ending", "has_line"), [(".gz", True), (".xz", False), (".lz4", False)])
def test_a_line_unpacks_only_what_hadoop_unpacks(tmp_path: Path, ending: str, has_line: bool):
    """A task reads the bytes of x.xz as they are, and no shell line here does."""
    split = Split(str(tmp_path / f"x{ending}"))
    spec = JobSpec("cat", "cat", (split,), 1, str(tmp_path / "out"), str(tmp_path), rules=Rules())
    failure = Failure("ended with exit code 1", Role.MAPPER, command="cat")
    told = explained(failure, AttemptId(TaskId(False, 0), 0), spec, Surroundings())
    assert (KEEP not in told.replay) is has_line


def test_what_no_shell_sorts_has_none(tmp_path: Path):
    assert KEEP in line_of(SECONDARY_SORT, tmp_path, Role.REDUCER)
    assert KEEP in line_of(SECONDARY_SORT, tmp_path, Role.COMBINER)


@pytest.mark.parametrize("command", ["./x", "cat stop.txt"])
def test_a_file_that_was_forgotten_is_named(tmp_path: Path, command: str):
    """A file that goes with the job, or that the command itself names, is not told."""
    (tmp_path / "stop.txt").touch()
    spec = JobSpec("./x", "tac", (Split("gone"),), 1, "out", str(tmp_path), rules=Rules())
    failure = Failure(
        "ended with exit code 1",
        Role.MAPPER,
        command=command,
        stderr="stop.txt: No such file or directory",
    )
    attempt = AttemptId(TaskId(False, 0), 0)
    told = explained(failure, attempt, spec, Surroundings())
    assert told.advice.endswith("-files stop.txt") is (command == "./x")
    shipped = replace(spec, rules=Rules(links=(("stop.txt", "/elsewhere"),)))
    assert explained(failure, attempt, shipped, Surroundings()).advice == ""
