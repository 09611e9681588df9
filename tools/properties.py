"""Writes the tables of ``docs/properties.md``: each property, its default and its meaning."""

from __future__ import annotations

from collections.abc import Iterable

from hadoopless.streaming.properties.deprecated import OLD_NAMES
from hadoopless.streaming.properties.property import Property
from hadoopless.streaming.properties.table import SECTIONS
from hadoopless.streaming.properties.tables.ignored import HARMLESS, IGNORED


def properties_tables() -> str:
    """All properties that take effect, under headings, then those that take none."""
    lines: list[str] = []
    for heading, properties in SECTIONS.items():
        lines += [f"## {heading}", "", "| property | default | meaning | module |"]
        lines += ["|---|---|---|---|", *map(row, properties), ""]
    lines += [
        "## Without effect",
        "",
        "A job that sets one of these is told so, with the reason.",
        "",
    ]
    lines += reasons(IGNORED)
    lines += ["", "Nothing is said about these, because they make no difference:", ""]
    lines += reasons(HARMLESS)
    return "\n".join(lines) + "\n"


def row(one: Property) -> str:
    """A line of a table."""
    default = {"": "", "\t": "TAB"}.get(one.default, f"`{one.default}`")
    return f"| {names(one)} | {default} | {one.meaning} | `{one.where}` |"


def reasons(properties: Iterable[Property]) -> list[str]:
    """A table of properties without effect."""
    rows = [f"| {names(one)} | {one.meaning} |" for one in sorted(properties, key=by_name)]
    return ["| property | why |", "|---|---|", *rows]


def by_name(one: Property) -> str:
    return one.name


def names(one: Property) -> str:
    """The name of a property, and its older names below it."""
    old = [f"<br>*old:* `{name}`" for name in OLD_NAMES.get(one.name, ())]
    return f"`{one.name}`{''.join(old)}"
