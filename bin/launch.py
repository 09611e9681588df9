"""Started by launch.sh: runs a launcher's command with the modules beside this directory."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from hadoopless.entry import startup


def open_streams() -> None:
    """Open what our parent has closed: no other file or socket may get its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r"))


if __name__ == "__main__":
    open_streams()
    startup.begin()
    from hadoopless.hadoop_commands import main

    startup.leave(main(sys.argv[1], sys.argv[2:]))
