"""Standard streams that are closed, full, or read by nobody end no program and leave no trace."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from tests.oracle import REPOSITORY

BEGIN = "import sys\nfrom hadoopless.entry import startup, streams\nstartup.begin('it')\n"
LEAVE = {"at once": "startup.leave(7)", "as any program": "sys.exit(7)"}
SAY = "print('x' * 100_000)\nprint('y' * 100_000, file=sys.stderr)\n"


def shell(redirection: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python with *code* under a *redirection* of bash."""
    script = f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, "-c", BEGIN + code],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )


@pytest.mark.parametrize("leave", LEAVE)
@pytest.mark.parametrize(
    "redirection",
    [
        "2>&1 | true",
        "> /dev/full 2>&1",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        "2>&- | true",
        "> /dev/full 2>&-",
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_exit_code_stays(
    redirection: str, leave: str, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    done = shell(redirection, SAY + LEAVE[leave])
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_the_other_stream_still_arrives() -> None:
    done = shell("> /dev/full", SAY + LEAVE["at once"])
    assert (done.returncode, done.stderr) == (7, "y" * 100_000 + "\n")
    done = shell("2>&-", SAY + LEAVE["at once"])
    assert (done.returncode, done.stdout) == (7, "x" * 100_000 + "\n")


@pytest.mark.parametrize(
    ("redirection", "why"),
    [("> /dev/full", "No space left on device"), ("| true", ""), (">&-", "")],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_reason_of_a_loss(
    redirection: str, why: str, unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    code = "print('x' * 100_000, flush=True)\nprint(streams.lost(sys.stdout), file=sys.stderr)\n"
    assert shell(redirection, code).stderr == why + "\n"


def test_no_other_file_gets_the_number_of_a_closed_stream() -> None:
    code = "file = open('README.md')\nsys.exit(file.fileno())\n"
    assert shell("<&- >&- 2>&-", code).returncode > 2


def test_streams_keep_their_manners() -> None:
    """Encoding, errors and buffering are those that Python has chosen."""
    code = """
def manners(stream):
    return (stream.encoding, stream.errors, stream.line_buffering, stream.write_through)
same = manners(sys.stdout) == manners(sys.__stdout__)
sys.exit(not (same and manners(sys.stderr) == manners(sys.__stderr__)))
"""
    assert shell("", code).returncode == 0


@pytest.mark.parametrize("name", ["stdout", "stderr"])
def test_unbuffered_streams_stay_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    done = shell("", f"import os\nprint('said', end='', file=sys.{name})\nos._exit(0)")
    assert getattr(done, name) == "said"


def test_a_terminal_that_does_not_wait() -> None:
    """Another program has switched it to that: Python would raise when it is full."""
    ours, theirs = pty.openpty()
    os.set_blocking(theirs, False)
    code = f"{BEGIN}print('x' * 1_000_000)\nstartup.leave(7)"
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPOSITORY, stdout=theirs, stderr=subprocess.PIPE
    ) as process:
        os.close(theirs)
        seen = 0
        try:
            while data := os.read(ours, 1 << 16):
                seen += data.count(b"x")
        except OSError:
            pass  # how Linux tells that nobody has the other end any more
        finally:
            os.close(ours)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert (process.returncode, seen) == (7, 1_000_000)


@pytest.mark.parametrize("redirection", ["2>&1 | true", "> /dev/full 2>&1", "<&- >&- 2>&-"])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["workers.py", "--root=/no/such"], 3),
        (["coordinator.py", "--nosuch"], 2),
        (["bin/launch.py", "hadoop", "jar", "x.jar", "-nosuch"], 1),
        (["bin/launch.py", "hadoop", "nosuch"], 1),
    ],
)
def test_every_command(words: list[str], code: int, redirection: str) -> None:
    script = f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", sys.executable, *words],
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")
