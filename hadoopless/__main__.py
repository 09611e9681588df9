"""The program ``hadoopless``, also as ``python -m hadoopless``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the subcommand that the words of this process name, and end the process."""
    from hadoopless.entry import startup, typed  # only now they can be found, if started by path

    startup.begin(typed.COMMAND)
    from hadoopless.commands.main import run  # what takes time comes after begin()

    startup.run(lambda: run(sys.argv[1:]))


if __name__ == "__main__":
    if not __package__:  # started by its path, as by a Python that has handed over to another one
        sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    main()
