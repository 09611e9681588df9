"""The line for a shell that runs a job on Spark by Spark's own launcher."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from hadoopless import installation
from hadoopless.engines.spark.session import MASTER, Choice
from hadoopless.entry.secrets import without_secret

_PYTHON = "spark.pyspark.python"
_DRY_RUN = "--dryRun"


def submit_line(choice: Choice, words: Sequence[str]) -> str:
    """The line that runs the subcommand *words* of this program, without ``--dryRun``.

    In place of a secret stands ``…``. A server of Spark Connect takes no program from
    ``spark-submit``, so that the line for one begins with Python itself.
    """
    program = os.path.join(installation.ABOVE, "hadoopless", "__main__.py")
    job = [program, *(word for word in words if word != _DRY_RUN)]
    if choice.connects:
        start = [sys.executable]
    else:
        start = ["spark-submit", "--master", choice.master]
        for name, value in sorted({_PYTHON: sys.executable, **choice.properties}.items()):
            start += [] if name == MASTER else ["--conf", f"{name}={value}"]
    return shlex.join(map(without_secret, [*start, *job]))
