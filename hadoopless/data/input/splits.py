"""Finds the inputs of a plain job and cuts them into splits at the ends of lines.

The coordinator does it, so numba and numpy stay out of here.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hadoopless.codecs import ENDINGS, is_compressed
from hadoopless.data.input.raw import open_file, split_size
from hadoopless.data.input.signatures import LOOK, REFUSED_ENDINGS
from hadoopless.entry.directories import hidden
from hadoopless.errors import InputChanged, InputError
from hadoopless.hdfs.located import located
from hadoopless.hdfs.names import HdfsName, is_hdfs
from hadoopless.job import Split

if TYPE_CHECKING:
    from hadoopless.hdfs.files import Entry

_PIECE = 1 << 18


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that puts 10.in behind 9.in; no two names (1.in, 01.in) have the same key."""
    parts = re.split(r"([0-9]+)", name)
    key = [(1, 0, part) if i % 2 == 0 else (0, int(part), "") for i, part in enumerate(parts)]
    return [part for part in key if part != (1, 0, "")], name


def job_inputs(directory: str, cwd: str) -> list[str]:
    """The files ``*.in`` (or ``*.in.gz`` and so on) of a job directory, 2.in before 10.in.

    Paths begin with *directory* as it was given. Raises InputError when there are none. A link that
    leads nowhere, a directory of such a name or a .in.zip is named like any other: it is refused
    later, for nobody would notice that its data is missing.
    """
    if is_hdfs(directory):
        names = [os.path.basename(entry.name) for entry in _entries_in_hdfs(directory)]
    else:
        base = Path(cwd, directory)
        if not os.path.isdir(base):
            place = f"{directory} (looked for {base})"
            raise InputError(f"no such job directory: {place}{hidden(base)}")
        names = _names(base)
    return [os.path.join(directory, name) for name in _job_names(names, directory)]


def _job_names(found: Iterable[str], directory: str) -> list[str]:
    """Those of the names *found* in a job *directory* that are inputs, in their order."""
    found = list(found)
    endings = (".in", *(".in" + suffix for suffix in (*ENDINGS, *REFUSED_ENDINGS)))
    names = [name for name in found if name.endswith(endings) and name[0] != "."]
    if not names:
        others = sum(name[0] not in "._" for name in found)
        hint = f"; it holds {others} other file(s): name inputs with --inputPath" if others else ""
        raise InputError(f"no input files *.in in {directory}{hint}")
    return sorted(names, key=_natural)


def named_inputs(
    patterns: Iterable[str], cwd: str, deeper: Callable[[str], None] | None = None
) -> list[str]:
    """The files that *patterns* (paths, globs, directories) name, in that order.

    A directory stands for all that is right in it, without names that begin with ``_`` or ``.``
    (Hadoop's hiddenFileFilter) and without directories, whose names *deeper* is given. A pattern
    names each file once, though ``**`` matches the directory of the file, too. Raises InputError
    for a pattern without a file.
    """
    files: list[str] = []
    for pattern in patterns:
        if is_hdfs(pattern):
            files += _once(_named_in_hdfs(pattern, deeper))
            continue
        literal = os.path.exists(Path(cwd, pattern))
        found = [pattern] if literal else _matching(pattern, cwd)
        matched: list[str] = []
        for name in sorted(found, key=_natural):
            matched += _files_of(name, cwd, deeper)
        if not matched:
            raise InputError(
                f"no input files in {pattern}"
                if literal
                else f"no such input: {pattern}{hidden(Path(cwd, pattern))}"
            )
        files += _once(matched)
    return files


