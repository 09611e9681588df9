"""Hosts of the blocks of inputs in HDFS, on which Spark prefers to run their map tasks.

Spark's own JVM tells them, as the library for HDFS does not. Hosts only save time: where they
cannot be had, the job runs without them.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from hadoopless.hdfs.names import HdfsName, Settings, is_hdfs
from hadoopless.job import JobSpec, Split

#: So many hosts of a task are told, as Hadoop tells them.
_MOST = 3

_log = logging.getLogger(__name__)

#: A block: where it begins and ends in its file, and its hosts.
Block = tuple[int, int, tuple[str, ...]]


def hosts_of(context: Any, spec: JobSpec) -> list[list[str]]:
    """The hosts for each map task of *spec*, the best first; [] where none are known."""
    paths = {piece.path for split in spec.splits for piece in split.pieces if is_hdfs(piece.path)}
    if not paths:
        return []
    try:
        jvm, configuration = context._jvm, _configuration(context, spec.rules.hdfs)
        blocks = {path: _blocks(jvm, configuration, HdfsName(path)) for path in paths}
    except Exception as error:  # of any kind: Java's and Py4J's own
        _log.warning("no task can be put beside its data: %s", str(error).split("\n")[0])
        return []
    return [best(split, blocks) for split in spec.splits]


def best(split: Split, blocks: dict[str, list[Block]]) -> list[str]:
    """The hosts with most bytes of *split*, of which the files consist of *blocks*."""
    held: Counter[str] = Counter()
    for piece in split.pieces:
        end = None if piece.length is None else piece.start + piece.length
        for start, stop, hosts in blocks.get(piece.path, ()):
            common = (stop if end is None else min(stop, end)) - max(start, piece.start)
            for host in hosts if common > 0 else ():
                held[host] += common
    return [host for host, _ in held.most_common(_MOST)]


def numbers_at(context: Any, hosts: Sequence[Iterable[str]]) -> Any:
    """The RDD of the numbers of tasks, a partition for each, which prefers their *hosts*."""
    import pyspark
    from pyspark.serializers import BatchedSerializer, CPickleSerializer

    jvm = context._jvm
    pickle = CPickleSerializer()
    rows = jvm.java.util.ArrayList()
    for number, names in enumerate(hosts):
        row = jvm.java.util.ArrayList()
        for name in names:
            row.add(name)
        # PySpark hands bytes to its processes, each of which is a pickled list.
        data = bytearray(pickle.dumps([number]))
        rows.add(jvm.scala.Tuple2(data, _sequence(jvm, row)))
    kind = jvm.scala.reflect.ClassTag.apply(jvm.java.lang.Class.forName("[B"))
    rdd = context._jsc.sc().makeRDD(_sequence(jvm, rows), kind)
    return pyspark.RDD(rdd.toJavaRDD(), context, BatchedSerializer(pickle, 1))


def _sequence(jvm: Any, rows: Any) -> Any:
    return jvm.org.apache.spark.api.python.PythonUtils.toSeq(rows)


def _configuration(context: Any, settings: Settings) -> Any:
    configuration = context._jvm.org.apache.hadoop.conf.Configuration(
        context._jsc.hadoopConfiguration()
    )
    for name, value in settings:
        configuration.set(name, value)
    return configuration


def _blocks(jvm: Any, configuration: Any, name: HdfsName) -> list[Block]:
    path = jvm.org.apache.hadoop.fs.Path("hdfs", name.authority, name.path)
    system = path.getFileSystem(configuration)
    found = system.getFileBlockLocations(system.getFileStatus(path), 0, 1 << 62)
    return [
        (block.getOffset(), block.getOffset() + block.getLength(), tuple(block.getHosts()))
        for block in found
    ]
