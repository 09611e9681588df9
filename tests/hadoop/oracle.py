"""A real Hadoop that answers: one warm JVM, one job after another."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.hadoop.maven import Unavailable, cache_directory, jars
from tests.hadoop.outcome import Outcome, collect, lay_out

_SOURCES = sorted(Path(__file__).parent.glob("*.java"))
#: In the form of the hadoop command; `follow` because each job has a System.err of its own.
_LOGGING = """\
log4j.rootLogger=INFO,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.follow=true
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
"""
_OPENED = ("java.lang", "java.util", "java.io")
#: Jobs after which the JVM is replaced: what Hadoop keeps of each fills its heap after a thousand.
_JOBS_OF_A_JVM = 300


def compiled() -> str:
    """The class path of Hadoop and of the classes beside us, compiled if need be; Unavailable."""
    lib = jars()
    if shutil.which("java") is None:
        raise Unavailable("there is no java")
    classes = cache_directory() / "classes"
    old = [source for source in _SOURCES if _is_newer(source, classes / f"{source.stem}.class")]
    if old:
        command = ["javac", "-cp", f"{lib}/*", "-d", str(classes), *map(str, old)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Unavailable(f"javac: {done.stderr}")
    return f"{classes}:{lib}/*"


def _is_newer(source: Path, target: Path) -> bool:
    return not target.exists() or target.stat().st_mtime < source.stat().st_mtime


class Hadoop:
    """One JVM with a working directory of its own, which is that of all its jobs and tasks."""

    def __init__(
        self, scratch: Path, seconds: float = 60.0, site: Mapping[str, str] | None = None
    ) -> None:
        self._class_path = compiled()
        self._scratch = scratch
        self._seconds = seconds
        self._place = scratch / "cwd"
        self._process: subprocess.Popen[bytes] | None = None
        self._answers = b""
        self._jobs = 0
        self._write_site(dict(site or {}))

    def _write_site(self, more: dict[str, str]) -> None:
        conf = self._scratch / "conf"
        conf.mkdir(parents=True)
        (conf / "log4j.properties").write_text(_LOGGING)
        properties = {
            "fs.defaultFS": "file:///",
            "mapreduce.framework.name": "local",
            "hadoop.tmp.dir": str(self._scratch / "tmp"),
            "mapreduce.jobtracker.staging.root.dir": str(self._scratch / "tmp" / "staging"),
            "mapreduce.client.progressmonitor.pollinterval": "5",
            # The default of 100 MB is cleared for every map task.
            "mapreduce.task.io.sort.mb": "16",
        } | more
        entries = "".join(
            f"<property><name>{name}</name><value>{value}</value></property>"
            for name, value in properties.items()
        )
        # The file that is read last; Hadoop insists on there being a core-site.xml.
        (conf / "core-site.xml").write_text("<configuration/>")
        (conf / "mapred-site.xml").write_text(f"<configuration>{entries}</configuration>")

    def run(self, files: Mapping[str, bytes], args: Sequence[str]) -> Outcome:
        """Run a job with *files* in its directory; Hadoop's options are *args*."""
        self._jobs += 1
        if self._jobs % _JOBS_OF_A_JVM == 0:
            self.close()
        if self._process is None:
            self._start()
        shutil.rmtree(self._scratch / "tmp", ignore_errors=True)
        (self._scratch / "tmp").mkdir()
        for path in self._place.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        lay_out(files, self._place)
        answer = self._ask(list(args))
        if answer is None:
            self.close()
            return collect(self._place, -1, "", "the JVM ended or did not answer in time")
        return collect(self._place, *answer)

    def _start(self) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        (self._scratch / "tmp").mkdir(exist_ok=True)
        command = ["java", *(f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in _OPENED)]
        command += ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"]
        command += [f"-Djava.io.tmpdir={self._scratch / 'tmp'}", "-Dfile.encoding=UTF-8"]
        command += ["-cp", f"{self._scratch / 'conf'}:{self._class_path}", "Oracle"]
        with (self._scratch / "jvm.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._place,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._answers = b""

    def _ask(self, args: list[str]) -> tuple[int, str, str] | None:
        """The JVM's answer; None if there is none."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(args).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            return None
        while b"\n" not in self._answers:
            ready, _, _ = select.select([process.stdout], [], [], self._seconds)
            data = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
            if not data:
                return None
            self._answers += data
        line, _, self._answers = self._answers.partition(b"\n")
        answer = json.loads(line)
        return answer["status"], answer["stdout"], answer["stderr"]

    def close(self) -> None:
        """End the JVM."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def __enter__(self) -> Hadoop:
        self._start()  # it takes a while
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
