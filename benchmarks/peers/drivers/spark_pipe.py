"""A job of programs on PySpark: RDD.pipe, a sort by key inside of partitions, RDD.pipe."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from typing import cast

from pyspark import SparkConf, SparkContext
from pyspark.rdd import portable_hash


def main() -> None:
    """Run the job that the command line tells of."""
    parser = argparse.ArgumentParser()
    for name in ("inputs", "output", "mapper", "reducer", "temporary"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--combiner")
    parser.add_argument("--maps", type=int, required=True)
    parser.add_argument("--reducers", type=int, required=True)
    parser.add_argument("--key-fields", type=int, required=True)
    options = parser.parse_args()
    conf = (
        SparkConf()
        .setMaster(f"local[{options.reducers}]")
        .setAppName("peer")
        .set("spark.ui.enabled", "false")
        .set("spark.driver.memory", "2g")
        .set("spark.local.dir", options.temporary)
    )
    context = SparkContext(conf=conf)
    context.setLogLevel("ERROR")
    lines = context.textFile(options.inputs, options.maps)
    if lines.getNumPartitions() > 4 * options.maps:
        lines = lines.coalesce(options.maps)
    mapped = lines.pipe(mapper_line(options), checkCode=True)
    pairs = mapped.keyBy(key_of(options.key_fields))
    ordered = pairs.repartitionAndSortWithinPartitions(
        options.reducers, partitionFunc=placed_by(options.key_fields)
    )
    ordered.values().pipe(options.reducer, checkCode=True).saveAsTextFile(options.output)
    context.stop()


def mapper_line(options: argparse.Namespace) -> str:
    """The mapper, with a sort and the combiner behind it if there is one."""
    if options.combiner is None:
        return str(options.mapper)
    line = f"{options.mapper} | LC_ALL=C sort -s -k1,1 -t $'\\t' | {options.combiner}"
    return shlex.join(["bash", "-o", "pipefail", "-c", line])


def key_of(fields: int) -> Callable[[str], object]:
    """A function from a line to the key that it is sorted by."""
    if fields == 1:
        return lambda line: line.partition("\t")[0]
    return lambda line: tuple(line.split("\t", fields)[:fields])


def placed_by(fields: int) -> Callable[[object], int]:
    """A function from a key to the hash of its first field, which chooses its partition."""
    if fields == 1:
        return cast(Callable[[object], int], portable_hash)
    return lambda key: cast(int, portable_hash(cast(tuple[str, ...], key)[0]))


if __name__ == "__main__":
    main()
