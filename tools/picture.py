"""Makes the picture of a terminal for the README: a real run of the README's job on 64 MB of text.

``make picture`` runs it. The picture is an SVG that moves as the screen did, at the same
pace; where pictures do not move it shows the end of the run.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from benchmarks.generate import write_text
from tools.diagrams import REPOSITORY
from tools.terminal import Moment, Row, played
from tools.told import saved_files

PICTURE = REPOSITORY / "docs" / "pictures" / "terminal.svg"
#: The README has the same command over other inputs.
COMMANDS = [
    "hadoopless run --mapperPath=mapper.py --reducerPath=reducer.py \\\n"
    "    --inputPath='books/*.txt' --outputPath=counts --numReducers=2",
    "sort -rnk2 counts/*.out | head -3",
]
_SIZE = 64 << 20
_FILES = 8
_COLUMNS = 84
#: Seconds for which the end stays before the picture begins again.
_REST = 6.0
_CHARACTER, _LINE, _EDGE, _TITLE = 8.4, 20, 18, 26
_STYLE = """\
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  fill: #d8dee9; white-space: pre }
.green { fill: #7ec699 } .dim { fill: #697386 } .prompt { fill: #8ab4f8 }
.moment { visibility: hidden } .last { visibility: visible }
"""


def main() -> None:
    """Run the job, and write the picture."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        _fill(directory)
        moments = played(COMMANDS, directory, _environment(directory), _COLUMNS)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(svg(moments))
    print(f"{PICTURE.relative_to(REPOSITORY)}: {len(moments)} states of the screen")


def _fill(directory: Path) -> None:
    """Write the README's programs, text, and a command ``hadoopless`` for this checkout."""
    for name, text in saved_files((REPOSITORY / "README.md").read_text()).items():
        (directory / name).write_text(text)
    books = directory / "books"
    books.mkdir()
    write_text(books, _SIZE, _FILES)
    for path in list(books.iterdir()):
        path.rename(path.with_suffix(".txt"))
    command = directory / "bin" / "hadoopless"
    command.parent.mkdir()
    python = shlex.quote(sys.executable)
    command.write_text(f'#!/bin/sh\nexec {python} -m hadoopless "$@"\n')
    command.chmod(0o755)


def _environment(directory: Path) -> dict[str, str]:
    return {
        **os.environ,
        "MAPREDUCE_WORKERS": "embedded",
        "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(REPOSITORY),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }


def svg(moments: Sequence[Moment]) -> str:
    """The picture that shows *moments* one after the other, and begins again."""
    height = _TITLE + max(len(moment.rows) for moment in moments) * _LINE + 2 * _EDGE
    width = round(_COLUMNS * _CHARACTER + 2 * _EDGE)
    length = moments[-1].time + _REST
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
            f' width="{width}" height="{height}" role="img">',
            "<title>A word count of 64 MB on a terminal</title>",
            f"<style>\n{_STYLE}{_movement(moments, length)}</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="#1b2028" stroke="#3b4350"/>',
            *(
                f'<circle cx="{_EDGE + 18 * place}" cy="18" r="5.5" fill="{colour}"/>'
                for place, colour in enumerate(("#ec6a5e", "#f4bf4f", "#61c554"))
            ),
            *_drawn(moments),
            "</svg>\n",
        )
    )


def _movement(moments: Sequence[Moment], length: float) -> str:
    """The times at which each moment is seen, for readers who want movement."""
    ends = [moment.time for moment in moments[1:]] + [length]
    rules = []
    for index, (moment, end) in enumerate(zip(moments, ends, strict=True)):
        begins, until = (f"{100 * when / length:.2f}%" for when in (moment.time, end))
        hidden = "0% { visibility: hidden } " if moment.time else ""
        rules.append(
            f"@keyframes m{index} {{ {hidden}{begins} {{ visibility: visible }}"
            f" {until} {{ visibility: {'visible' if end == length else 'hidden'} }} }}\n"
            f"#m{index} {{ animation: m{index} {length:.2f}s step-end infinite }}\n"
        )
    return f"@media (prefers-reduced-motion: no-preference) {{\n{''.join(rules)}}}\n"


def _drawn(moments: Sequence[Moment]) -> Iterator[str]:
    """A group for each moment; lines that several have are drawn in each."""
    for index, moment in enumerate(moments):
        last = " last" if index == len(moments) - 1 else ""
        yield f'<g id="m{index}" class="moment{last}">'
        for number, row in enumerate(moment.rows):
            yield from _line(row, _TITLE + _EDGE + number * _LINE + 14)
        yield "</g>"


def _line(row: Row, y: int) -> Iterator[str]:
    """The stretches of *row* that look alike, each as wide as its characters."""
    column = 0
    for look, cells in groupby(row, key=lambda cell: cell.look):
        text = "".join(cell.character for cell in cells)
        start, column = column, column + len(text)
        if not text.strip():
            continue
        x, width = _EDGE + start * _CHARACTER, len(text) * _CHARACTER
        kind = f' class="{look}"' if look else ""
        yield (
            f'<text x="{x:.1f}" y="{y}" textLength="{width:.1f}"'
            f' lengthAdjust="spacingAndGlyphs"{kind}>{escape(text)}</text>'
        )


if __name__ == "__main__":
    main()
