"""A home of a real Hadoop, made of the jars from Maven: ``bin/hadoop`` and ``bin/mapred``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from tests.hadoop.maven import HADOOP_VERSION, jars

#: Packages of Java into which Hadoop reaches.
OPENED = ("java.lang", "java.util", "java.io", "java.net")
_LOGGING = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
"""
#: Each is read behind the defaults of its part, which are stronger than the files before them.
_SITES = ("core-site.xml", "hdfs-site.xml", "yarn-site.xml", "mapred-site.xml")
_LAUNCHER = """\
#!/bin/sh
word=$1
shift
case $word in
    jar) class=org.apache.hadoop.util.RunJar ;;
    fs) class=org.apache.hadoop.fs.FsShell ;;
    job) class=org.apache.hadoop.mapred.JobClient ;;
    streaming) class=org.apache.hadoop.streaming.HadoopStreaming ;;
    *) echo "no $word here" >&2; exit 1 ;;
esac
exec java {options} -cp {class_path} $class "$@"
"""


def local_site(scratch: Path) -> dict[str, str]:
    """The properties of a Hadoop in its local mode, which keeps its files in *scratch*."""
    return {
        "fs.defaultFS": "file:///",
        "mapreduce.framework.name": "local",
        "hadoop.tmp.dir": str(scratch),
        "mapreduce.jobtracker.staging.root.dir": str(scratch / "staging"),
        "mapreduce.client.progressmonitor.pollinterval": "50",
        "mapreduce.client.completion.pollinterval": "50",
        "mapreduce.task.io.sort.mb": "16",
    }


def make_home(place: Path, site: Mapping[str, str] | Path, lib: Path | None = None) -> Path:
    """Make a Hadoop in the new directory *place*; raises Unavailable.

    *site* has its properties, or is a file of them; *lib* its jars (those of the local mode).
    """
    lib = lib or jars()
    tools = place / "share" / "hadoop" / "tools" / "lib"
    conf = place / "etc" / "hadoop"
    for directory in (place / "bin", tools, conf):
        directory.mkdir(parents=True)
    jar = f"hadoop-streaming-{HADOOP_VERSION}.jar"
    (tools / jar).symlink_to(lib / jar)
    text = site.read_text() if isinstance(site, Path) else _as_xml(site)
    for name in _SITES:
        (conf / name).write_text(text)
    (conf / "log4j.properties").write_text(_LOGGING)
    options = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED]
    options += ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-Dfile.encoding=UTF-8"]
    class_path = f"{conf}:{lib}/*"
    launcher = _LAUNCHER.format(options=shlex.join(options), class_path=shlex.quote(class_path))
    for name in ("hadoop", "mapred"):
        path = place / "bin" / name
        path.write_text(launcher)
        path.chmod(0o755)
    return place


def _as_xml(properties: Mapping[str, str]) -> str:
    entries = "".join(
        f"<property><name>{escape(name)}</name><value>{escape(value)}</value></property>"
        for name, value in properties.items()
    )
    return f"<configuration>{entries}</configuration>"
