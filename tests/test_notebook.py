"""The cells of the example notebook run, and print what the notebook shows below them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from tests.oracle import REPOSITORY
from tools.notebook import NOTEBOOK, code_cells, run

#: Parts of the outputs that differ from run to run, or from machine to machine.
VARYING = re.compile(r"[\d.]+ (?=s\b|CPU)|slowest task: [^,]+|on \d+ workers?")


@pytest.mark.cluster
def test_the_cells_print_what_is_shown() -> None:
    """They run in a process of their own, because they change its directory."""
    program = "import json, sys; from tools import notebook; json.dump("
    program += "notebook.run(notebook.code_cells(json.load(sys.stdin))), sys.stdout)"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "MAPREDUCE_WORKERS": "embedded"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=NOTEBOOK.read_bytes(),
        stdout=subprocess.PIPE,
        env=environment,
        check=True,
    )
    told = [cell["outputs"] for cell in code_cells(json.loads(NOTEBOOK.read_text()))]
    assert plain(json.loads(done.stdout)) == plain(told)


def plain(outputs: list[list[dict[str, object]]]) -> list[list[str]]:
    """The text of all *outputs* of each cell, but for progress and what varies."""
    return [
        [VARYING.sub("", text_of(one)) for one in of_cell if one.get("name") != "stderr"]
        for of_cell in outputs
    ]


def text_of(output: dict[str, object]) -> str:
    data = output.get("data", {})
    assert isinstance(data, dict)
    lines = output.get("text") or data["text/plain"]
    assert isinstance(lines, list)
    return "".join(lines)


def cell(source: str) -> dict[str, object]:
    return {"cell_type": "code", "source": source.splitlines(keepends=True)}


def test_how_cells_are_run() -> None:
    cells = [cell("x = 2\nprint('said')"), cell("x + 1"), cell("x;"), cell("")]
    said, value, silent, empty = run(cells)
    assert said == [{"name": "stdout", "output_type": "stream", "text": ["said\n"]}]
    assert [text_of(one) for one in value] == ["3"]
    assert (silent, empty) == ([], [])


def test_an_error_in_a_cell_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        run([cell("1 / 0")])
