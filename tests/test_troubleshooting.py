"""Each symptom in docs/troubleshooting.md is a message of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.oracle import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "troubleshooting.md"
#: The first cell of a row that begins with a message.
SYMPTOM = re.compile(r"^\| `([^`]+)`", re.MULTILINE)
#: Fragments shorter than this may be anywhere.
_TELLING = 6


def messages() -> Iterator[str]:
    """All texts of the package, with ``…`` where something is put in."""
    for path in (REPOSITORY / "hadoopless").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else "…"
                    for part in node.values
                )


MESSAGES = set(messages())


@pytest.mark.parametrize("symptom", SYMPTOM.findall(DOCUMENT.read_text()))
def test_a_symptom_is_a_message(symptom: str) -> None:
    fragments = [part.strip() for part in symptom.replace("\\|", "|").split("…")]
    telling = [part for part in fragments if len(part) >= _TELLING]
    assert telling, "nothing to look for"
    for part in telling:
        assert any(part in message for message in MESSAGES), f"no message has: {part}"


def test_there_are_symptoms() -> None:
    assert len(SYMPTOM.findall(DOCUMENT.read_text())) > 30
