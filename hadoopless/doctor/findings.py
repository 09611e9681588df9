"""The findings of the doctor, as text for people and as an object for programs."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from msgspec import Struct

from hadoopless.visible import visible

#: Grows when a field is removed or gets another meaning; new fields may come without.
SCHEMA = 1


class Level(Enum):
    """The levels of findings, the best first."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One thing that was looked at."""

    #: The thing: ``spill directory``.
    subject: str
    level: Level
    #: Its state, in words.
    state: str
    #: The words that say what to do; "" where all is well.
    advice: str = ""


def told(findings: Sequence[Finding]) -> str:
    """The findings for people, a line each, and their sum."""
    width = max((len(finding.subject) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.level.value:<4}  {finding.subject:<{width}}  {finding.state}")
        if finding.advice:
            lines.append(f"{'':{6 + width}}  -> {finding.advice}")
    return visible("\n".join((*lines, "", _sum(findings))))


def _sum(findings: Sequence[Finding]) -> str:
    counts = {level: sum(one.level is level for one in findings) for level in Level}
    if counts[Level.FAIL]:
        return f"{counts[Level.FAIL]} to mend, {counts[Level.WARN]} to look at"
    if counts[Level.WARN]:
        return f"jobs can run; {counts[Level.WARN]} to look at"
    return "all is well"


def as_object(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for programs: docs/json.md describes the object."""
    return {
        "object": "doctor",
        "schema": SCHEMA,
        "status": worst(findings).value,
        "exitCode": exit_code(findings),
        "findings": [
            {
                "subject": finding.subject,
                "level": finding.level.value,
                "state": finding.state,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }


def worst(findings: Sequence[Finding]) -> Level:
    """The level of the worst finding."""
    levels = list(Level)
    return max((one.level for one in findings), key=levels.index, default=Level.PASS)


def exit_code(findings: Sequence[Finding]) -> int:
    """1 if something must be mended, else 0."""
    return int(worst(findings) is Level.FAIL)
