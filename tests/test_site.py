"""The site of the documents: how texts become pages, and the check of what was built."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY
from tools.site import check
from tools.site.texts import linked, notebook_page, with_plain_tables


@pytest.mark.parametrize(
    ("page", "markdown", "expected"),
    [
        ("docs/index.md", "[a](docs/jobs.md#x)", "[a](jobs.md#x)"),
        ("docs/index.md", "![a](docs/pictures/terminal.svg)", "![a](pictures/terminal.svg)"),
        ("docs/jobs.md", "[a](../README.md)", "[a](index.md)"),
        ("docs/jobs.md", "[the list](../inventory.py)", "the list"),
        (
            "docs/jobs.md",
            "[a](#here) [b](https://example.org/x)",
            "[a](#here) [b](https://example.org/x)",
        ),
        ("docs/jobs.md", "[options.md](options.md#x)", "[Options](options.md#x)"),
        (
            "docs/jobs.md",
            "[CONTRIBUTING.md](../CONTRIBUTING.md)",
            "[Contributing](contributing.md)",
        ),
        ("docs/python.md", "[a](notebook.ipynb)", "[a](notebook.md)"),
        ("docs/decisions/tls.md", "[a](../../CONTRIBUTING.md)", "[a](../contributing.md)"),
        ("docs/index.md", "[a](docs/decisions)", "[a](decisions/README.md)"),
        ("docs/index.md", "```\n[a](docs/jobs.md)\n```\n", "```\n[a](docs/jobs.md)\n```\n"),
    ],
)
def test_links_lead_from_page_to_page(page: str, markdown: str, expected: str) -> None:
    assert linked(markdown, page) == expected


def test_code_in_tables() -> None:
    html = "<p><code>\\|</code></p><td><code>a \\| b --c=d</code> \\|</td>"
    mended = '<td><code>a | b <span class="option">--c=d</span></code> \\|</td>'
    assert with_plain_tables(html) == f"<p><code>\\|</code></p>{mended}"


def test_the_page_of_a_notebook() -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {
            "cell_type": "code",
            "source": ["1 + 1"],
            "outputs": [{"data": {"text/plain": ["2"]}}, {"text": ["said\n"]}, {"text": []}],
        },
    ]
    page = notebook_page(json.dumps({"cells": cells}))
    assert page == "# Title\ntext\n\n```python\n1 + 1\n```\n\n```\n2\n```\n\n```\nsaid\n```\n"


@pytest.mark.parametrize(
    ("page", "trouble"),
    [
        ('<a href="b.html#there">b</a> <a href="https://example.org">e</a>', None),
        ('<a href="c.html">c</a>', "c.html leads nowhere"),
        ('<a href="../b.html">b</a>', "../b.html leads nowhere"),
        ('<a href="b.html#else">b</a>', "b.html#else leads nowhere"),
        ('<a href="/b.html">b</a>', "/b.html leads nowhere"),
        ('<img src="x.png">', "x.png is loaded, but is not a file of the site"),
        (
            '<script src="https://example.org/x.js"></script>',
            "https://example.org/x.js is loaded, but is not a file of the site",
        ),
        ('<link rel="canonical" href="https://example.org/">', None),
        ('<pre class="mermaid"></pre>', "nothing draws its diagrams"),
    ],
)
def test_what_the_check_finds(tmp_path: Path, page: str, trouble: str | None) -> None:
    (tmp_path / "a.html").write_text(page)
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>')
    assert list(check.troubles(tmp_path)) == ([f"a.html: {trouble}"] if trouble else [])


def test_links_from_the_top_on_the_page_for_dead_links(tmp_path: Path) -> None:
    (tmp_path / "404.html").write_text('<a href="/404.html">a</a>')
    assert list(check.troubles(tmp_path)) == []


def test_styles_from_elsewhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("")
    (tmp_path / "a.css").write_text("@import 'https://example.org/x.css'; a { background: url(x) }")
    (trouble,) = check.troubles(tmp_path)
    assert trouble == "a.css: https://example.org/x.css is loaded from elsewhere"


@pytest.mark.parametrize(("page", "code"), [("<p>", 0), ('<a href="x">', 1), (None, 1)])
def test_the_exit_code_of_the_check(tmp_path: Path, page: str | None, code: int) -> None:
    if page is not None:
        (tmp_path / "a.html").write_text(page)
    done = subprocess.run(
        [sys.executable, "-m", "tools.site.check", tmp_path], cwd=REPOSITORY, capture_output=True
    )
    assert done.returncode == code, done.stderr


def test_every_document_is_in_the_menu() -> None:
    """MkDocs would refuse to build the site; this tells it without MkDocs."""
    menu = (REPOSITORY / "mkdocs.yml").read_text().split("\nnav:\n")[1]
    for path in (REPOSITORY / "docs").rglob("*.md"):
        name = path.relative_to(REPOSITORY / "docs")
        assert f"- {name}\n" in menu, f"mkdocs.yml has no line for {name}"
