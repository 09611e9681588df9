"""The classes that the options of a job name: formats, readers, programs, partitioners."""

from __future__ import annotations

import os
from typing import NoReturn

from hadoopless.streaming.classes.catalog import find_class
from hadoopless.streaming.classes.formats import (
    KEY_VALUE_INPUT,
    SEQUENCE_AS_TEXT_INPUT,
    SEQUENCE_INPUT,
    STREAM_INPUT,
    TEXT_INPUT,
    TEXT_OUTPUT,
)
from hadoopless.streaming.exits import crash, refusal
from hadoopless.streaming.notices import warning
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass

_SHORT_NAMES = {
    name.rpartition(".")[2]: name
    for name in (TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT)
}
#: -inputreader turns these into StreamInputFormat, but not the others.
_GIVE_WAY = (KEY_VALUE_INPUT, SEQUENCE_INPUT)


def input_format(word: str | None, with_reader: bool) -> str:
    """The class of -inputformat *word*, beside an -inputreader or without one."""
    if word is None:
        return STREAM_INPUT if with_reader else TEXT_INPUT
    name = _SHORT_NAMES.get(word, word)
    if name in _SHORT_NAMES.values():
        return STREAM_INPUT if with_reader and name in _GIVE_WAY else name
    return find_class(word) or _not_found("-inputformat : class not found :", word)


def output_format(word: str | None) -> str:
    """The class of -outputformat *word*."""
    if word is None:
        return TEXT_OUTPUT
    return find_class(word) or _not_found("-outputformat : class not found :", word)


def input_reader(word: str) -> str:
    """The class of -inputreader *word*."""
    return find_class(word) or _not_found("-inputreader: class not found:", word)


def program(word: str) -> CommandOrClass:
    """The command or the class that *word* of -mapper, -combiner or -reducer names."""
    return CommandOrClass(word, find_class(word))


def configured_program(configuration: Configuration, key: str) -> CommandOrClass | None:
    """The class that the property *key* names, None when it names none."""
    word = configuration.get(key)
    if not word:
        return None
    name = find_class(word, None)
    if name is None:
        raise crash(
            "java.lang.RuntimeException: java.lang.ClassNotFoundException: "
            f"Class {word} not found (property {key})"
        )
    return CommandOrClass(word, name)


def partitioner(word: str, cwd: str, shipped: set[str]) -> CommandOrClass:
    """The class of -partitioner *word*, or else a program: ``./x``, or a file that can be run."""
    name = find_class(word)
    if name is None and not _may_run(word, cwd, shipped):
        _not_found("-partitioner : class not found :", word)
    return CommandOrClass(word, name)


def _may_run(word: str, cwd: str, shipped: set[str]) -> bool:
    prog = word.partition(" ")[0]
    path = os.path.join(cwd, prog)
    return (
        prog.startswith("./")
        or prog in shipped
        or (bool(prog) and os.path.isfile(path) and os.access(path, os.X_OK))
    )


def _not_found(words: str, name: str) -> NoReturn:
    end = refusal(f"{words} {name}")
    package, _, simple = name.rpartition(".")
    if simple[:1].isupper() and package and not package.startswith("org.apache.hadoop"):
        hint = f"{name}: classes in jars (-libjars) are not loaded, because there is no Java here"
        raise end.after((), (warning(hint),))
    raise end
