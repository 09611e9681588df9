"""Hooks of MkDocs: pages from outside ``docs``, links between all, diagrams without a network."""

from __future__ import annotations

import posixpath
from importlib.util import find_spec
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools.site.texts import PAGES, REPOSITORY, linked, notebook_page, with_plain_tables

MERMAID = "javascripts/mermaid.js"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside ``docs``, and Mermaid."""
    for source, page in PAGES.items():
        text = (REPOSITORY / source).read_text()
        if source.endswith(".ipynb"):
            text = notebook_page(text)
        files.append(File.generated(config, page.removeprefix("docs/"), content=text))
    files.append(File.generated(config, MERMAID, abs_src_path=str(mermaid())))
    return files


def mermaid() -> Path:
    """The copy of Mermaid in the package mmdc, which draws diagrams in the reader's browser."""
    package = find_spec("mmdc")
    if package is None or package.origin is None:
        raise RuntimeError("there is no mmdc: make docs installs it")
    return Path(package.origin).parent / "assets" / "mermaid.js"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    return linked(markdown, f"docs/{page.file.src_uri}")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mend tables; load Mermaid where there is something to draw, before the theme fetches it."""
    html = with_plain_tables(html)
    if 'class="mermaid"' not in html:
        return html
    where = posixpath.relpath(MERMAID, posixpath.dirname(page.file.dest_uri) or ".")
    return f'{html}\n<script src="{where}"></script>'
