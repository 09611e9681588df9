"""The command ``hadoopless`` starts the programs of the project."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless import __version__
from hadoopless.commands.main import usage
from hadoopless.commands.table import COMMANDS
from tests.homes import NO_HOME
from tests.oracle import REPOSITORY

PACKAGE = REPOSITORY / "hadoopless"


def command(
    *words: str, start: tuple[str, ...] = ("-m", "hadoopless"), cwd: Path = REPOSITORY
) -> subprocess.CompletedProcess[str]:
    """The end of ``hadoopless`` with *words*."""
    return subprocess.run(
        [sys.executable, *start, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_the_version(tmp_path: Path) -> None:
    expected = (0, f"hadoopless {__version__}\n", "")
    assert told(command("--version")) == expected
    # As a Python that lacks packages starts another one.
    by_path = (str(PACKAGE / "__main__.py"),)
    assert told(command("--version", start=by_path, cwd=tmp_path)) == expected


def test_help() -> None:
    assert told(command("--help")) == (0, usage() + "\n", "")
    assert all(f"  {word} " in usage() for word in COMMANDS)


def test_wrong_words() -> None:
    """One line says what is wrong; the usage is for --help."""
    all_of_them = "hadoopless --help lists them all"
    for words, text in (
        ([], f"no command is given; {all_of_them}"),
        (["rnu"], "there is no command rnu; did you mean run?"),
        (["--verison"], "there is no command --verison; did you mean --version?"),
        (["\x1b"], f"there is no command \\x1b; {all_of_them}"),
    ):
        assert told(command(*words)) == (2, "", f"hadoopless: {text}\n")


def test_messages_name_what_was_typed(tmp_path: Path) -> None:
    job = ("--mapperPath=cat", "--numReducers=0", "--inputPath=/etc/passwd", "--outputPath=out")
    for words, text in (
        (
            ["run", "--reducers=2"],
            "run: there is no option --reducers; did you mean --numReducers?",
        ),
        (
            ["run", "--other"],
            "run: there is no option --other; hadoopless run --help lists them all",
        ),
        (["workers", "--once"], "workers: --id and --once are for --join"),
        (
            ["run", *job, "--workers=http://127.0.0.1:1"],
            "run: no worker answers at http://127.0.0.1:1 (the connection was refused);"
            " start them with: hadoopless workers",
        ),
    ):
        done = command(*words, cwd=tmp_path)
        assert done.returncode in (2, 5)
        assert (done.stdout, done.stderr) == ("", f"hadoopless {text}\n")


def test_a_port_of_the_page_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = command("ui", f"--port={port}")
    text = f"port {port} of 127.0.0.1 is in use; choose another one by --port"
    assert told(done) == (7, "", f"hadoopless ui: {text}\n")


@pytest.mark.parametrize("tool", ["hadoop", "hdfs", "mapred", "yarn"])
def test_the_commands_of_hadoop(tool: str, tmp_path: Path) -> None:
    done = command(tool, "version", cwd=tmp_path)
    assert done.stdout.startswith("Hadoop 3.3.6\n")
    assert done.returncode == 0
    assert command(tool, "no-such-command").returncode == 1


def test_the_home_of_hadoop() -> None:
    home = Path(command("hadoop-home").stdout.rstrip("\n"))
    assert home == REPOSITORY
    assert os.access(home / "bin" / "hadoop", os.X_OK)


@pytest.mark.parametrize("word", [word for word in COMMANDS if COMMANDS[word].options])
def test_the_help_of_commands(word: str) -> None:
    """It has an example, which begins with what was typed."""
    done = command(word, "--help")
    assert done.stdout.startswith(f"usage: hadoopless {word} ")
    assert f"\n  hadoopless {word}" in done.stdout.partition("\nexample")[2]
    assert (done.returncode, done.stderr) == (0, "")


def test_the_help_of_the_files_at_the_top() -> None:
    for file in ("coordinator.py", "workers.py"):
        shown = command("--help", start=(file,)).stdout
        assert shown.startswith(f"usage: {file} ")
        assert f"\n  python3 {file} --" in shown


@pytest.mark.cluster
def test_a_job_from_another_directory(tmp_path: Path) -> None:
    for name in ("wordcount", "fish_jobs"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("*.out"))
    done = command(
        *("run", "--mapperPath=wordcount/mapper.py", "--reducerPath=wordcount/reducer.py"),
        *("--jobPath=fish_jobs", "--workers=embedded"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "fish_jobs" / "0.out").read_bytes().startswith(b"and\t1\nboat\t2\n")


#: Commands that need nothing, and tell something.
TELLING = [
    *[("--version",), ("version", "--json"), ("config", "show"), ("completion", "zsh")],
    *[("--help",), ("history", "--help"), ("hadoop-home",), ("history", "--json")],
    *[("run", "--help"), ("run", "--version"), ("workers", "--help"), ("doctor", "--help")],
]


@pytest.mark.parametrize("words", [*TELLING, ("doctor",), ("doctor", "--json"), ("status",)])
def test_a_full_disk(words: tuple[str, ...]) -> None:
    """A script that keeps what a command tells learns that it is not all there."""
    line = f"exec {sys.executable} -m hadoopless {' '.join(words)} > /dev/full"
    done = subprocess.run(["sh", "-c", line], cwd=REPOSITORY, capture_output=True, text=True)
    word = {"--help": "", "--version": " version"}.get(words[0], f" {words[0]}")
    told = f"hadoopless{word}: stdout cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (6, told)


@pytest.mark.parametrize(
    "words", [("status", "--workers=x:y", "--json"), ("doctor", "--shared=no", "--json")]
)
def test_an_error_on_a_full_disk(words: tuple[str, ...]) -> None:
    """The error itself is what counts, and is told once."""
    line = f"exec {sys.executable} -m hadoopless {' '.join(words)} > /dev/full"
    done = subprocess.run(["sh", "-c", line], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"hadoopless {words[0]}: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("words", TELLING)
@pytest.mark.parametrize("closed", ["<&- >&-", "<&- >&- 2>&-", "| true"])
def test_nobody_reads(words: tuple[str, ...], closed: str) -> None:
    line = f"{sys.executable} -m hadoopless {' '.join(words)} {closed}"
    done = subprocess.run(["sh", "-c", line], cwd=REPOSITORY, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [("config", "show"), ("config", "show", "--json")])
def test_a_locale_without_the_characters(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "hadoopless.toml").write_text('[run]\noutputPath = "ü"\nenv = ["A=1"]\n')
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "hadoopless", *words],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
        },
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb'"\xfc"' in done.stdout or rb'"\u00fc"' in done.stdout


def test_without_a_home_and_few_descriptors(tmp_path: Path) -> None:
    line = f"ulimit -n 64; umask 077; exec {sys.executable} -m hadoopless config show run"
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=tmp_path,
        env={"PYTHONPATH": str(REPOSITORY), "HOME": NO_HOME, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
