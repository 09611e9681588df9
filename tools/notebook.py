"""Runs the cells of the example notebook, and keeps what they print in it.

``make notebook`` runs it. The cells are plain Python, so neither a kernel nor a package of Jupyter
is needed: all are run one after the other, and the value of a last line is shown unless a semicolon
ends it.
"""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pprint import pformat
from typing import Any

from tools.diagrams import REPOSITORY

NOTEBOOK = REPOSITORY / "docs" / "notebook.ipynb"
Json = dict[str, Any]


def main() -> None:
    """Renew the outputs of the notebook."""
    notebook = json.loads(NOTEBOOK.read_text())
    cells = code_cells(notebook)
    for number, (cell, outputs) in enumerate(zip(cells, run(cells), strict=True), 1):
        cell["execution_count"], cell["outputs"] = number, outputs
        for output in outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = number
    NOTEBOOK.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def code_cells(notebook: Json) -> list[Json]:
    """The cells of *notebook* that hold code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(cells: Sequence[Json]) -> list[list[Json]]:
    """The outputs of *cells*, in the form of notebooks; raises what a cell raises."""
    names: dict[str, Any] = {"__name__": "__main__"}
    return [_outputs("".join(cell["source"]), names) for cell in cells]


def _outputs(source: str, names: dict[str, Any]) -> list[Json]:
    """Run the cell with this *source*, whose variables come to *names*; returns its outputs."""
    told, warned, value = io.StringIO(), io.StringIO(), None
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    with redirect_stdout(told), redirect_stderr(warned):
        exec(compile(ast.Module(body, []), "<cell>", "exec"), names)  # noqa: S102  # our own cells
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)  # noqa: S307
    shown: list[Json] = [
        {"name": name, "output_type": "stream", "text": _lines(stream.getvalue())}
        for name, stream in (("stderr", warned), ("stdout", told))
        if stream.getvalue()
    ]
    if value is not None and not source.rstrip().endswith(";"):
        text = _lines(pformat(value, sort_dicts=False))
        shown.append(
            {"data": {"text/plain": text}, "metadata": {}, "output_type": "execute_result"}
        )
    return shown


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    main()
