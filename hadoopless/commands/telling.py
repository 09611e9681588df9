"""Writes to stdout what a command has found, whatever stdout takes."""

from __future__ import annotations

import sys

from hadoopless.entry import streams
from hadoopless.errors import DiskError


def tell(text: str) -> None:
    """Write *text* and a newline to stdout; raises DiskError where it cannot be written.

    A character that the encoding of stdout lacks is shown escaped.
    """
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    if why := streams.lost(sys.stdout):
        raise DiskError(f"stdout cannot be written: {why}")
