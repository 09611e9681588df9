"""``hadoopless version``: the version of this installation, and of what it stands on."""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Sequence

from hadoopless import __version__, installation
from hadoopless.entry.arguments import Parser
from hadoopless.entry.telling import tell

SCHEMA = 1


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog="hadoopless version",
        description="Print the version.",
        epilog="example:\n  hadoopless version --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def main(words: Sequence[str]) -> int:
    """Print the version; returns the exit code. Raises UsageError, DiskError."""
    options = new_parser().parse_args(words)
    if not options.json:
        tell(f"hadoopless {__version__}")
        return 0
    told = {
        "object": "version",
        "schema": SCHEMA,
        "status": "succeeded",
        "exitCode": 0,
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "installed": not installation.IS_CHECKOUT,
        "home": installation.HOME,
    }
    tell(json.dumps(told))
    return 0
