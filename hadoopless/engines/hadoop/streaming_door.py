"""A job of ``hadoop jar`` on a real Hadoop: its words go there as they are, after our checks."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from hadoopless import installation
from hadoopless.engines.hadoop.finding import RealHadoop, environment_for, find
from hadoopless.engines.hadoop.running import run_client
from hadoopless.engines.hadoop.sample import sample_of
from hadoopless.engines.hadoop.streaming_checks import StreamingWords, check, read_words
from hadoopless.engines.hadoop.words import local_uri, shell_line
from hadoopless.entry.telling import tell
from hadoopless.errors import MapReduceError
from hadoopless.history import store
from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.inputs.listing import list_inputs
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.properties.configuration import Configuration

_SITE = "core-site.xml"
_INPUTS = "mapreduce.input.fileinputformat.inputdir"


def run(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Run the job of *words*; returns the exit code of Hadoop's client."""
    hadoop = find(options.hadoop, os.environ)
    log = Log()
    cwd = os.getcwd()
    job = read_words(words, cwd)
    configuration = _configuration(hadoop, job, cwd)
    check(job, configuration, cwd, log)
    command = [*hadoop.streaming, *words]
    if options.dryRun:
        tell(shell_line(command))
        return 0
    if options.preflight and (code := _try_out(job, configuration, cwd, log)):
        return code
    code, told = run_client(
        hadoop, command, environment_for(hadoop, os.environ), _show, stdout_too=False
    )
    if code and told.was_submitted:
        more = told.where_more_is_told
        text = f"the job failed on Hadoop: {told.reason}"
        log.error(STREAM_JOB, f"{text}; its logs: {more}" if more else text)
    return code


def _show(line: bytes) -> None:
    sys.stderr.buffer.write(line)
    sys.stderr.flush()


def _configuration(hadoop: RealHadoop, job: StreamingWords, cwd: str) -> Configuration:
    """The properties of *job* as *hadoop* will see them, as far as we read its files."""
    configuration = Configuration(os.environ, cwd)
    site = Path(os.environ.get("HADOOP_CONF_DIR") or f"{hadoop.home}/etc/hadoop", _SITE)
    if site.is_file():
        conf_file.load(configuration, str(site), str(site))
    for path in job.generic.all("conf"):
        conf_file.load(configuration, os.path.join(cwd, path), path)
    if file_system := job.generic.first("fs"):
        configuration.set("fs.defaultFS", file_system)
    for word in (*job.generic.all("D"), *job.options.all("jobconf")):
        name, equals, value = word.partition("=")
        if equals:
            configuration.set(name, value)
    configuration.set_if_unset("fs.defaultFS", "file:///")
    return configuration


# The preflight ----------------------------------------------------------------------------------


def _try_out(job: StreamingWords, configuration: Configuration, cwd: str, log: Log) -> int:
    """Run *job* on the first records of its input by our own engine; returns its exit code.

    A job that cannot be run here is none that is wrong: *log* is told why.
    """
    if not configuration.get("fs.defaultFS").startswith(("file:", "local")):
        log.info(STREAM_JOB, "preflight: the inputs are not on this machine; nothing was run here")
        return 0
    try:
        paths = _inputs(job, cwd)
    except (StreamingExit, MapReduceError) as reason:
        log.info(STREAM_JOB, f"preflight: not run here: {_first_line(reason)}")
        return 0
    with sample_of(paths) as place:
        if place is None:
            return 0
        done = _run_here(_words_for_sample(job, place), cwd)
    if not done.returncode:
        log.info(STREAM_JOB, "preflight: the job runs on the first records of its input")
        return 0
    if b"Running job" not in done.stderr:
        said = done.stderr.decode("utf-8", "replace").strip()
        log.info(STREAM_JOB, f"preflight: not run here: {said.partition(chr(10))[0]}")
        return 0
    sys.stderr.buffer.write(done.stderr)
    log.error(
        STREAM_JOB,
        "This was the preflight: the first records of the input, run here before Hadoop gets the"
        " job; --no-preflight leaves it out",
    )
    return done.returncode


def _run_here(words: Sequence[str], cwd: str) -> subprocess.CompletedProcess[bytes]:
    """Run *words* by our own engine, in a process of its own, for its messages may be dropped."""
    own = {
        "PYTHONPATH": installation.ABOVE,
        "MAPREDUCE_WORKERS": "embedded",
        store.ENVIRONMENT: store.OFF,
    }
    return subprocess.run(
        [sys.executable, "-m", "hadoopless", "hadoop", "jar", "any.jar", *words],
        cwd=cwd,
        env=os.environ | own,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _first_line(reason: Exception) -> str:
    return str(reason).partition("\n")[0]


def _inputs(job: StreamingWords, cwd: str) -> Iterator[str]:
    """The paths of the input files; raises StreamingExit where our engine cannot have the job."""
    words = [*job.front, *_option_words(job, {})]
    request = parse_request(words, {**os.environ, "MAPREDUCE_FS_ROOT": ""}, cwd)
    return iter([file.path for file in list_inputs(request)])


def _words_for_sample(job: StreamingWords, place: Path) -> list[str]:
    changed = {
        "input": [local_uri(str(place / "sample.in"))],
        "output": [local_uri(str(place / "out"))],
    }
    return [*job.front, *_option_words(job, changed)]


def _option_words(job: StreamingWords, changed: dict[str, list[str]]) -> list[str]:
    values = job.options.values | changed
    values.pop("background", None)
    return [word for name in values for word in (f"-{name}", *values[name])]
