"""Writes to stdout what a command has found; what cannot be written is an error of the command.

Errors are loaded only where there are any: they need a package that may not be installed, and help
is shown also then.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hadoopless.entry import streams
from hadoopless.visible import visible

if TYPE_CHECKING:
    from hadoopless.errors import MapReduceError


def tell(text: str) -> None:
    """Write *text* and a newline to stdout; raises DiskError where it cannot be written.

    A character that the encoding of stdout lacks is shown escaped.
    """
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))
    check_told()


def check_told() -> None:
    """Raise DiskError where something that was written to stdout is lost.

    A reader that has gone is no error: it has what it wanted.
    """
    sys.stdout.flush()
    if why := streams.lost(sys.stdout):
        from hadoopless.errors import DiskError

        raise DiskError(f"stdout cannot be written: {why}")


def failed(program: str, name: str, schema: int, error: MapReduceError, *, as_json: bool) -> int:
    """Tell of the *error* that has ended *program*, in one line; returns the exit code.

    With *as_json* it is told as an object called *name* on stdout, too.
    """
    print(f"{program}: {visible(str(error))}", file=sys.stderr)
    if as_json:
        import json

        from hadoopless.errors import DiskError

        with suppress(DiskError):  # one line of trouble is told already
            tell(json.dumps(error_object(name, schema, error)))
    return error.exit_code


def error_object(name: str, schema: int, error: MapReduceError) -> dict[str, Any]:
    """The object called *name* for an *error* that has kept it from being made: docs/json.md."""
    from hadoopless.errors import Cancelled

    return {
        "object": name,
        "schema": schema,
        "status": "cancelled" if isinstance(error, Cancelled) else "failed",
        "exitCode": error.exit_code,
        "error": {"kind": error.kind, "message": str(error)},
    }
