"""Finds the real files that Hadoop's paths and URIs name. Reads the environment, but no contents.

There are two file systems. *Local*: plain paths and ``file:///x``. *The area*: a directory that
plays HDFS for ``hdfs://any-host:port/x``, whatever the host. With ``MAPREDUCE_FS_ROOT`` that
directory is the area and plain paths belong to it, too (relative ones below ``/user/USER``).
Without it the area is ``$XDG_DATA_HOME/mapreduce/hdfs`` (``~/.local/share``) and plain paths are
local. Nothing leaves the area: neither ``..`` nor a symbolic link does.

Jobs know a *real* HDFS, too: where ``HADOOP_CONF_DIR`` names one and ``MAPREDUCE_FS_ROOT`` is not
set, ``hdfs:`` names its files, and so do plain paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from hadoopless.errors import ForbiddenError, InputError
from hadoopless.filesystem import anywhere, globs

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = "file"
AREA = "hdfs"


class BadPath(InputError):
    """The text is no path, or no path of the file system that it names."""


class PathName(Struct, frozen=True):
    """A path as Hadoop reads it; *scheme* and *authority* may be empty, *path* is normalised."""

    scheme: str
    authority: str
    path: str

    def __str__(self) -> str:
        if not self.scheme:
            return self.path
        if self.authority or self.scheme == AREA:
            return f"{self.scheme}://{self.authority}{self.path}"
        return f"{self.scheme}:{self.path}"


class Place(Struct, frozen=True):
    """The file that a path names, which need not exist: *text* is the path as the user wrote it,
    *file* the path of the real file.
    """

    text: str
    #: The absolute name, with a scheme.
    name: PathName
    file: str

    @property
    def base(self) -> str:
        """The last part of the path."""
        return self.name.path.rpartition("/")[2]

    @property
    def in_area(self) -> bool:
        """True if the file belongs to the area, False if it is a local file."""
        return self.name.scheme == AREA


class FileSystems:
    """The local files and the area, as one user with one working directory sees them."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        default: str = "",
        makes_root: bool = True,
        knows_real: bool = False,
    ) -> None:
        """*default* is a URI (``fs.defaultFS``) to which plain paths belong in place of what
        the environment says; raises InputError when its scheme is unknown. Without *makes_root*
        an area that is not there is not made, and so holds nothing. With *knows_real* a
        real HDFS stands in place of the area, where there is one.
        """
        self._environment = os.environ if environment is None else environment
        self._cwd = os.fspath(cwd) if cwd is not None else os.getcwd()
        given = self._environment.get("MAPREDUCE_FS_ROOT", "")
        self._area = os.path.join(self._cwd, given or self._own_area())
        self._makes_root = makes_root
        self._area_checked = ""
        #: The error for which there is no home directory in the area.
        self._homeless: InputError | None = None
        #: The real HDFS, by its authority.
        self._real = self._named(knows_real)
        self._default = PathName(AREA if given or self._real else LOCAL, "", "")
        if default:
            name = split(default)
            _check_scheme(name.scheme)
            self._default = PathName(name.scheme, name.authority, "")

    def _named(self, knows_real: bool) -> str:
        """The authority of the real HDFS; "" where there is none, or nobody asks for it."""
        name = anywhere.real_hdfs(self._environment) if knows_real else ""
        return split(name).authority if name else ""

    @property
    def real(self) -> str:
        """The real HDFS that plays the area: ``hdfs://nn:8020``; "" where there is none."""
        return f"{AREA}://{self._real}" if self._real else ""

    @property
    def has_root(self) -> bool:
        """True if the user has named the directory that is the area."""
        return bool(self._environment.get("MAPREDUCE_FS_ROOT"))

    @property
    def plays_cluster(self) -> bool:
        """True if plain paths belong to the area."""
        return self._default.scheme == AREA

    @property
    def area(self) -> str:
        """The real path of the directory that plays HDFS; it need not be there."""
        return os.path.realpath(self._area)

    @property
    def user(self) -> str:
        """The user in whose home directory relative paths of the area begin."""
        for variable in ("HADOOP_USER_NAME", "USER", "LOGNAME"):
            name = self._environment.get(variable, "")
            if name and "/" not in name and name not in (".", ".."):
                return name
        import pwd  # Imported here because it is seldom needed.

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return str(os.getuid())

    def local(self, path: str) -> Path:
        """The real file behind a path or URI; raises InputError if the path cannot name one."""
        from pathlib import Path  # Imported here because `hadoop fs` starts faster without it.

        return Path(self.place(path).file)

    def qualified(self, path: str) -> str:
        """*path* as a full URI: ``file:/x/y`` or ``hdfs://localhost/user/me/x``."""
        return self.full_name(self.place(path))

    def full_name(self, place: Place) -> str:
        """The full URI of *place*, as :meth:`qualified` writes it."""
        name = place.name
        if name.scheme == AREA and not name.authority:
            name = PathName(AREA, "localhost", name.path)
        return str(name)

    def under(self, directory: str, path: str) -> str:
        """*path* as it reads in *directory* [Path]: an absolute path keeps the scheme of that.

        Raises BadPath.
        """
        name = split(path)
        if name.scheme:
            return path
        parent = split(directory)
        if path.startswith("/"):
            return str(PathName(parent.scheme, parent.authority, name.path))
        inside = f"{parent.path.rstrip('/')}/{path}" if parent.path else path
        return str(PathName(parent.scheme, parent.authority, _normal(inside)))

    def glob(self, pattern: str) -> list[Place]:
        """The existing files that match *pattern*, sorted; a plain path matches itself.

        Each ``text`` has the form of the pattern: with its scheme, absolute, or relative.
        """
        found: list[str] = []
        for one in globs.expand(pattern):
            name = split(one)
            absolute = self._absolute(name)
            start = "/" if name.path.startswith("/") else self._home(absolute.scheme)
            found.extend(self._matching(absolute, start))
        asked = split(pattern)
        absolute = self._absolute(asked)
        return [
            self._shown_like(asked, PathName(absolute.scheme, absolute.authority, path))
            for path in sorted(found, key=os.fsencode)
        ]

    def is_pattern(self, path: str) -> bool:
        """True if *path* may stand for several files."""
        expanded = globs.expand(path)
        return len(expanded) > 1 or any(map(globs.is_pattern, expanded[0].split("/")))

    def place(self, path: str) -> Place:
        """The file that *path* names; its ``text`` is *path* as it is written."""
        name = self._absolute(split(path))
        return Place(path, name, self._file(name))

    def local_place(self, path: str) -> Place:
        """The same as :meth:`place`, but a path without a scheme is a local file.

        The ``text`` of a local file has no scheme.
        """
        name = split(path)
        if not name.scheme:
            name = PathName(LOCAL, "", _join(self._cwd, name.path))
        elif name.scheme == LOCAL:
            path = name.path
        name = self._absolute(name)
        return Place(path, name, self._file(name))

    def child(self, parent: Place, base: str) -> Place:
        """The file with the name *base* in the directory *parent*."""
        path = parent.name.path
        name = PathName(
            parent.name.scheme, parent.name.authority, f"{'' if path == '/' else path}/{base}"
        )
        text = parent.text
        shown = base if text == "." else text + ("" if text.endswith("/") else "/") + base
        return Place(shown, name, self._file(name))

    def parent(self, place: Place) -> Place:
        """The directory that *place* is in; for the root, the root itself."""
        path = place.name.path.rpartition("/")[0] or "/"
        name = PathName(place.name.scheme, place.name.authority, path)
        return Place(place.text.rpartition("/")[0] or ".", name, self._file(name))

    def _own_area(self) -> str:
        data = self._environment.get("XDG_DATA_HOME", "")
        if not os.path.isabs(data):
            home = self._environment.get("HOME", "") or os.path.expanduser("~")
            # The system does not know the user; containers use the root as home directory then.
            home = "/" if home == "~" else home
            data = os.path.join(home, ".local", "share")
        return os.path.join(data, "mapreduce", "hdfs")

    def _absolute(self, name: PathName) -> PathName:
        """*name* with a scheme and an absolute path."""
        scheme = name.scheme or self._default.scheme
        _check_scheme(scheme)
        authority = name.authority
        if scheme == AREA:
            authority = authority or self._default.authority or self._real
        if scheme == LOCAL and authority:
            raise BadPath(f"Wrong FS: {name}, expected: file:///")
        return PathName(scheme, authority, _join(self._home(scheme), name.path))

    def _home(self, scheme: str) -> str:
        return self._cwd if scheme == LOCAL else f"/user/{self.user}"

    def _file(self, name: PathName) -> str:
        if name.scheme == LOCAL:
            return name.path
        if name.path.startswith("/.."):
            raise BadPath(f"Pathname {name.path} from {name} is not a valid DFS filename.")
        if self._real:
            return str(name)
        area = self._ready_area()
        if self._homeless is not None and _is_within(name.path, self._home(AREA)):
            raise self._homeless
        file = area + name.path if name.path != "/" else area
        real = os.path.realpath(file)
        if real != area and not real.startswith(area + "/"):
            raise ForbiddenError(f"`{name}': A symbolic link leads out of {area}")
        return file

    def _ready_area(self) -> str:
        """The area's real path. The home directory and /tmp are made in it, as they are in HDFS."""
        if not self._area_checked:
            area = os.path.realpath(self._area)
            home = os.path.join(area, "user", self.user)
            try:
                if self._makes_root or os.path.isdir(area):
                    os.makedirs(home, exist_ok=True)
                    os.makedirs(os.path.join(area, "tmp"), exist_ok=True)
            except OSError as error:
                other = "MAPREDUCE_FS_ROOT may name another one"
                if not os.path.isdir(area):
                    raise InputError(
                        f"The directory {area} that holds hdfs:// files cannot be made "
                        f"({error.strerror}); {other}"
                    ) from error
                if self._makes_root and not os.path.isdir(home):
                    self._homeless = InputError(
                        f"The home directory {home} cannot be made ({error.strerror}) in the"
                        f" directory that holds hdfs:// files; {other}"
                    )
            self._area_checked = area.rstrip("/")
        return self._area_checked

    def _matching(self, pattern: PathName, start: str) -> list[str]:
        """The existing paths that match; the part of *pattern* in *start* is taken literally."""
        base = os.path.commonpath([start, pattern.path])
        found = ["" if base == "/" else base]
        components = pattern.path[len(found[0]) :].split("/")
        for level, component in enumerate(components):
            if not component:
                continue
            if not globs.is_pattern(component):
                found = [f"{path}/{globs.unescaped(component)}" for path in found]
                continue
            matches = globs.matcher(component)
            inner = level < len(components) - 1
            found = [
                f"{path}/{name}"
                for path in found
                for name in filter(matches, self._bases(pattern, path, inner))
            ]
        there = [(path or "/", self._file_of(pattern, path)) for path in found]
        return [path for path, file in there if anywhere.exists(file)]

    def _bases(self, pattern: PathName, path: str, only_directories: bool) -> list[str]:
        directory = self._file_of(pattern, path)
        if not anywhere.is_directory(directory):
            return []
        names = names_in(directory)
        if only_directories:
            return [n for n in names if anywhere.is_directory(os.path.join(directory, n))]
        return names

    def _file_of(self, asked: PathName, path: str) -> str:
        return self._file(PathName(asked.scheme, asked.authority, path or "/"))

    def _shown_like(self, asked: PathName, name: PathName) -> Place:
        if asked.scheme:
            text = f"{asked.scheme}://{asked.authority}{name.path}"
        elif asked.path.startswith("/"):
            text = name.path
        else:
            text = os.path.relpath(name.path, self._home(name.scheme))
        return Place(text, name, self._file(name))


