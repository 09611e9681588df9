"""``python -m hadoopless`` is the command ``hadoopless``."""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    if not __package__:  # started by its path, as by a Python that has handed over to another one
        sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from hadoopless.commands.main import main

    main()
