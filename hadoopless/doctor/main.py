"""``hadoopless doctor``: looks at this machine, the workers and programs, and changes nothing."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hadoopless.doctor.findings import SCHEMA, Finding, as_object, exit_code, told
from hadoopless.doctor.machine import on_this_machine
from hadoopless.doctor.options import new_parser
from hadoopless.doctor.programs import of_program
from hadoopless.doctor.workers import of_workers
from hadoopless.entry.directories import current_directory
from hadoopless.entry.settings import naming_sources, parse_all
from hadoopless.entry.telling import failed, tell
from hadoopless.errors import MapReduceError, UsageError
from hadoopless.wire import addresses, tls, tokens
from hadoopless.wire.inventory import chosen_inventory


def main(arguments: Sequence[str], inventory: Mapping[str, Any]) -> int:
    """Print all findings; returns the exit code of the process."""
    as_json = "--json" in arguments  # also where the options are wrong
    try:
        options = parse_all(new_parser(), arguments, "doctor")
        with naming_sources(options):
            findings = _examined(options, inventory)
    except MapReduceError as error:
        return failed("hadoopless doctor", "doctor", SCHEMA, error, as_json=as_json)
    tell(json.dumps(as_object(findings)) if as_json else told(findings))
    return exit_code(findings)


def _examined(options: argparse.Namespace, inventory: Mapping[str, Any]) -> list[Finding]:
    if options.shared is not None and not os.path.isdir(options.shared):
        raise UsageError(f"--shared: there is no directory {options.shared}")
    tokens.take()
    tls.begin(vars(options))
    inventory = chosen_inventory(options, inventory)
    cwd = current_directory()
    shared = None if options.shared is None else Path(cwd, options.shared)
    return list(_all(options.programs, options, cwd, shared, inventory))


def _all(
    programs: Sequence[str],
    options: Any,
    cwd: str,
    shared: Path | None,
    inventory: Mapping[str, Any],
) -> Iterator[Finding]:
    yield from on_this_machine(options.spillDir)
    needed = options.workers is not None or addresses.choice_in_environment() == "inventory"
    urls = addresses.wanted_urls(options.workers, inventory)
    yield from of_workers(urls, shared, needed=needed)
    for program in programs:
        yield of_program(program, cwd)