def _once(names: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(names)


def _matching(pattern: str, cwd: str) -> list[str]:
    """The names that the glob *pattern* stands for; InputError for a directory it cannot look into.

    The glob of Python, as that of a shell, passes over such a directory, whose data would be
    missing without a word.
    """
    parts = pattern.split("/")
    magic = [number for number, part in enumerate(parts) if glob.has_magic(part)]
    for number in range(magic[0], len(parts)) if magic else ():
        # "**" looks into all directories below, each other part into those above it.
        above = parts[: number + 1] if parts[number] == "**" else parts[:number]
        needed = os.R_OK | os.X_OK if number in magic else os.X_OK
        for name in _globbed("/".join(above) or "/", cwd) if above else [os.curdir]:
            _check_open(name, cwd, needed)
    return _globbed(pattern, cwd)


def _globbed(pattern: str, cwd: str) -> list[str]:
    return glob.glob(pattern, root_dir=cwd, recursive=True)


def _check_open(name: str, cwd: str, needed: int) -> None:
    """Raise InputError if *name* is a directory without the permissions *needed* (os.access)."""
    path = os.path.join(cwd, name)
    effective = os.access in os.supports_effective_ids
    if os.path.isdir(path) and not os.access(path, needed, effective_ids=effective):
        raise InputError(f"cannot read the directory {name}: Permission denied")


def _named_in_hdfs(pattern: str, deeper: Callable[[str], None] | None) -> list[str]:
    """The files that *pattern* names in HDFS; InputError for none."""
    from hadoopless.hdfs import listing  # only here: few jobs read HDFS

    found, literal = listing.matching(pattern)
    files: list[str] = []
    for entry in sorted(found, key=lambda entry: _natural(entry.name)):
        if not entry.is_directory:
            files.append(entry.name)
            continue
        inside = [(one.name, one.is_directory) for one in _entries_in_hdfs(entry.name)]
        files += _shown(inside, deeper)
    if not files:
        raise InputError(f"no input files in {pattern}" if literal else f"no such input: {pattern}")
    return files


def _entries_in_hdfs(directory: str) -> list[Entry]:
    from hadoopless.hdfs import files  # only here: few jobs read HDFS

    return files.entries(HdfsName(directory))


def _files_of(name: str, cwd: str, deeper: Callable[[str], None] | None) -> list[str]:
    """*name*, or what it stands for if it is a directory.

    A link to nowhere or a pipe in a directory is named like any file. It is refused later: nobody
    would notice that its data is missing.
    """
    path = Path(cwd, name)
    if not os.path.isdir(path):
        return [name]
    inside = [(os.path.join(name, entry), is_directory) for entry, is_directory in _scanned(path)]
    return _shown(inside, deeper)


def _shown(inside: Iterable[tuple[str, bool]], deeper: Callable[[str], None] | None) -> list[str]:
    """The names of files in a directory, in their order; *deeper* is given those of directories.

    *inside* holds the names, each with True if it is a directory. Hidden ones are left out.
    """
    files = []
    for name, is_directory in sorted(inside, key=lambda one: _natural(one[0])):
        if os.path.basename(name).startswith(("_", ".")):
            continue
        if not is_directory:
            files.append(name)
        elif deeper is not None:
            deeper(name)
    return files


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError as error:
        raise InputError(f"cannot read the directory {directory}: {error.strerror}") from error


def _scanned(directory: Path) -> list[tuple[str, bool]]:
    """The names in *directory*, each with True if it is itself a directory."""
    try:
        with os.scandir(directory) as entries:
            return [(entry.name, entry.is_dir()) for entry in entries]
    except OSError as error:
        raise InputError(f"cannot read the directory {directory}: {error.strerror}") from error


def plan_splits(
    paths: Iterable[str],
    cwd: str,
    split_size: int | None,
    look: Callable[[str, bytes], None] | None = None,
) -> tuple[Split, ...]:
    """One split a file; or, with *split_size* in bytes, large files cut at the ends of lines.

    A last piece of up to a tenth more than *split_size* is not cut again (Hadoop's SPLIT_SLOP).
    *look* is given the name and the first bytes of each input. Raises InputError for what cannot be
    read, and what *look* raises.
    """
    splits: list[Split] = []
    for path in paths:
        try:
            splits += _splits_of(path, cwd, split_size, look)
        except OSError as error:
            raise InputError(f"cannot read the input {path}: {error.strerror}") from error
    return tuple(splits)


def _splits_of(
    path: str, cwd: str, split_size: int | None, look: Callable[[str, bytes], None] | None
) -> Iterator[Split]:
    with open_file(path, located(cwd, path)) as file:
        if look is not None:
            look(path, file.read(LOOK))
        size = file.seek(0, os.SEEK_END)
        if split_size is None or is_compressed(path) or size <= 1.1 * split_size:
            yield Split(path)
            return
        start = 0
        while start < size:
            end = size
            if size - start > 1.1 * split_size:
                file.seek(start + split_size - 1)
                end = start + split_size - 1 + _rest_of_line(file)
            yield Split(path, start, end - start)
            start = end


def check_covered(inputs: Iterable[str], splits: Iterable[Split]) -> None:
    """Raise InputChanged unless *splits*, which are pinned, hold each byte of the files *inputs*.

    A file that grew between the look at its size and its cutting would lose its end. A file may be
    named more than once: it is read so often.
    """
    splits = tuple(splits)
    named = Counter(inputs)
    begun = Counter(piece.path for split in splits for piece in split.pieces if piece.start == 0)
    for path in (named | begun) if named != begun else ():
        if named[path] != begun[path]:
            raise InputError(
                f"the input {path} was named {named[path]} time(s), and would be read"
                f" {begun[path]} time(s)"
            )
    wanted: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for piece in (piece for split in splits for piece in split.pieces):
        if piece.length is not None and piece.state is not None and not is_compressed(piece.path):
            wanted[piece.path] += piece.state.size if piece.start == 0 else 0
            held[piece.path] += piece.length
    for path in held:
        if held[path] != wanted[path]:
            raise InputChanged(
                f"the input {path} has changed while the job was planned; run the job again when"
                " nobody writes to it any more"
            )


def _rest_of_line(file: IO[bytes]) -> int:
    """Count the bytes up to and with the next NL, or to the end; reads bounded pieces."""
    count = 0
    while piece := file.readline(_PIECE):
        count += len(piece)
        if piece.endswith(b"\n"):
            break
    return count


def whole_lines(split: Split, cwd: str) -> Split:
    """The lines that begin within *split*, a stretch of one uncompressed file; maybe none.

    Raises InputError.
    """
    if split.length is None or is_compressed(split.path):
        return split
    start, end = split.start, split.start + split.length
    try:
        with open_file(split.path, located(cwd, split.path)) as file:
            start, end = (_next_line(file, place) for place in (start, end))
    except OSError as error:
        raise InputError(f"cannot read the input {split.path}: {error.strerror}") from error
    return Split(split.path, start, max(0, end - start))


def _next_line(file: IO[bytes], place: int) -> int:
    """The place of the first line that begins at *place* or later."""
    if place == 0:
        return 0
    file.seek(place - 1)
    return place - 1 + _rest_of_line(file)


def combine_small(splits: Iterable[Split], cwd: str, most: int) -> tuple[Split, ...]:
    """Join neighbours of *splits* up to *most* bytes; all stay in their order.

    Raises InputError.
    """
    groups: list[list[Split]] = []
    size = most
    for split in splits:
        length = split_size(split, cwd)
        if groups and size + length <= most:
            groups[-1].append(split)
            size += length
        else:
            groups.append([split])
            size = length
    return tuple(map(Split.of, groups))
