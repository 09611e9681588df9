"""The text of a failure, which is the same wherever it is told."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hadoopless.failure import Failure, Role, describe_exit
from hadoopless.faults import BadRun

WHOLE = Failure(
    "ended with exit code 3",
    Role.MAPPER,
    command="m.py -x",
    exit=3,
    stderr="a\nb",
    input="0.in",
    replay="m.py -x < 0.in",
    advice="try another one",
)


def test_all_that_is_known():
    assert WHOLE.told("map 3") == (
        "map 3: ended with exit code 3\n"
        "  last lines of its stderr:\n"
        "    a\n"
        "    b\n"
        "  command: m.py -x\n"
        "  input:   0.in\n"
        "  to run just this task by hand:\n"
        "    m.py -x < 0.in\n"
        "  try another one"
    )


def test_what_is_not_known_is_left_out():
    assert Failure("what").told("") == "what"
    assert Failure("what", command="x").told("map 1") == "map 1: what\n  command: x"


def test_a_program_that_has_run_and_said_nothing():
    assert Failure("what", command="x", stderr="").told("") == (
        "what\n  it wrote nothing to stderr\n  command: x"
    )


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        (None, "map 3: ended with exit code 3"),
        (Role.MAPPER, "map 3: ended with exit code 3"),
        (Role.REDUCER, "map 3: ended with exit code 3"),
        (Role.COMBINER, "map 3: the combiner ended with exit code 3"),
        (Role.PARTITIONER, "map 3: the partitioner ended with exit code 3"),
    ],
)
def test_another_program_than_that_of_the_task_is_named(role: Role | None, sentence: str):
    assert replace(WHOLE, role=role).told("map 3").splitlines()[0] == sentence


def test_nobody_changes_a_failure():
    with pytest.raises(AttributeError):
        WHOLE.what = "something else"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, "ended with exit code 0"),
        (139, "ended with exit code 139"),
        (-9, "was killed by SIGKILL"),
        (-11, "was killed by SIGSEGV"),
        (-250, "was killed by signal 250"),
    ],
)
def test_how_programs_end(code: int, text: str) -> None:
    assert describe_exit(code) == text


def test_faults_keep_what_is_known_when_more_is_said():
    fault = BadRun("ended", exit=3, command="x", stderr="told")
    more = fault.adding("; no wonder")
    assert (more.what, more.exit, more.command, more.stderr) == (
        "ended; no wonder",
        3,
        "x",
        "told",
    )
    assert type(more) is BadRun
    assert fault.what == "ended"
