"""The values of a job's properties, from files, options and defaults [Configuration].

A property may be set and asked for by its old or its new name. When it was given under both, the
new name wins, whichever came last: Hadoop learns of its old names only after it has read the
options. Values are text; ``${other.property}`` is expanded when a value is read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from hadoopless.errors import UsageError
from hadoopless.java.values import parse_milliseconds, parse_property_int, trim
from hadoopless.sizes import parse_size
from hadoopless.streaming.exits import failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.properties.deprecated import OLD_NAMES, new_name
from hadoopless.streaming.properties.table import LISTED_DEFAULTS, default_of

Value = TypeVar("Value")

#: The number of variables of one value that are expanded, one after the other.
DEEPEST_EXPANSION = 20

_TRUTHS = {"true": True, "false": False}
#: The ones of Java's system properties that do not depend on Java itself.
_SYSTEM_PROPERTIES = {
    "file.separator": "/",
    "java.io.tmpdir": "/tmp",  # noqa: S108 - so Java
    "line.separator": "\n",
    "os.arch": {"x86_64": "amd64"}.get(os.uname().machine, os.uname().machine),
    "os.name": os.uname().sysname,
    "os.version": os.uname().release,
    "path.separator": ":",
}
_VARIABLE = re.compile(r"\$\{([^} $]+)\}")


class Configuration:
    """Named values; wrong ones raise StreamingExit when they are read."""

    def __init__(self, environ: Mapping[str, str] | None = None, cwd: str = "") -> None:
        """*environ* and *cwd* are what ``${env.X}`` and ``${user.dir}`` stand for."""
        self._environ = os.environ if environ is None else environ
        self._cwd = cwd or os.getcwd()
        #: The values of -D, by the names under which they were set.
        self._options: dict[str, str] = {}
        #: The values of files, by new names.
        self._files: dict[str, str] = {}
        self._final: set[str] = set()

    def set(self, name: str, value: str) -> None:
        """Set a property as ``-D name=value`` does, stronger than any file."""
        self._options[trim(name)] = value

    def set_if_unset(self, name: str, value: str) -> None:
        """Set a property that has no value but perhaps a default."""
        if not self.is_set(name):
            self.set(name, value)

    def set_from_file(self, name: str, value: str | None, final: bool = False) -> bool:
        """A property of a file; False when an earlier file has forbidden to change it."""
        name = new_name(name)
        allowed = value is None or name not in self._final or self._files.get(name, value) == value
        if value is not None and name not in self._final:
            self._files[name] = value
        if final:
            self._final.add(name)
        return allowed

    def of_tasks(self) -> Configuration:
        """The properties as tasks see them: on their way to a task empty values are lost."""
        copy = Configuration(self._environ, self._cwd)
        for name in self.names():
            value = self.get_raw(name)
            if value:
                copy.set(name, value)
        return copy

    def is_set(self, name: str) -> bool:
        """True if the property was given by its old or its new name; defaults do not count."""
        return self._given(trim(name)) is not None

    def get_raw(self, name: str) -> str | None:
        """The value as it was set."""
        name = trim(name)
        given = self._given(name)
        return LISTED_DEFAULTS.get(new_name(name)) if given is None else given

    def get(self, name: str) -> str:
        """The value with its variables expanded; without one, the default of the table."""
        value = self.get_or_none(name)
        return default_of(name) if value is None else value

    def get_or_none(self, name: str) -> str | None:
        """The value with its variables expanded; None when programs see no value."""
        value = self.get_raw(name)
        return None if value is None else self.expanded(value)

    # The default of a number or a truth is that of the table, unless the caller gives one.

    def get_int(self, name: str, default: int | None = None) -> int:
        """A whole number of 32 bits, decimal or ``0x…``."""
        return self._parsed(name, default, lambda text: parse_property_int(text, 32))

    def get_long(self, name: str, default: int | None = None) -> int:
        """A whole number of 64 bits, decimal or ``0x…``."""
        return self._parsed(name, default, lambda text: parse_property_int(text, 64))

    def get_boolean(self, name: str, default: bool | None = None) -> bool:
        """True or false in any case; anything else is the default."""
        otherwise = default_of(name) == "true" if default is None else default
        return _TRUTHS.get(trim(self.get(name)).lower(), otherwise)

    def get_milliseconds(self, name: str) -> int:
        """A time; without a unit it is in milliseconds."""
        return self._parsed(name, None, parse_milliseconds)

    def get_size(self, name: str) -> int | None:
        """A number of bytes, as in ``64MB``; None when nobody gives one."""
        return self._parsed(name, None, _size) if self.is_set(name) else None

    def given_names(self) -> list[str]:
        """The names under which properties were set, sorted; without the defaults."""
        return sorted(self._options.keys() | self._files.keys())

    def names(self) -> list[str]:
        """The names of today of all properties, sorted."""
        return sorted({new_name(name) for name in (*self._options, *self._files, *LISTED_DEFAULTS)})

    def environment(self) -> dict[str, str]:
        """The properties as programs see them: names in letters, digits and ``_``.

        Raises StreamingExit where a value cannot be expanded.
        """
        limit = self.get_int("stream.jobconf.truncate.limit")
        found = {}
        for name in self.names():
            value = self.get(name)
            # A NUL cannot be in an environment.
            if "\0" not in value:
                found[safe_name(name)] = value[:limit] if limit > -1 else value
        return found

    def expanded(self, text: str) -> str:
        """*text* with its ``${…}`` replaced, as far as they are known."""
        result = text
        for _ in range(DEEPEST_EXPANSION):
            variable = _VARIABLE.search(result)
            if variable is None:
                return result
            value = self._variable(variable[1])
            if value is None:
                return result
            if variable[0] in value:
                return text
            result = result[: variable.start()] + value + result[variable.end() :]
        raise failure(error(f"Variable substitution depth too large: {DEEPEST_EXPANSION} {text}"))

    def _given(self, name: str) -> str | None:
        new = new_name(name)
        for one in (new, *OLD_NAMES.get(new, ())):
            if one in self._options:
                return self._options[one]
        return self._files.get(new)

    def _parsed(self, name: str, default: Value | None, parse: Callable[[str], Value]) -> Value:
        text = self.get_or_none(name)
        if text is None:
            if default is not None:
                return default
            text = default_of(name)
        try:
            return parse(text)
        except ValueError as problem:
            raise failure(error(f"{name}: {problem}")) from problem

    def _variable(self, name: str) -> str | None:
        if name.startswith("env.") and len(name) > len("env."):
            return self._of_environment(name.removeprefix("env."))
        system = self._system_property(name)
        return self.get_raw(name) if system is None else system

    def _of_environment(self, text: str) -> str | None:
        """``X``, ``X-otherwise`` (unset) or ``X:-otherwise`` (unset or empty)."""
        name, separator, otherwise = re.fullmatch(r"(?s)(.*?)(?:(:?-)(.*))?", text).groups()  # type: ignore[union-attr]
        value = self._environ.get(name)
        if separator is None:
            return value
        return otherwise if value is None or (separator == ":-" and not value) else value

    def _system_property(self, name: str) -> str | None:
        """The system property *name* of a Java program."""
        if name == "user.name":
            return self._environ.get("HADOOP_USER_NAME") or self._environ.get("USER")
        if name == "user.dir":
            return self._cwd
        if name == "user.home":
            return self._environ.get("HOME")
        return _SYSTEM_PROPERTIES.get(name)


def safe_name(name: str) -> str:
    """*name* as the name of an environment variable."""
    return re.sub(r"[^A-Za-z0-9]", "_", name)


def _size(text: str) -> int:
    try:
        return parse_size(text, "it")
    except UsageError as problem:
        raise ValueError(str(problem)) from problem
