"""The tables of properties have each name in the code, as a whole, and no name that is not used."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.streaming.properties.deprecated import NEW_NAMES
from hadoopless.streaming.properties.property import Property
from hadoopless.streaming.properties.table import (
    OBEYED,
    PROPERTIES,
    SECTIONS,
    default_of,
    known_names,
    reason_to_ignore,
)
from hadoopless.streaming.properties.tables.ignored import HARMLESS, IGNORED
from tests.oracle import REPOSITORY

PACKAGE = REPOSITORY / "hadoopless"
PROPERTY_MODULES = PACKAGE / "streaming" / "properties"

#: The name of a property, or the beginning of one; not the end of a Java class, nor a logger, nor a
#: word of a script in Python (a call, or a name with an underscore in it).
NAME = re.compile(
    r"(?<![\w.$/])(?:mapred|mapreduce|stream|dfs|fs|yarn|num|aggregate|textinputformat|io)\."
    r"(?:(?=[a-z])(?![a-z]+_[a-z])[\w.*-]++(?!\()|(?!\w))"
)


def literals(path: Path) -> Iterator[tuple[str, bool]]:
    """The texts in a module's code, and whether each is put together with others."""
    tree = ast.parse(path.read_bytes())
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and isinstance(node.body[0], ast.Expr)
    }
    pieces = {
        id(piece)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr | ast.BinOp)
        for piece in ast.iter_child_nodes(node)
    }
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in documentation:
            yield str(ast.literal_eval(node)), id(node) in pieces


def code() -> list[Path]:
    """All modules but the tables themselves, and those for settings that no job has."""
    others = {PROPERTY_MODULES / "deprecated.py", *(PROPERTY_MODULES / "tables").glob("*.py")}
    others |= set((PACKAGE / "hdfs").glob("*.py"))
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path not in others]


def is_known(name: str) -> bool:
    return name in PROPERTIES or name in NEW_NAMES or reason_to_ignore(name) is not None


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_in_the_code_are_whole_and_in_the_tables(path: Path):
    for text, is_piece in literals(path):
        for match in NAME.finditer(text):
            if match[0].endswith("."):
                ends_a_sentence = match.start() > 0 and not is_piece
                assert ends_a_sentence, f"{match[0]} is only the beginning of a name"
                continue
            assert is_known(match[0]), f"{match[0]} is in no table"
            at_the_end = is_piece and match.end() == len(text)
            assert not at_the_end, f"{match[0]} may go on with what follows"


@pytest.mark.parametrize("one", OBEYED.values(), ids=lambda one: one.name)
def test_each_property_is_read_where_its_row_says(one: Property):
    texts = [text for text, _ in literals(PACKAGE / one.where)]
    # No configuration has the properties that only tasks know: they are set as variables.
    assert one.name in texts or re.sub(r"\W", "_", one.name) in texts


def test_no_property_is_in_two_tables():
    names = [one.name for properties in SECTIONS.values() for one in properties]
    names += [one.name for one in (*IGNORED, *HARMLESS)]
    assert sorted(names) == sorted(set(names))
    assert not set(names) & NEW_NAMES.keys(), "the tables have the names of today"


def test_only_what_is_obeyed_is_read_somewhere():
    assert all(one.where and one.meaning.endswith(".") for one in OBEYED.values())
    assert not any(one.where or one.meaning.endswith(".") for one in (*IGNORED, *HARMLESS))


def test_what_is_obeyed_is_not_told_as_ignored():
    assert reason_to_ignore("dfs.permissions") is not None
    assert [name for name in OBEYED if reason_to_ignore(name) is not None] == []
    for name in ("mapred.reduce.tasks", "stream.map.output", "mapred.map.tasks", "my.own"):
        assert reason_to_ignore(name) is None


def test_old_names_of_what_is_ignored_are_ignored():
    assert reason_to_ignore("io.sort.mb") == reason_to_ignore("mapreduce.task.io.sort.mb")
    assert reason_to_ignore("mapred.reduce.parallel.copies") == "the shuffle has no settings"


def test_defaults_are_known_by_both_names():
    assert default_of("mapred.reduce.tasks") == default_of("mapreduce.job.reduces") == "1"
    assert default_of("stream.map.output.field.separator") == "\t"
    assert default_of("my.own") == ""


def test_known_names_are_whole():
    assert {"mapred.reduce.tasks", "mapreduce.job.reduces", "io.sort.mb"} <= known_names()
    assert not [name for name in known_names() if "*" in name]
