"""Programs end at once, with all that they have written; Ctrl-C ends them from the first moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.oracle import REPOSITORY


def left(code: str, **options: int) -> subprocess.CompletedProcess[bytes]:
    """A program that leaves after *code*."""
    script = f"import sys\nfrom hadoopless.entry import startup\nstartup.begin('it')\n{code}"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdout=options.get("stdout", subprocess.PIPE),
        stderr=options.get("stderr", subprocess.PIPE),
        check=False,
        timeout=30,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )


@pytest.mark.parametrize("code", [0, 5])
def test_what_was_written_is_there_and_nothing_else_is_done(code: int) -> None:
    script = f"import atexit; atexit.register(print, 'late')\nprint('all')\nstartup.leave({code})"
    done = left(script)
    assert (done.returncode, done.stdout, done.stderr) == (code, b"all\n", b"")


def test_a_program_without_stdout() -> None:
    assert left("sys.stdout = None\nstartup.leave(3)").returncode == 3


INTERRUPT = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
#: The signals that end a program, with the line that it then writes.
ENDING = {signal.SIGINT: "it: cancelled\n", signal.SIGTERM: "", signal.SIGHUP: ""}
ENDINGS = pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)


@ENDINGS
def test_a_signal_while_modules_are_imported(number: signal.Signals) -> None:
    done = left(f"import os\nos.kill(os.getpid(), {number:d})\nprint('not reached')")
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", ENDING[number].encode())


@ENDINGS
def test_a_signal_while_the_program_returns(number: signal.Signals) -> None:
    """As a pool of workers meets it that has told its coordinator why it cannot start."""
    done = left(
        f"""
def main():
    import os
    startup.let_interrupts_raise()
    try:
        raise ValueError
    except ValueError:
        print("told")
        os.kill(os.getpid(), {number:d})
    return 6
startup.run(main)"""
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"told\n", b"")


def test_a_program_that_returns_its_exit_code() -> None:
    assert left("startup.run(lambda: 6)").returncode == 6


@ENDINGS
def test_a_signal_that_shall_raise(number: signal.Signals) -> None:
    code = f"""
import os
startup.let_interrupts_raise()
try:
    os.kill(os.getpid(), {number:d})
except KeyboardInterrupt:
    print(startup.was_interrupted())
"""
    done = left(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"True\n", b"")


def test_an_interrupt_that_python_has_dropped() -> None:
    """It is remembered for those who wait for signals later."""
    code = f"""
class Dropping:
    def __del__(self):
        {INTERRUPT.replace(chr(10), "; ")}
startup.let_interrupts_raise()
assert not startup.was_interrupted()
Dropping()
print(startup.was_interrupted())
"""
    done = left(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"True\n", b"")


def test_other_errors_that_python_drops_are_told() -> None:
    done = left(
        "class Broken:\n    def __del__(self):\n        raise ValueError('odd')\nBroken()\n"
    )
    assert b"ValueError: odd" in done.stderr


@ENDINGS
def test_a_signal_that_is_ignored_stays_so(number: signal.Signals) -> None:
    """A shell without job control lets its background ignore Ctrl-C; nohup ignores SIGHUP."""
    before = signal.signal(number, signal.SIG_IGN)
    try:
        kill = f"import os\nos.kill(os.getpid(), {number:d})\n"
        done = left(f"{kill}startup.let_interrupts_raise()\n{kill}print('reached')")
    finally:
        signal.signal(number, before)
    assert (done.returncode, done.stdout) == (0, b"reached\n")


@ENDINGS
def test_a_signal_that_the_parent_has_blocked(number: signal.Signals) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [number, signal.SIGCHLD])
    try:
        done = left(f"import os\nos.kill(os.getpid(), {number:d})\nprint('not reached')")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", ENDING[number].encode())


#: A module of Python's that sends a signal to the program which imports it.
SHADOW = "import os, time\nos.kill(os.getpid(), {number:d})\ntime.sleep(60)\n"


@ENDINGS
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("words", "shadowed", "said"),
    [
        (["coordinator.py"], "argparse", "coordinator.py"),
        (["workers.py"], "argparse", "workers.py"),
        (["bin/launch.py", "hadoop", "jar", "x.jar", "-input"], "msgspec", "hadoop"),
        (["bin/launch.py", "hadoop", "fs", "-ls"], "msgspec", "hadoop"),
        (["hadoopless/__main__.py", "history"], "msgspec", "hadoopless"),
    ],
)
def test_every_command_can_be_ended_while_it_loads(
    words: list[str], shadowed: str, said: str, late: bool, number: signal.Signals, tmp_path: Path
) -> None:
    # Before contextlib, no module of Python's is loaded that its own start has not.
    name = shadowed if late else "contextlib"
    (tmp_path / f"{name}.py").write_text(SHADOW.format(number=number))
    done = subprocess.run(
        [sys.executable, REPOSITORY / words[0], *words[1:]],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.replace(f"{said} history:", f"{said}:") == (
        f"{said}: cancelled\n" if number == signal.SIGINT else ""
    )
