"""Completions and the manual: made from the options, current, and right in real shells."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless import installation
from hadoopless.commands.completion import FILES
from hadoopless.commands.main import run
from hadoopless.commands.table import COMMANDS
from tests.commands.shells import Shell, needed
from tests.oracle import REPOSITORY
from tools.command_files import MAN_PAGE, files

SHARE = REPOSITORY / "share"


def test_the_files_are_up_to_date() -> None:
    for path, text in files().items():
        assert path.read_text() == text, "the code has changed: run `make diagrams`"


@pytest.mark.parametrize("shell", FILES)
def test_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hadoopless", "completion", shell],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (SHARE / FILES[shell]).read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: SHELL"),
        (["bsh"], "SHELL: there is no bsh; did you mean bash?"),
        (["tcsh"], "SHELL: there is no tcsh; there are bash, zsh, fish"),
    ],
)
def test_wrong_words(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", *words]) == 2
    assert capsys.readouterr() == ("", f"hadoopless completion: {told}\n")


def test_a_script_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(installation, "HOME", str(tmp_path))
    assert run(["completion", "zsh"]) == 3
    path = tmp_path / "share" / FILES["zsh"]
    told = f"hadoopless completion: {path} cannot be read: No such file or directory\n"
    assert capsys.readouterr() == ("", told)


#: Words, and what is offered for the last of them.
CASES = [
    ("hadoopless ", tuple(COMMANDS)),
    ("hadoopless stat", ("status",)),
    ("hadoopless run --num", ("--numReducers", "--numWorkers")),
    ("hadoopless run --slots=2 --jobPath=inn", ("inner dir",)),
    ("hadoopless run --jobPath inn", ("inner dir",)),
    ("hadoopless run --mapperPath=./inn", ("inner dir", "inner.txt")),
    ("hadoopless workers --tlsCert inn", ("inner dir", "inner.txt")),
    ("hadoopless config show wo", ("workers",)),
    ("hadoopless completion ", ("bash", "zsh", "fish")),
    ("hadoopless hadoop fs -mk", ("-mkdir",)),
    ("hadoopless hdfs dfs -touch", ("-touch", "-touchz")),
    ("hadoopless hadoop fs -ls inn", ("inner dir", "inner.txt")),
    ("hadoopless mapred streaming -num", ("-numReduceTasks",)),
    ("hadoopless hadoop jar any.jar -input inn", ("inner dir", "inner.txt")),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a directory and a file."""
    base = tmp_path_factory.mktemp("place")
    (base / "inner dir").mkdir()
    (base / "inner.txt").touch()
    return base


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_fish(words: str, expected: tuple[str, ...], place: Path) -> None:
    line = f"source {SHARE / FILES['fish']}; complete -C '{words}'"
    done = subprocess.run(
        [needed("fish"), "--no-config", "-c", line],
        cwd=place,
        env={"HOME": str(place), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    offered = [one.partition("\t")[0].removesuffix("/") for one in done.stdout.splitlines()]
    offered = [one.partition("=")[2] if "=" in one else one for one in offered]
    assert sorted(one.removeprefix("./") for one in offered) == sorted(expected)


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, place: Path) -> Iterator[Shell]:
    """A shell that has read its script."""
    needed(request.param)
    started = Shell(request.param, SHARE / FILES[request.param], place)
    yield started
    started.close()


@pytest.mark.parametrize(("words", "expected"), CASES)
def test_bash_and_zsh(words: str, expected: tuple[str, ...], shell: Shell) -> None:
    """The rest of a word appears, or all words that fit; test_fish looks for others."""
    if len(expected) == 1:
        last = words.rpartition(" ")[2].rpartition("=")[2]
        (whole,) = expected
        shell.offered(words, whole.removeprefix(last).replace(" ", "\\ "))
    else:
        # A space in a name may be shown with a backslash.
        shell.offered(words, *(text.partition(" ")[0] for text in expected))


def test_nothing_of_ours_runs_at_a_tab() -> None:
    for shell in FILES:
        text = (SHARE / FILES[shell]).read_text()
        assert "python" not in text.replace("MAPREDUCE_PYTHON", "")
        assert "$(hadoopless" not in text


def test_the_manual_is_right_roff(tmp_path: Path) -> None:
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("there is no man here")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", SHARE / MAN_PAGE],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = " ".join(done.stdout.split())
    assert "--numReducers=N number of reducers, and so of outputs (1)" in page
    assert "$ hadoopless" not in page
    assert all(f" {word} " in page for word in COMMANDS)
