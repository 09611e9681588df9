"""Which of Hadoop's classes the options of a job name: formats, readers, programs, partitioners."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

from hadoopless.streaming.notices import crash, refusal, warning
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import Program

#: The full name of the class that a word means, or None when there is none. Its second argument
#: is the package of words without a dot.
ClassFinder = Callable[[str, "str | None"], "str | None"]

DEFAULT_PACKAGE = "org.apache.hadoop.streaming"
_MAPRED = "org.apache.hadoop.mapred"

TEXT_INPUT = f"{_MAPRED}.TextInputFormat"
KEY_VALUE_INPUT = f"{_MAPRED}.KeyValueTextInputFormat"
SEQUENCE_INPUT = f"{_MAPRED}.SequenceFileInputFormat"
SEQUENCE_AS_TEXT_INPUT = f"{_MAPRED}.SequenceFileAsTextInputFormat"
N_LINE_INPUT = f"{_MAPRED}.lib.NLineInputFormat"
COMBINE_INPUT = f"{_MAPRED}.lib.CombineTextInputFormat"
AUTO_INPUT = f"{DEFAULT_PACKAGE}.AutoInputFormat"
STREAM_INPUT = f"{DEFAULT_PACKAGE}.StreamInputFormat"
XML_READER = f"{DEFAULT_PACKAGE}.StreamXmlRecordReader"
TEXT_OUTPUT = f"{_MAPRED}.TextOutputFormat"
NULL_OUTPUT = f"{_MAPRED}.lib.NullOutputFormat"
MULTIPLE_TEXT_OUTPUT = f"{_MAPRED}.lib.MultipleTextOutputFormat"
LAZY_OUTPUT = f"{_MAPRED}.lib.LazyOutputFormat"

IDENTITY_REDUCER = f"{_MAPRED}.lib.IdentityReducer"
AGGREGATE_REDUCER = f"{_MAPRED}.lib.aggregate.ValueAggregatorReducer"
AGGREGATE_COMBINER = f"{_MAPRED}.lib.aggregate.ValueAggregatorCombiner"

_SHORT_NAMES = {
    name.rpartition(".")[2]: name
    for name in (TEXT_INPUT, KEY_VALUE_INPUT, SEQUENCE_INPUT, SEQUENCE_AS_TEXT_INPUT)
}
#: -inputreader turns these into StreamInputFormat, but not the others.
_GIVE_WAY = (KEY_VALUE_INPUT, SEQUENCE_INPUT)


def input_format(find: ClassFinder, word: str | None, with_reader: bool) -> str:
    """The class of -inputformat *word*, beside an -inputreader or without one."""
    if word is None:
        return STREAM_INPUT if with_reader else TEXT_INPUT
    name = _SHORT_NAMES.get(word, word)
    if name in _SHORT_NAMES.values():
        return STREAM_INPUT if with_reader and name in _GIVE_WAY else name
    return find(word, DEFAULT_PACKAGE) or _not_found("-inputformat : class not found :", word)


def output_format(find: ClassFinder, word: str | None) -> str:
    """The class of -outputformat *word*."""
    if word is None:
        return TEXT_OUTPUT
    return find(word, DEFAULT_PACKAGE) or _not_found("-outputformat : class not found :", word)


def input_reader(find: ClassFinder, word: str) -> str:
    """The class of -inputreader *word*."""
    return find(word, DEFAULT_PACKAGE) or _not_found("-inputreader: class not found:", word)


def program(find: ClassFinder, word: str) -> Program:
    """What -mapper, -combiner or -reducer *word* names."""
    return Program(word, find(word, DEFAULT_PACKAGE))


def configured_program(find: ClassFinder, configuration: Configuration, key: str) -> Program | None:
    """The class that the property *key* names, None when it names none."""
    word = configuration.get(key)
    if not word:
        return None
    name = find(word, None)
    if name is None:
        raise crash(
            "java.lang.RuntimeException: java.lang.ClassNotFoundException: "
            f"Class {word} not found (property {key})"
        )
    return Program(word, name)


def partitioner(find: ClassFinder, word: str, cwd: str, shipped: set[str]) -> Program:
    """The class of -partitioner *word*, or else a program: ``./x``, or a file that can be run."""
    name = find(word, DEFAULT_PACKAGE)
    if name is None and not _may_run(word, cwd, shipped):
        _not_found("-partitioner : class not found :", word)
    return Program(word, name)


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
