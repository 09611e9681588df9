"""Finds, checks and names the files that options and properties ship to tasks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from urllib.parse import unquote

from hadoopless.filesystem import anywhere
from hadoopless.filesystem.paths import FileSystems, Place
from hadoopless.java.values import split
from hadoopless.streaming.exits import ILLEGAL_ARGUMENT, crash, failure, or_crash, refusal
from hadoopless.streaming.notices import Notice, error, warning
from hadoopless.streaming.request import Shipped

_NOT_FOUND = "java.io.FileNotFoundException"
_EMPTY = f"{ILLEGAL_ARGUMENT}: File name can't be empty string"


def listed(file_systems: FileSystems, text: str | None) -> tuple[Shipped, ...]:
    """The files in a list like ``a.py,dir/b.txt#name``; each must be there."""
    if text is None:
        return ()
    return tuple(_shipped(*_found(file_systems, word)) for word in _words(text))


def listed_jars(
    file_systems: FileSystems, text: str | None, notices: list[Notice]
) -> tuple[Shipped, ...]:
    """The jars in a list; ``dir/*`` stands for all jars in a directory."""
    found: list[Shipped] = []
    for word in _words(text) if text is not None else ():
        if not word.endswith("*"):
            found.append(_shipped(*_found(file_systems, word)))
            continue
        place, _ = _found(file_systems, word[:-1] or ".")
        if not os.path.isdir(place.file):
            raise crash(f"{_NOT_FOUND}: {place.text} is not a directory.")
        jars = sorted(name for name in os.listdir(place.file) if name.lower().endswith(".jar"))
        if not jars:
            ignored = f"{place.text} does not have jars in it. It will be ignored."
            notices.append(warning(ignored, "util.GenericOptionsParser"))
        found.extend(Shipped(os.path.join(place.file, jar), jar) for jar in jars)
    if text is not None and not found:
        raise crash(f"{ILLEGAL_ARGUMENT}: Path {text} cannot be empty.")
    return tuple(found)


def single_files(file_systems: FileSystems, words: Sequence[str]) -> tuple[Shipped, ...]:
    """The files of the deprecated ``-file``."""
    found: list[Shipped] = []
    for word in words:
        place = or_crash(lambda word=word: file_systems.local_place(word))  # type: ignore[misc]
        if not os.path.exists(place.file):
            raise refusal(f"File: {place.name} does not exist.")
        if not os.access(place.file, os.R_OK):
            raise refusal(f"File: {place.name} is not readable.")
        found.append(Shipped(place.file, place.base))
    return tuple(found)


def check_token_file(file_systems: FileSystems, word: str | None) -> None:
    """The file of ``-tokenCacheFile`` must be there; nothing here asks for what is in it."""
    if word is not None:
        place = or_crash(lambda: file_systems.local_place(word))
        if not os.path.exists(place.file):
            raise crash(f"{_NOT_FOUND}: File {place.name} does not exist")


def cached(
    file_systems: FileSystems, files: Sequence[str], archives: Sequence[str]
) -> tuple[tuple[Shipped, ...], tuple[Shipped, ...]]:
    """The files that the deprecated ``-cacheFile`` and ``-cacheArchive`` name as ``path#name``."""
    kinds = [[one for word in words for one in split(word, ",")] for words in (files, archives)]
    names = [one.rpartition("#")[2].lower() for words in kinds for one in words]
    if len(set(names)) < len(names) or not all("#" in one for words in kinds for one in words):
        raise refusal(
            "You need to specify the uris as scheme://path#linkname,"
            "Please specify a different link name for all of your caching URIs"
        )
    first, second = (tuple(_cached(file_systems, one) for one in words) for words in kinds)
    return first, second


def configured(file_systems: FileSystems, text: str) -> tuple[Shipped, ...]:
    """The files that a property names (mapreduce.job.cache.files), ``path#name`` or ``path``."""
    return tuple(_cached(file_systems, word) for word in text.split(",") if word)


def _cached(file_systems: FileSystems, word: str) -> Shipped:
    path, _, name = word.partition("#")
    place = or_crash(lambda: file_systems.place(path))
    if not or_crash(lambda: anywhere.exists(place.file)):
        text = f"Error launching job , bad input path : File {word} does not exist"
        raise failure(error(text), code=2)
    return _shipped(place, name)


def _words(text: str) -> list[str]:
    words = split(text, ",")
    if not words or not all(words):
        raise crash(_EMPTY)
    return words


def _found(file_systems: FileSystems, word: str) -> tuple[Place, str]:
    """The file that *word* names, and its name for the tasks if *word* says one."""
    path, mark, name = word.partition("#")
    if "#" in name:
        wrong = f"Illegal character in fragment at index {word.rindex('#')}: {word}"
        raise crash(f"{ILLEGAL_ARGUMENT}: java.net.URISyntaxException: {wrong}")
    if mark and not name:
        raise crash(f"{ILLEGAL_ARGUMENT}: Can not create a Path from an empty string ({word})")
    path = path or "."
    place = or_crash(lambda: file_systems.local_place(path))
    if not or_crash(lambda: anywhere.exists(place.file)) and "%" in path:
        # For Hadoop the word is a URI.
        place = or_crash(lambda: file_systems.local_place(unquote(path)))
    if not or_crash(lambda: anywhere.exists(place.file)):
        raise crash(f"{_NOT_FOUND}: File {path} does not exist")
    return place, name


def _shipped(place: Place, name: str) -> Shipped:
    return Shipped(place.file, name or place.base)
