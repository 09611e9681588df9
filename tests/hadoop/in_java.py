"""Clusters in one process of Java, which tests start from a source file."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.processes import until


@contextmanager
def running_source(
    source: Path,
    place: Path,
    site: Path,
    jars: Path,
    properties: Mapping[str, str],
    *,
    options: Sequence[str],
    patience: float,
) -> Iterator[None]:
    """Run the *source* of a cluster with *jars* and *properties* in *place* while the block lasts.

    It is ready when it has written *site*, the settings of its clients, within *patience* seconds.
    *options* are those of Java.
    """
    log = place / "log"
    command = ["java", *options, "-XX:TieredStopAtLevel=1", f"-Dhadoop.log.dir={place}"]
    command += ["-cp", f"{jars}/*", str(source), str(site)]
    command += [f"{name}={value}" for name, value in properties.items()]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=place, stdin=subprocess.PIPE, stdout=file, stderr=file
        )
    try:
        until(
            lambda: site.exists() or process.poll() is not None,
            lambda: log.read_text()[-3000:],
            patience,
        )
        assert site.exists(), log.read_text()[-3000:]
        yield
    finally:
        process.kill()
        process.communicate()
