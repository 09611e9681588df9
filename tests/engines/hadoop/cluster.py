"""A real HDFS and a real YARN on this machine, in one JVM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hadoop.home import OPENED, make_home
from tests.hadoop.in_java import running_source
from tests.hadoop.maven import cluster_jars

_SOURCE = Path(__file__).with_name("Cluster.java")
#: Seconds until both are there.
_PATIENCE = 180.0


def _properties(place: Path, lib: Path) -> dict[str, str]:
    opened = " ".join(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED)
    return {
        "hadoop.tmp.dir": f"{place}/tmp",
        "hdfs.minidfs.basedir": f"{place}/dfs",
        "yarn.app.mapreduce.am.staging-dir": f"{place}/staging",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.9",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.app.mapreduce.am.resource.mb": "512",
        "mapreduce.map.memory.mb": "512",
        "mapreduce.reduce.memory.mb": "512",
        "yarn.application.classpath": f"{lib}/*",
        "mapreduce.application.classpath": f"{lib}/*",
        "yarn.app.mapreduce.am.command-opts": f"-Xmx400m {opened}",
        "mapred.child.java.opts": f"-Xmx300m {opened}",
    }


@contextmanager
def running_cluster(place: Path) -> Iterator[Path]:
    """The home of a Hadoop whose cluster runs in the new directory *place*; raises Unavailable."""
    lib = cluster_jars()
    place.mkdir()
    site = place / "site.xml"
    options = [*(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED), "-Xmx700m"]
    properties = _properties(place, lib)
    with running_source(_SOURCE, place, site, lib, properties, options=options, patience=_PATIENCE):
        yield make_home(place / "home", site, lib)