def split(text: str) -> PathName:
    """The parts of *text* [Path]; nothing is decoded; raises BadPath."""
    if not text:
        raise BadPath("Can not create a Path from an empty string")
    scheme, authority, rest = "", "", text
    before, colon, behind = text.partition(":")
    if colon and "/" not in before:
        scheme, rest = before, behind
    if rest.startswith("//") and len(rest) > 2:
        authority, slash, behind = rest[2:].partition("/")
        rest = slash + behind
        scheme = scheme or "null"
    elif colon and "/" not in before and not rest.startswith("/"):
        raise BadPath(f"java.net.URISyntaxException: Relative path in absolute URI: {text}")
    if scheme and not _SCHEME.fullmatch(scheme):
        raise BadPath(f"java.net.URISyntaxException: Illegal character in scheme name: {text}")
    return PathName(scheme, authority, _normal(rest))


def _is_within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def names_in(directory: str) -> list[str]:
    """The names in a real directory, sorted as bytes, without the checksums that Hadoop leaves."""
    names = anywhere.names_of(directory)
    return sorted((n for n in names if n[0] != "." or not n.endswith(".crc")), key=os.fsencode)


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def _check_scheme(scheme: str) -> None:
    if scheme not in (LOCAL, AREA):
        raise InputError(f'No FileSystem for scheme "{scheme}"')


def _join(home: str, path: str) -> str:
    return path if path.startswith("/") else _normal(f"{home}/{path}")


def _normal(path: str) -> str:
    """*path* without empty parts, ``.`` and ``..``, except those that lead above its start."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)
