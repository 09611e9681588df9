"""Reads the inventory that a user names: the URLs of workers, or a file that has them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

from hadoopless.errors import InputError, UsageError
from hadoopless.wire.addresses import ENVIRONMENT, inventory_urls, parse_urls

_LARGEST = 1 << 20


def chosen_inventory(options: argparse.Namespace, usual: Mapping[str, Any]) -> Mapping[str, Any]:
    """The names and URLs of the inventory that *options* name; *usual* where they name none.

    One that was typed is stronger than the environment, one of a file with settings is not. Called
    once TLS has begun. Raises UsageError, InputError.
    """
    wanted: str | None = options.inventory
    if wanted is None:
        return usual
    if "inventory" not in options.sources:
        os.environ.pop(ENVIRONMENT, None)
    return {"WORKERS": _urls(wanted)}


def _urls(wanted: str) -> tuple[str, ...]:
    if "://" in wanted:
        return parse_urls(wanted, "--inventory")
    if not wanted:
        raise UsageError("--inventory is empty; is a variable unset?")
    path = os.path.expanduser(wanted)
    source = f"--inventory: {wanted}"
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError(f"{source} cannot be read: {reason or error}") from error
    if len(data) > _LARGEST:
        raise InputError(f"{source} is larger than 1 MB, so it is no inventory")
    return _of_module(path, data, source) if path.endswith(".py") else _of_lines(data, source)


def _of_lines(data: bytes, source: str) -> tuple[str, ...]:
    """The URLs of a file that has one in each line; from # on it is a comment."""
    lines = [line.partition("#")[0] for line in data.decode("utf-8", "replace").splitlines()]
    return parse_urls(",".join(lines), source)


def _of_module(path: str, data: bytes, source: str) -> tuple[str, ...]:
    """The URLs in the namespace of a file like inventory.py."""
    names: dict[str, Any] = {"__name__": "inventory", "__file__": path}
    try:
        exec(compile(data, path, "exec"), names)  # noqa: S102 - the user names it to be run
    except (Exception, SystemExit) as error:
        raise UsageError(f"{source}: {type(error).__name__}: {error}") from error
    return inventory_urls(names, source)
