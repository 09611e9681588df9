"""Started by launch.sh: runs a launcher's command with the modules beside this directory."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))

from hadoopless.entry import interpreter, startup

if __name__ == "__main__":
    startup.begin(sys.argv[1])
    interpreter.ensure(sys.argv[1], packages=("msgspec",))  # the file commands need no more
    from hadoopless.hadoop_commands import main

    startup.leave(main(sys.argv[1], sys.argv[2:]))
