"""Checks the pages of ``make docs``: no link is dead, and nothing from elsewhere is loaded.

Usage: ``python -m tools.site.check DIRECTORY``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

#: Attributes whose files a browser loads by itself, by the names of elements.
_LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
#: Links of these kinds tell a browser something, and load nothing.
_TOLD = {"canonical", "next", "prev"}
_IN_STYLES = re.compile(r"""(?:url\(|@import\s+)["']?([^"')\s]+)""")


class Found(HTMLParser):
    """The ids, the links, and the loaded files of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.diagrams = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the element *tag* holds."""
        has = {name: value or "" for name, value in attrs}
        self.ids |= {has[name] for name in ("id", "name") if name in has}
        self.diagrams += has.get("class") == "mermaid"
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        name = _LOADED.get(tag)
        if name in has and not _TOLD & set(has.get("rel", "").split()):
            self.loaded.append(has[name])


def troubles(site: Path) -> Iterator[str]:
    """All that is wrong with the pages below *site*."""
    pages = {path: parsed(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site}: there is no page"
    for path, page in pages.items():
        shown = path.relative_to(site)
        for target in page.links:
            if is_dead(target, path, site, pages):
                yield f"{shown}: {target} leads nowhere"
        for target in page.loaded:
            if is_elsewhere(target) or is_dead(target, path, site, pages):
                yield f"{shown}: {target} is loaded, but is not a file of the site"
        if page.diagrams and not any(target.endswith("mermaid.js") for target in page.loaded):
            yield f"{shown}: nothing draws its diagrams"
    for path in sorted(site.rglob("*.css")):
        for target in _IN_STYLES.findall(path.read_text()):
            if is_elsewhere(target):
                yield f"{path.relative_to(site)}: {target} is loaded from elsewhere"


def parsed(path: Path) -> Found:
    """The page at *path*."""
    page = Found()
    page.feed(path.read_text())
    return page


def is_elsewhere(target: str) -> bool:
    """True if *target* is on another server."""
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def is_dead(target: str, path: Path, site: Path, pages: dict[Path, Found]) -> bool:
    """True if *target*, a link of the page at *path*, is a file or anchor that is not there."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return False
    file = path
    if parts.path:
        target = unquote(parts.path)
        # The page for dead links is shown at any address, so its own links begin at the top.
        if target.startswith("/") and path.name == "404.html":
            target = f"{site}{target}"
        file = (path.parent / target).resolve()
        if file.is_dir():
            file /= "index.html"
    if not file.is_file() or not file.is_relative_to(site.resolve()):
        return True
    anchor = unquote(parts.fragment)
    return bool(anchor) and file in pages and anchor not in pages[file].ids


def main() -> int:
    """Tell of all troubles; returns the exit code."""
    site = Path(sys.argv[1]).resolve()
    found = list(troubles(site))
    for trouble in found:
        print(trouble, file=sys.stderr)
    print(f"{len(list(site.rglob('*.html')))} pages, {len(found)} troubles")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
