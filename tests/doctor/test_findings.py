"""The findings of the doctor as text and as an object."""

from __future__ import annotations

import pytest

from hadoopless.doctor.findings import Finding, Level, as_object, exit_code, told, worst

GOOD = Finding("python", Level.PASS, "3.11")
DOUBTFUL = Finding("limit", Level.WARN, "10 files", "raise it")
BAD = Finding("disk\x1b[2J", Level.FAIL, "full", "remove something")


def test_text() -> None:
    assert told([GOOD, DOUBTFUL]).splitlines() == [
        "pass  python  3.11",
        "warn  limit   10 files",
        "              -> raise it",
        "",
        "jobs can run; 1 to look at",
    ]


def test_control_characters_are_shown() -> None:
    assert "\x1b" not in told([BAD])


@pytest.mark.parametrize(
    ("findings", "level", "code", "end"),
    [
        ([], Level.PASS, 0, "all is well"),
        ([GOOD], Level.PASS, 0, "all is well"),
        ([DOUBTFUL, GOOD], Level.WARN, 0, "jobs can run; 1 to look at"),
        ([BAD, DOUBTFUL, GOOD], Level.FAIL, 1, "1 to mend, 1 to look at"),
    ],
)
def test_the_worst_counts(findings: list[Finding], level: Level, code: int, end: str) -> None:
    assert worst(findings) is level
    assert exit_code(findings) == code
    assert told(findings).splitlines()[-1] == end
    told_object = as_object(findings)
    assert (told_object["status"], told_object["exitCode"]) == (level.value, code)
    assert len(told_object["findings"]) == len(findings)


def test_an_object() -> None:
    assert as_object([DOUBTFUL]) == {
        "object": "doctor",
        "schema": 1,
        "status": "warn",
        "exitCode": 0,
        "findings": [
            {"subject": "limit", "level": "warn", "state": "10 files", "advice": "raise it"}
        ],
    }
