"""Started by launch.sh: runs a launcher's command with the package that this directory goes with.

In a checkout, the package lies beside this directory. In an installed package, this directory lies
in the package.
"""

import os
import sys

_home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_is_checkout = os.path.isdir(os.path.join(_home, "hadoopless"))
sys.path.insert(0, _home if _is_checkout else os.path.dirname(os.path.dirname(_home)))

from hadoopless.entry import startup  # noqa: E402 - only now it can be found

if __name__ == "__main__":
    startup.begin(sys.argv[1])
    from hadoopless.entry import interpreter  # what takes time comes after begin()

    interpreter.ensure(sys.argv[1], packages=("msgspec",))  # the file commands need no more
    from hadoopless.hadoop_commands import main

    startup.run(lambda: main(sys.argv[1], sys.argv[2:]))
