"""The table of Hadoop's counters: it names all that workers count, and no group twice."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from hadoopless.hadoop_counters import FORMAT_GROUPS, FRAMEWORK_GROUPS, OLD_GROUPS, TASK_GROUP
from tests.oracle import REPOSITORY


def counted_by_workers() -> Iterator[str]:
    """The literal names in all calls of a method ``count`` in the worker that name no group."""
    for path in (REPOSITORY / "hadoopless" / "worker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".count"):
                name = node.args[0]
                if len(node.args) > 2:
                    continue
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    yield name.value


def test_the_table_names_all_that_workers_count() -> None:
    names = set(counted_by_workers())
    assert "MAP_INPUT_RECORDS" in names
    assert names <= FRAMEWORK_GROUPS[TASK_GROUP][1].keys()


def test_old_names_lead_to_groups_of_today() -> None:
    today = FRAMEWORK_GROUPS.keys() | FORMAT_GROUPS.keys()
    assert set(OLD_GROUPS.values()) <= today
    assert not OLD_GROUPS.keys() & today


def test_no_group_shows_two_counters_by_one_name() -> None:
    for _, names in (*FRAMEWORK_GROUPS.values(), *FORMAT_GROUPS.values()):
        assert len(set(names.values())) == len(names)
