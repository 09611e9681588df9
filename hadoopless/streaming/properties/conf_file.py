"""Properties from an XML file, as ``-conf`` names it [Configuration.Parser].

Entities of the file's own are expanded while the text stays small; none is read from elsewhere.
"""

from __future__ import annotations

import os
from pathlib import Path
from xml.parsers import expat

from hadoopless.streaming.exits import crash
from hadoopless.streaming.notices import Notice, error, warning
from hadoopless.streaming.properties.configuration import Configuration

_LOGGER = "conf.Configuration"
_INCLUDE = "http://www.w3.org/2001/XInclude"
_DEEPEST_INCLUDE = 20
#: The most characters of one value. A small file can ask for any number of them by its entities.
_LONGEST_TEXT = 1 << 24


def load(configuration: Configuration, path: str, shown: str) -> list[Notice]:
    """Put the properties of the file *path* into *configuration*; returns warnings.

    *shown* is the path as its user writes it. A missing file is only warned of, as Hadoop goes on
    without it; a broken one ends the client.
    """
    if not os.path.exists(path):
        return [warning(f"conf file {shown} does not exist; going on without it", _LOGGER)]
    notices: list[Notice] = []
    try:
        found = _Reader(path, 0).read()
    # A LookupError comes from an unknown encoding.
    except (expat.ExpatError, LookupError, OSError, ValueError) as problem:
        end = crash(f"java.lang.RuntimeException: {problem} (in {shown})")
        raise end.after((), (error(f"error parsing conf {shown}", _LOGGER),)) from problem
    for name, value, final in found:
        if not configuration.set_from_file(name, value, final):
            text = f"{shown}:an attempt to override final parameter: {name};  Ignoring."
            notices.append(warning(text, _LOGGER))
    return notices


class _Reader:
    """The parser of one file, and what it has found: name, value, whether it is final."""

    def __init__(self, path: str, depth: int) -> None:
        self.path = path
        self.depth = depth
        self.found: list[tuple[str, str | None, bool]] = []
        self._text: list[str] = []
        self._length = 0
        self._property: dict[str, str] = {}
        self._missing = self._in_fallback = False

    def read(self) -> list[tuple[str, str | None, bool]]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add_text
        parser.EntityDeclHandler = self._check_entity
        parser.Parse(Path(self.path).read_bytes(), True)
        return self.found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        self._length = 0
        name = tag.rpartition(" ")[2]
        if name == "property":
            self._property = dict(attributes)
        elif tag == f"{_INCLUDE} include":
            self._include(attributes.get("href", ""))
        elif name == "fallback":
            self._in_fallback = True

    def _end(self, tag: str) -> None:
        name, text = tag.rpartition(" ")[2], "".join(self._text)
        if name == "final" or (name in ("name", "value") and text):
            self._property[name] = text
        elif name == "property":
            self._keep()
        elif name == "include":
            if self._missing and not self._in_fallback:
                raise ValueError("an included file does not exist and there is no fallback")
            self._missing = self._in_fallback = False

    def _keep(self) -> None:
        name = self._property.get("name", "").strip()
        if name and (self._missing or not self._in_fallback):
            self.found.append(
                (name, self._property.get("value"), self._property.get("final") == "true")
            )

    def _include(self, href: str) -> None:
        path = os.path.join(os.path.dirname(self.path), href.removeprefix("file://"))
        self._missing = bool(href) and not os.path.exists(path)
        if href and not self._missing:
            if self.depth == _DEEPEST_INCLUDE:
                raise ValueError(f"{href} includes itself")
            self.found += _Reader(path, self.depth + 1).read()

    def _add_text(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST_TEXT:
            raise ValueError("its entities expand to more text than any property needs")
        self._text.append(text)

    def _check_entity(
        self, name: str, is_parameter: bool, value: str | None, *_rest: object
    ) -> None:
        if value is None:
            raise ValueError(f"the entity {name} is refused: its text is in another file")
