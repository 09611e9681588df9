"""Finds the modules that a program of Python imports from the directory in which it lies."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator


def modules_beside(path: str) -> list[str]:
    """The modules and packages beside the program at *path* that it imports, also through others.

    A file that is no Python has none: it is not told here that its syntax is wrong.
    """
    directory = os.path.dirname(os.path.abspath(path))
    found: dict[str, None] = {}
    waiting = [path]
    while waiting:
        for name in _imported(waiting.pop()):
            for module in (os.path.join(directory, f"{name}.py"), os.path.join(directory, name)):
                if module in found or not _is_module(module):
                    continue
                found[module] = None
                waiting += _sources(module)
    return [module for module in found if module != os.path.abspath(path)]


def _is_module(path: str) -> bool:
    return os.path.isfile(path) if path.endswith(".py") else os.path.isdir(path)


def _sources(module: str) -> Iterator[str]:
    """The files of Python in *module*, a file or a package."""
    if not os.path.isdir(module):
        yield module
    for directory, _, names in os.walk(module):
        yield from (os.path.join(directory, name) for name in names if name.endswith(".py"))


def _imported(path: str) -> set[str]:
    """The first names of all that the file at *path* imports."""
    try:
        with open(path, "rb") as file:
            data = file.read()
        tree = ast.parse(data)
    except (OSError, SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    return names
