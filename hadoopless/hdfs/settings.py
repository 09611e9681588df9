"""The settings with which this process and its workers reach HDFS, from the files of Hadoop.

They are those of the directory that ``--hadoopConf`` names, or HADOOP_CONF_DIR. Only the properties
that a client of HDFS needs are kept; they travel with a job to its workers.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from hadoopless.errors import InputError, UsageError
from hadoopless.hdfs import choice
from hadoopless.hdfs.names import PREFIX, Settings

_FILES = ("core-site.xml", "hdfs-site.xml")
_DEFAULT = "fs.defaultFS"
#: The beginnings of the names of properties that a client needs.
_WANTED = (
    *(_DEFAULT, "dfs.nameservices", "dfs.ha.namenodes.", "dfs.namenode.rpc-address"),
    *("dfs.client.", "dfs.data.transfer.", "dfs.encrypt.data.transfer", "dfs.blocksize"),
    *("dfs.replication", "hadoop.security.authentication", "hadoop.rpc.protection"),
    *("hadoop.security.key.provider.path", "fs.permissions.umask-mode"),
)
_ADDRESS = "dfs.namenode.rpc-address."
_OLD_NAMES = {"fs.default.name": _DEFAULT}
#: Tries of a client whose name node refuses it. The library's own default takes minutes.
_ATTEMPTS = ("dfs.client.failover.max.attempts", "4")
#: The most characters of all properties, which go with each task.
_MOST = 1 << 14
_LONGEST_FILE = 1 << 22
_REFERENCE = re.compile(r"\$\{([^{}$\s]+)\}")
#: A variable, and what stands for it where it is missing; with the colon, also where it is empty.
_VARIABLE = re.compile(r"env\.([^:-]+)(?:(:?)-(.*))?")
_DEEPEST_REFERENCE = 20
_DEEPEST_INCLUDE = 20


def of_process() -> Settings:
    """The settings of this process; raises UsageError, InputError where they cannot be read."""
    place = choice.directory()
    return read(place) if place else (_ATTEMPTS,)


def default_name(settings: Settings) -> str:
    """The beginning of the names of the HDFS that is the default, or "" where none is."""
    uri = dict(settings).get(_DEFAULT, "")
    # A path behind it has no meaning [FileSystem.getDefaultUri].
    authority = uri.removeprefix(PREFIX).partition("/")[0]
    return PREFIX + authority if uri.startswith(PREFIX) and authority else ""


def full_name(text: str) -> str:
    """The name of the file that *text*, a URI with the scheme ``hdfs``, means; UsageError."""
    rest = text[len("hdfs:") :]
    authority = ""
    if rest.startswith("//"):
        authority, _, rest = rest[2:].partition("/")
    start = PREFIX + authority if authority else default_name(of_process())
    if not start:
        raise UsageError(
            f"{text} names no name node, and {choice.directory()} has no {_DEFAULT} in HDFS: write"
            " hdfs://HOST:PORT/…"
        )
    path = os.path.normpath("/" + rest.lstrip("/"))
    return start + path


def name_nodes(authority: str, settings: Settings) -> list[str]:
    """The addresses ``HOST:PORT`` of the name nodes that *authority* stands for."""
    found = dict(settings)
    nodes = found.get(f"dfs.ha.namenodes.{authority}", "")
    addresses = [
        address
        for node in filter(None, map(str.strip, nodes.split(",")))
        if (address := found.get(f"{_ADDRESS}{authority}.{node}"))
    ]
    if not addresses and (one := found.get(f"{_ADDRESS}{authority}")):
        return [one]
    return addresses or [authority if ":" in authority else f"{authority}:8020"]


def one_name(name: str, settings: Settings) -> str:
    """*name*, a whole name in HDFS, with one of the authorities that stand for its name nodes."""
    authority, slash, path = name.removeprefix(PREFIX).partition("/")
    address = name_nodes(authority, settings)[0].lower()
    for prop, value in settings:
        if prop.startswith(_ADDRESS) and value.lower() == address:
            address = prop.removeprefix(_ADDRESS).partition(".")[0]
            break
    return PREFIX + address + slash + path


@functools.lru_cache(4)
def read(place: str) -> Settings:
    """The settings in the directory *place*; raises UsageError, InputError."""
    if not os.path.isdir(place):
        raise InputError(f"no such directory with the settings of Hadoop: {place}")
    found: dict[str, str] = {}
    for name in _FILES:
        found |= _properties(Path(place, name))
    wanted = {
        name: _expanded(value, found) for name, value in found.items() if name.startswith(_WANTED)
    }
    wanted.setdefault(*_ATTEMPTS)
    if sum(len(name) + len(value) for name, value in wanted.items()) > _MOST:
        raise UsageError(
            f"the settings of HDFS in {place} have more than {_MOST:,} characters, which go with"
            " each task; name a directory with fewer by --hadoopConf"
        )
    return tuple(sorted(wanted.items()))


def _properties(path: Path, depth: int = 0) -> dict[str, str]:
    """The properties in the file *path*, which need not be there; raises InputError.

    *depth* is the number of files that include one another above it.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_FILE + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _LONGEST_FILE:
        raise InputError(f"cannot read {path}: it is too large for a file of settings")
    try:
        return _parsed(data, lambda href: _included(path, href, depth + 1))
    except (expat.ExpatError, LookupError, ValueError) as error:
        raise InputError(f"cannot read {path}: {error}") from error


def _included(path: Path, href: str, depth: int) -> dict[str, str]:
    """The properties of the file *href* that the file *path* includes."""
    if depth > _DEEPEST_INCLUDE:
        raise ValueError("files include one another without end")
    return _properties(path.parent / href.removeprefix("file://"), depth)


def _parsed(data: bytes, included: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """The properties in *data*; *included* gives those of a file that it names."""
    found: dict[str, str] = {}
    one: dict[str, str] = {}
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        text.clear()
        if tag == "property":
            one.clear()
            one.update(attributes)
        elif tag.rpartition(":")[2] == "include":  # xi:include, as a rule
            found.update(included(attributes.get("href", "")))

    def end(tag: str) -> None:
        if tag in ("name", "value"):
            one[tag] = "".join(text).strip()
        elif tag == "property" and one.get("name"):
            name = _OLD_NAMES.get(one["name"], one["name"])
            found[name] = one.get("value", "")

    def refuse(name: str, *_rest: object) -> None:
        raise ValueError(f"the entity {name} is refused")

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.EntityDeclHandler = refuse
    parser.Parse(data, True)
    return found


def _expanded(value: str, found: dict[str, str]) -> str:
    """*value* with the references to other properties replaced, as far as they are known."""
    for _ in range(_DEEPEST_REFERENCE):
        changed = _REFERENCE.sub(lambda match: _referred(match, found), value)
        if changed == value or len(changed) > _MOST:
            break
        value = changed
    return value


def _referred(match: re.Match[str], found: dict[str, str]) -> str:
    """The text for which the reference *match* stands: itself, where nothing is known of it."""
    variable = _VARIABLE.fullmatch(match[1])
    if variable is None:
        return found.get(match[1], match[0])
    value = os.environ.get(variable[1])
    if value is None or (variable[2] and not value):
        value = variable[3]
    return match[0] if value is None else value
