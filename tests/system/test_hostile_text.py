"""Text from outside: no control character of it reaches a terminal or a log raw."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.pools import REPOSITORY, OurPool, OurPoolFactory, coordinator_argv
from tests.system.calls import call, with_token
from tests.system.jobs import Job

#: Writes to the clipboard, moves the cursor, goes back in the line, clears the screen by C1.
NASTY = b"\x1b]52;c;aGk=\x07\x1b[2A\rdone in 1 s\x08\x7f\xc2\x9b2J\x9b2J\xff"
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\udc80-\udc9f]")
NAME = os.fsdecode(NASTY)

PROGRAM = b"""#!/bin/sh
cat
printf '%s\\n' 'said NASTY' 'reporter:counter:group LINE,name LINE,1' 'reporter:status:LINE' >&2
exit EXIT
"""


def check(*written: bytes) -> None:
    """No control characters are in what was *written*, but the text is."""
    text = b"".join(written).decode("utf-8", "surrogateescape")
    assert not CONTROLS.search(text), ascii(text)
    assert r"\x1b]52;c;aGk=\x07" in text, ascii(text)


def program(job: Job, exit_code: int) -> str:
    """A program that writes nasty text to stderr in every way."""
    source = PROGRAM.replace(b"NASTY", NASTY).replace(b"LINE", NASTY.replace(b"\r", b""))
    path = job.path / "program.sh"
    path.write_bytes(source.replace(b"EXIT", b"%d" % exit_code))
    path.chmod(0o755)
    return f"{job.name}/program.sh"


def run(argv: list[str], job: Job, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        argv,
        cwd=job.root,
        env={**os.environ, "MAPREDUCE_PYTHON": sys.executable, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=90,
    )


@pytest.mark.parametrize("exit_code", [0, 3])
def test_programs_of_a_job(pool: OurPool, job: Job, exit_code: int) -> None:
    job.inputs(b"a\n")
    options = job.options(mapper=program(job, exit_code))
    done = run(coordinator_argv(pool.urls, *options, "--verbose"), job)
    check(done.stdout, done.stderr)
    assert (done.returncode == 0) is (exit_code == 0)


@pytest.mark.parametrize("exit_code", [0, 3])
def test_programs_of_a_streaming_job(pool: OurPool, job: Job, exit_code: int) -> None:
    job.inputs(b"a\n")
    mapper = program(job, exit_code)
    argv = [str(REPOSITORY / "bin/hadoop"), "jar", "any.jar", "-file", mapper]
    argv += ["-mapper", "program.sh", "-input", f"{job.name}/*.in", "-output", f"{job.name}/out"]
    done = run(argv, job, MAPREDUCE_WORKERS=",".join(pool.urls))
    check(done.stdout, done.stderr)
    assert (done.returncode == 0) is (exit_code == 0)


@pytest.mark.parametrize("program", ["coordinator.py", "hadoop"])
def test_names(pool: OurPool, job: Job, program: str) -> None:
    """Those of inputs, of outputs, of programs and of jobs."""
    (job.path / NAME).mkdir()
    name = f"{job.name}/{NAME}"
    if program == "hadoop":
        argv = [str(REPOSITORY / "bin/hadoop"), "jar", "any.jar", "-mapper", NAME, "-input", name]
        argv[3:3] = [f"-Dmapreduce.job.name={NAME}"]
        argv += ["-output", f"{name}/out", "-file", f"{name}/no"]
    else:
        options = [f"--inputPath={name}/none", f"--jobPath={name}", f"--mapperPath={NAME}"]
        argv = coordinator_argv(pool.urls, *job.options(), *options)
    done = run(argv, job, MAPREDUCE_WORKERS=",".join(pool.urls))
    assert done.returncode != 0
    check(done.stdout, done.stderr)


@pytest.mark.parametrize("option", ["--noSuchOption=", "--numReducers="])
def test_options(pool: OurPool, job: Job, option: str) -> None:
    done = run(coordinator_argv(pool.urls, *job.options(), option + NAME), job)
    assert done.returncode == 2
    assert not CONTROLS.search(done.stderr.decode("utf-8", "surrogateescape"))


@contextmanager
def stranger(answer: Mapping[str, str]) -> Iterator[str]:
    """The URL of a server that knows the plain calls, and gives the same *answer* to each."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answer).encode()
            self.send_response(500)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_answer_of_a_worker(job: Job) -> None:
    job.inputs(b"a\n")
    message = NASTY.decode("utf-8", "replace")
    with stranger({"status": "failure", "message": message}) as url:
        done = run(coordinator_argv([url], *job.options(), "--verbose"), job)
    assert done.returncode != 0
    check(done.stdout, done.stderr)


def test_the_answer_of_a_worker_makes_no_line_of_its_own(job: Job) -> None:
    job.inputs(b"a\n")
    with stranger({"status": "failure", "message": "x\ndone in 1 s: all is well"}) as url:
        done = run(coordinator_argv([url], *job.options()), job)
    assert b"\n  done in 1 s" in done.stderr
    assert b"\ndone in 1 s" not in done.stderr


def test_the_log_of_a_worker(our_pool: OurPoolFactory, name: str) -> None:
    """The caller chooses the names in it; no part of them looks like a line of the log."""
    with our_pool(1, "--verbose") as running:
        url = running.urls[0]
        fake = f"x\n00:00:00 worker {NAME}"
        given: dict[str, Any] = {"mapperPath": "cat", "numReducers": "1"}
        given["inputFile"] = os.fsencode(fake)
        call(url, "/map", given)
        given["attempt"] = os.fsencode(fake)
        call(url, "/map", given, headers=with_token(url))
        given["cwd"] = os.fsencode(f"/{fake}")
        call(url, "/map", given, headers=with_token(url))
        log = running.log.read_bytes()
    check(log)
    assert b"\n00:00:00" not in log


def hadoop_fs(place: Path, *words: str) -> tuple[bytes, bytes, bytes]:
    """The bytes that a terminal gets at stdout, those that a pipe gets there, and stderr."""
    argv = [str(REPOSITORY / "bin/hadoop"), "fs", *words]
    env = {**os.environ, "MAPREDUCE_PYTHON": sys.executable}
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, cwd=place, env=env, stdout=theirs, stderr=subprocess.DEVNULL):
        os.close(theirs)
        seen = b""
        try:
            while data := os.read(ours, 1 << 16):
                seen += data
        except OSError:
            pass  # how Linux tells that nobody has the other end any more
        os.close(ours)
    done = subprocess.run(argv, cwd=place, env=env, capture_output=True, check=False)
    return seen.replace(b"\r\n", b"\n"), done.stdout, done.stderr


def test_names_of_hadoop_fs(tmp_path: Path) -> None:
    """A script gets the bytes of names; a terminal does not obey them."""
    (tmp_path / NAME).touch()
    terminal, script, _ = hadoop_fs(tmp_path, "-ls", "-C", ".")
    check(terminal)
    assert NASTY in script
    *_, errors = hadoop_fs(tmp_path, "-ls", f"no {NAME}")
    check(errors)
