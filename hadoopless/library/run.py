"""One of Hadoop's ready-made classes as a program: pairs on stdin, pairs on stdout.

``python3 -I -S hadoopless/library/run.py CLASS [OPTION=VALUE ...]``, the values percent-encoded so
that they hold neither blanks nor quotes. What Java would throw is one line on stderr and status 1.
How pairs are written: :mod:`hadoopless.library.pairs`.
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
    # Not for pairs: a partitioner reads keys and is told how many partitions there are.
    "LongPartitioner": ("plain", "long_partitioner"),
}

_BUFFER = 1 << 18


def main(words: list[str]) -> int:
    """Run the class that *words* begin with; the exit status."""
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
    # `-I` keeps the working directory out of the path: what a job ships is not ours to import.
    sys.path.insert(0, __file__.rpartition("/hadoopless/library/")[0])
    sys.exit(main(sys.argv[1:]))
