"""The bytes of a split, as a program is fed them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from hadoopless.data.input.raw import open_split
from hadoopless.job import Split


def fed(split: Split, path: Path) -> bytes:
    """The bytes that a program reads from its stdin."""
    source = open_split(split, lambda _: path)
    if isinstance(source, int):
        with os.fdopen(source, "rb") as file:
            return file.read()
    read_end, write_end = os.pipe()
    received: list[bytes] = []

    def receive() -> None:
        with os.fdopen(read_end, "rb") as pipe:
            received.append(pipe.read())

    program = threading.Thread(target=receive)
    program.start()
    try:
        source(write_end)
    finally:
        os.close(write_end)
        program.join()
    return received[0]
