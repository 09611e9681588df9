"""One of Hadoop's ready-made classes as a program: pairs on stdin, pairs on stdout.

Usage: ``python3 -I -S hadoopless/library/run.py CLASS [OPTION=VALUE ...]``, with percent-encoded
values, so that they hold neither blanks nor quotes. Where Java would throw an exception, the
program writes one line to stderr and ends with status 1. :mod:`hadoopless.library.pairs` has the
format of pairs.
"""

from __future__ import annotations

import sys

#: Class -> the module of this package and the function in it. Only that module is loaded.
PROGRAMS = {
    "IdentityMapper": ("plain", "identity"),
    "IdentityReducer": ("plain", "identity"),
    "InverseMapper": ("plain", "inverse"),
    "TokenCountMapper": ("plain", "token_count"),
    "LongSumReducer": ("plain", "long_sum"),
    "RegexMapper": ("matches", "regex_mapper"),
    "FieldSelectionMapper": ("fields", "field_mapper"),
    "FieldSelectionCombiner": ("fields", "field_combiner"),
    "FieldSelectionReducer": ("fields", "field_reducer"),
    "ValueAggregatorMapper": ("aggregate", "aggregate_mapper"),
    "ValueAggregatorCombiner": ("aggregate", "aggregate_combiner"),
    "ValueAggregatorReducer": ("aggregate", "aggregate_reducer"),
    # A partitioner reads keys, one a line, and no pairs; it is told the number of partitions.
    "LongPartitioner": ("plain", "long_partitioner"),
}

_BUFFER = 1 << 18


def main(words: list[str]) -> int:
    """Run the class that the first of *words* names; returns the exit status."""
    name, *options = words
    module, function = PROGRAMS[name]
    load = __import__(f"hadoopless.library.{module}", fromlist=[function])
    pairs = __import__("hadoopless.library.pairs", fromlist=["run"])
    with (
        open(0, "rb", _BUFFER, closefd=False) as stdin,
        open(1, "wb", _BUFFER, closefd=False) as stdout,
    ):
        status: int = pairs.run(getattr(load, function), stdin, stdout, options)
    return status


if __name__ == "__main__":
    # `-I` keeps the working directory out of the path: files of the job must not be imported.
    sys.path.insert(0, __file__.rpartition("/hadoopless/library/")[0])
    sys.exit(main(sys.argv[1:]))
