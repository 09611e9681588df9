"""After the warm-up no task waits for a compiler."""

from __future__ import annotations

import subprocess
import sys

from tests.oracle import REPOSITORY

#: Prints the kernels that are not ready, or are so more than once. Those that only others call are
#: parts of these.
SCRIPT = """
import importlib
from mapreduce.data.warm_up import warm_up
warm_up()
for name in ("sort", "merge", "key", "partition", "frame", "pair", "record"):
    suffix = "kernel" if name == "merge" else "kernels"
    module = importlib.import_module(f"mapreduce.data.{name}_{suffix}")
    for name, value in vars(module).items():
        options = getattr(value, "targetoptions", {})
        called = "nogil" in options and not options.get("forceinline") and name[0] != "_"
        if called and len(value.signatures) != 1:
            print(module.__name__, name, len(value.signatures))
"""


def test_every_kernel_is_ready() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True
    )
    assert done.stdout.decode() == ""
