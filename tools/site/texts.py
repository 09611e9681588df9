"""Turns the text of documents into the text of pages: links, notebooks, tables.

The documents link to each other as files of the repository, because code hosts show them so. On
the site these links lead from page to page.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
#: Files of the repository that are pages under other names; paths from its top.
PAGES = {
    "README.md": "docs/index.md",
    "CONTRIBUTING.md": "docs/contributing.md",
    "CHANGELOG.md": "docs/changelog.md",
    "docs/notebook.ipynb": "docs/notebook.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"^( *)(```+).*?^\1\2$", re.MULTILINE | re.DOTALL)
_CELL = re.compile(r"<td.*?</td>", re.DOTALL)
_CODE = re.compile(r"<code>.*?</code>", re.DOTALL)
_OPTION = re.compile(r"(--?[\w][^\s<&,]*)")


def linked(markdown: str, page: str) -> str:
    """*markdown* with links as *page* needs them, which is a path from the top."""
    source = source_of(page)

    def replaced(match: re.Match[str]) -> str:
        mark, text, target = match.groups()
        path, anchor = target.partition("#")[::2]
        if not path or re.match(r"[a-z]+:", target):
            return match[0]
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        meant = PAGES.get(meant, meant)
        if not meant.startswith("docs/"):
            return str(text)  # a file of the repository that the site does not have
        if (REPOSITORY / meant).is_dir():
            meant += "/README.md"
        link = posixpath.relpath(meant, posixpath.dirname(page))
        if text.endswith(".md"):  # readers of the site know pages, not files
            text = title_of(REPOSITORY / source_of(meant))
        return f"{mark}[{text}]({link}{'#' + anchor if anchor else ''})"

    return "".join(
        piece if code else _LINK.sub(replaced, piece) for code, piece in _pieces(markdown)
    )


def source_of(page: str) -> str:
    """The file behind *page*; both are paths from the top."""
    return next((file for file, name in PAGES.items() if name == page), page)


def title_of(document: Path) -> str:
    """The first heading of *document*."""
    found = re.search(r"^# (.*)$", document.read_text(), re.MULTILINE)
    return found[1] if found else document.name


def _pieces(markdown: str) -> Iterator[tuple[bool, str]]:
    """The stretches of *markdown*, each with True where it is a block of code."""
    at = 0
    for block in _FENCED.finditer(markdown):
        yield False, markdown[at : block.start()]
        yield True, block[0]
        at = block.end()
    yield False, markdown[at:]


def with_plain_tables(html: str) -> str:
    """The *html* of a page whose tables show code as code hosts do."""
    return _CELL.sub(lambda cell: _CODE.sub(_mended, cell[0]), html)


def _mended(code: re.Match[str]) -> str:
    """Code in a table, without the backslash that code hosts want before a bar.

    Options are marked, so that a line does not end behind their hyphens.
    """
    return _OPTION.sub(r'<span class="option">\1</span>', code[0].replace("\\|", "|"))


def notebook_page(text: str) -> str:
    """The page for the notebook with the JSON *text*: its cells, and what they have printed."""
    pieces = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            pieces.append(source)
            continue
        pieces.append(f"```python\n{source}\n```")
        pieces += [f"```\n{output}\n```" for output in map(_shown, cell["outputs"]) if output]
    return "\n\n".join(pieces) + "\n"


def _shown(output: dict[str, Any]) -> str:
    """The text of an *output* of a cell."""
    told = output.get("text") or output.get("data", {}).get("text/plain", "")
    return "".join(told).rstrip("\n")
