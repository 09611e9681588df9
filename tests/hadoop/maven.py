"""The jars of a real Hadoop, fetched by mvn into a cache directory of the user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

HADOOP_VERSION = "3.3.4"
_JARS = (
    f"org.apache.hadoop:hadoop-client-api:{HADOOP_VERSION}",
    f"org.apache.hadoop:hadoop-client-runtime:{HADOOP_VERSION}",
    f"org.apache.hadoop:hadoop-streaming:{HADOOP_VERSION}",
    "commons-cli:commons-cli:1.2",  # of streaming, whose jar does not bring it along
    "commons-logging:commons-logging:1.1.3",
    "org.slf4j:slf4j-api:1.7.36",
    "org.slf4j:slf4j-reload4j:1.7.36",
    "ch.qos.reload4j:reload4j:1.2.22",
)
#: A cluster in one process, and what it needs and does not name.
_CLUSTER = (
    f"org.apache.hadoop:hadoop-minicluster:{HADOOP_VERSION}",
    f"org.apache.hadoop:hadoop-streaming:{HADOOP_VERSION}",
    "junit:junit:4.13.2",
    "org.mockito:mockito-core:2.28.2",
)
_SECONDS = 300


class Unavailable(Exception):
    """There is no real Hadoop here; the text says why."""


def cache_directory() -> Path:
    """The directory for the jars and for classes that are compiled against them."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hadoopless" / f"hadoop-{HADOOP_VERSION}"


def jars() -> Path:
    """The directory with all jars, fetched if need be; raises Unavailable."""
    return _fetched("lib", _pom(_JARS, alone=True), tuple(map(_file_name, _JARS)))


def cluster_jars() -> Path:
    """The directory with the jars of a whole Hadoop, servers and all; raises Unavailable."""
    return _fetched("cluster", _pom(_CLUSTER, alone=False), tuple(map(_file_name, _CLUSTER)))


def _fetched(name: str, pom: str, wanted: Sequence[str]) -> Path:
    """The directory *name* of the cache with the jars of *pom*, among them those *wanted*."""
    place = cache_directory() / name
    if place.is_dir():
        return place
    if shutil.which("java") is None or shutil.which("javac") is None:
        raise Unavailable("there is no Java development kit (java, javac)")
    if shutil.which("mvn") is None:
        raise Unavailable("there is no mvn, which fetches Hadoop's jars")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="lib-", dir=place.parent))
    except OSError as error:
        raise Unavailable(
            f"there is no place for Hadoop's jars: {place.parent}: {error.strerror}; set"
            " XDG_CACHE_HOME to a directory that can be written"
        ) from error
    try:
        _fetch(made, pom, wanted)
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():  # else another process was faster
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _fetch(target: Path, pom: str, wanted: Sequence[str]) -> None:
    """Copy the jars of *pom* into *target*; raises Unavailable when mvn cannot."""
    with tempfile.TemporaryDirectory() as project:
        Path(project, "pom.xml").write_text(pom)
        command = ["mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies"]
        command += [f"-DoutputDirectory={target}", "-Dmdep.useBaseVersion=true"]
        try:
            done = subprocess.run(
                command, cwd=project, capture_output=True, text=True, timeout=_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"mvn: {error}") from error
    missing = [name for name in wanted if not (target / name).exists()]
    if done.returncode or missing:
        errors = [line for line in done.stdout.splitlines() if "ERROR" in line]
        raise Unavailable(f"mvn: {errors[0] if errors else f'no {missing}'}")


def _pom(jars: Sequence[str], *, alone: bool) -> str:
    """A project that needs *jars*, *alone* or with all that they need."""
    everything = "<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>"
    exclusions = f"<exclusions>{everything}</exclusions>" if alone else ""
    dependencies = []
    for jar in jars:
        group, artifact, version = jar.split(":")
        dependencies.append(
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version>{exclusions}</dependency>"
        )
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        "<groupId>differential</groupId><artifactId>test</artifactId><version>1</version>"
        f"<dependencies>{''.join(dependencies)}</dependencies></project>"
    )


def _file_name(jar: str) -> str:
    _, artifact, version = jar.split(":")
    return f"{artifact}-{version}.jar"
