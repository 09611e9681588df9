"""When there is no line to run a failed task again; the lines themselves are run elsewhere."""

from __future__ import annotations

from pathlib import Path

from hadoopless.errors import ProgramFailed
from hadoopless.job import AttemptId, JobSpec, Split, TaskId
from hadoopless.rules import InputRules, KeyFields, PairFormat, Pipe, Reader, Rules
from hadoopless.streaming.client.again import KEEP, Surroundings, explain


def test_the_input_is_gone(tmp_path: Path):
    split = Split(str(tmp_path / "gone"), 0, 5)
    spec = JobSpec("cat", "cat", (split,), 1, str(tmp_path / "out"), str(tmp_path), rules=Rules())
    error = ProgramFailed("ended with exit code 1", command="cat")
    explain(error, AttemptId(TaskId(False, 0), 0), spec, Surroundings())
    assert KEEP in error.replay


MAP_ONLY = Rules(map_only=True, reduce_input=PairFormat(Pipe.PAIRS))
SECONDARY_SORT = Rules(
    map_output=PairFormat(key_fields=2),
    order=KeyFields(()),
)
XML = Rules(input=InputRules(Reader.XML))


def line_of(rules: Rules, tmp_path: Path, *, reduce: bool = False, command: str = "cat") -> str:
    path = tmp_path / "0.in"
    path.write_text("x\n")
    split = Split(str(path), 0, 2)
    spec = JobSpec("cat", "tac", (split,), 1, "out", str(tmp_path), combiner="tac", rules=rules)
    error = ProgramFailed("ended with exit code 1", command=command)
    explain(error, AttemptId(TaskId(reduce, 0), 0), spec, Surroundings())
    return error.replay


def test_a_mapper_that_reads_lines_has_a_line(tmp_path: Path):
    expected = f"cd {tmp_path} && cat < {tmp_path}/0.in"
    for rules in (Rules(), MAP_ONLY, SECONDARY_SORT):
        assert line_of(rules, tmp_path) == expected
    assert KEEP in line_of(XML, tmp_path)


def test_what_no_shell_sorts_has_none(tmp_path: Path):
    assert KEEP in line_of(SECONDARY_SORT, tmp_path, reduce=True, command="tac")
    assert KEEP in line_of(SECONDARY_SORT, tmp_path, command="tac")
