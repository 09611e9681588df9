"""The JSON objects of errors, as all commands with ``--json`` print them; see docs/json.md."""

from __future__ import annotations

from typing import Any

from hadoopless.errors import Cancelled, MapReduceError


def error_object(name: str, schema: int, error: MapReduceError) -> dict[str, Any]:
    """The object called *name* for an *error* that has kept it from being made."""
    return {
        "object": name,
        "schema": schema,
        "status": "cancelled" if isinstance(error, Cancelled) else "failed",
        "exitCode": error.exit_code,
        "error": {"kind": error.kind, "message": str(error)},
    }
