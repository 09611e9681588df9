"""All properties, looked up by name: what each means, its default, the reason to ignore it."""

from __future__ import annotations

from hadoopless.streaming.properties.deprecated import NEW_NAMES, new_name
from hadoopless.streaming.properties.property import Property
from hadoopless.streaming.properties.tables import inputs, outputs, programs, submission
from hadoopless.streaming.properties.tables.ignored import HARMLESS, IGNORED
from hadoopless.streaming.properties.tables.inherited import DEFAULTS

#: Properties that take effect, in the order of the road, under headings for users.
SECTIONS: dict[str, tuple[Property, ...]] = {
    "Programs and tasks": submission.PROGRAMS,
    "Files of the job": submission.FILES,
    "Inputs and splits": inputs.INPUTS,
    "Records": inputs.RECORDS,
    "Pairs at the programs' edges": programs.PAIRS,
    "Running programs": programs.RUNNING,
    "Hadoop's ready-made classes": programs.CLASSES,
    "Partitions and order": outputs.ORDER,
    "Output": outputs.OUTPUT,
    "Attempts": submission.ATTEMPTS,
    "Told to programs": programs.TOLD,
}

OBEYED: dict[str, Property] = {
    one.name: one for properties in SECTIONS.values() for one in properties
}

PROPERTIES: dict[str, Property] = {one.name: one for one in (*OBEYED.values(), *IGNORED, *HARMLESS)}

#: The defaults that programs find in their environment.
LISTED_DEFAULTS: dict[str, str] = {
    **DEFAULTS,
    **{name: one.default for name, one in PROPERTIES.items() if one.listed},
}

#: Beginning of names -> the reason to ignore all that begin so.
_IGNORED_PREFIXES = {
    one.name.removesuffix("*"): one.meaning for one in IGNORED if one.name.endswith("*")
}
_IGNORED = {one.name: one.meaning for one in IGNORED}


def default_of(name: str) -> str:
    """The value that counts for *name* (old or new) when nobody gives one; empty: there is none."""
    known = PROPERTIES.get(new_name(name))
    return "" if known is None else known.default


def reason_to_ignore(name: str) -> str | None:
    """The reason why the property *name* (old or new) has no effect; None when it may have one."""
    new = new_name(name)
    if new in _IGNORED:
        return _IGNORED[new]
    if new in OBEYED:
        return None
    return next(
        (reason for prefix, reason in _IGNORED_PREFIXES.items() if new.startswith(prefix)), None
    )


def known_names() -> frozenset[str]:
    """The names, old and new, of all properties that Hadoop or this project knows."""
    single = {name for name in PROPERTIES if not name.endswith("*")}
    return frozenset({*NEW_NAMES, *NEW_NAMES.values(), *single, *DEFAULTS})
