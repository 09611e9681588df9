"""A typed option comes before a variable, that before the project's file, and the user's last."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from hadoopless.commands.table import COMMANDS
from hadoopless.coordinator.options import new_parser, parse_options
from hadoopless.entry.arguments import Parser
from hadoopless.entry.config_files import user_file
from hadoopless.entry.settings import (
    SHARED,
    TABLES,
    VARIABLES,
    naming_sources,
    parse,
    parse_all,
    settable,
)
from hadoopless.errors import DiskError, MapReduceError, UsageError
from hadoopless.wire import addresses, tls
from tests.oracle import REPOSITORY

JOB = ("--mapperPath=cat", "--reducerPath=cat")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a project, not there yet; the working directory and the user's are new ones."""
    (tmp_path / "project").mkdir(mode=0o755)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "project" / "hadoopless.toml"


def write_user_file(text: str) -> Path:
    path = Path(str(user_file()))
    path.parent.mkdir(parents=True, mode=0o755)
    path.write_text(text)
    return path


def options(
    *words: str, environ: Mapping[str, str] | None = None, parser: Parser | None = None
) -> argparse.Namespace:
    return parse(parser or new_parser(), [*JOB, *words], "run", environ or {})[0]


def test_the_tables_are_the_commands() -> None:
    with_inventory = {
        word
        for word, command in COMMANDS.items()
        if command.options
        and any(
            action.dest == "inventory"
            for action in import_module(command.options).new_parser().actions
        )
    }
    assert {*TABLES} == with_inventory


def test_the_variables_are_those_of_the_programs() -> None:
    assert {"workers": addresses.ENVIRONMENT, **tls.VARIABLES} == VARIABLES


def test_the_shared_options_are_those_that_commands_share() -> None:
    shared = {action.dest for action in settable(new_parser())}
    assert {*SHARED} <= shared


def test_the_order(project: Path) -> None:
    project.write_text('[run]\nslots = 2\nnumReducers = 3\ntlsCert = "project"\n')
    write_user_file('tlsKey = "user"\n[run]\nslots = 4\nmaxAttempts = 5\n')
    got = options("--numReducers=9", environ={"MAPREDUCE_TLS_CERT": "here"})
    assert (got.numReducers, got.slots, got.maxAttempts) == (9, 2, 5)
    assert got.tlsCert is None  # the variable is asked later, by those who need it
    user = Path(str(user_file()))
    assert got.tlsKey == str(user.parent / "user")
    assert got.sources == {
        "slots": "hadoopless.toml: [run] slots",
        "maxAttempts": f"{user}: [run] maxAttempts",
        "tlsKey": f"{user}: tlsKey",
    }


def test_a_table_comes_before_the_top(project: Path) -> None:
    project.write_text('inventory = "all"\n[run]\ninventory = "of-jobs"\n')
    assert options().inventory == "of-jobs"


def test_without_files(project: Path) -> None:
    """Programs that run a job from Python read none."""
    project.write_text("[run]\nslots = 2\n")
    assert parse_options(JOB).slots == 1
    assert parse_options([*JOB, "--config=none"], files=True).slots == 1
    assert parse_options(JOB, files=True).slots == 2


def test_required_options_may_stand_in_a_file(project: Path) -> None:
    project.write_text('[run]\nmapperPath = "cat"\nreducerPath = "wc -l"\n')
    got = parse_options([], files=True)
    assert (got.mapperPath, got.reducerPath) == ("cat", "wc -l")


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("splitSize = 1000", "splitSize", 1000),
        ('splitSize = "64MB"', "splitSize", 64 << 20),
        ("taskTimeout = 1.5", "taskTimeout", 1.5),
        ("sortValues = true", "sortValues", True),
        ("speculate = false", "speculate", False),
        ('workers = "a:1,b:2"', "workers", "a:1,b:2"),
        ('workers = ["a:1", "b:2"]', "workers", "a:1,b:2"),
        ('inventory = ["http://a:1", "http://b:2"]', "inventory", "http://a:1,http://b:2"),
        ('env = ["A=1", "B"]', "env", ["A=1", "B"]),
        ('inputPath = "*.txt"', "inputPath", ["*.txt"]),
        ('outputPath = "out"', "outputPath", "out"),
    ],
)
def test_values(project: Path, line: str, name: str, value: object) -> None:
    project.write_text(f"[run]\n{line}\n")
    assert getattr(options(), name) == value


def test_typed_lists_replace_those_of_files(project: Path) -> None:
    project.write_text('[run]\nenv = ["A=1"]\n')
    assert options("--env=B=2").env == ["B=2"]


def test_names_of_files_begin_beside_the_file_that_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    user = write_user_file('[run]\ntlsCert = "me.pem"\ntlsKey = "~/k"\ntlsCa = "/ca"\n')
    got = options()
    assert got.tlsCert == str(user.parent / "me.pem")
    assert (got.tlsKey, got.tlsCa) == ("/home/me/k", "/ca")
    other = tmp_path / "other.toml"
    other.write_text('inventory = "hosts"\n')
    assert options(f"--config={other}").inventory == str(tmp_path / "hosts")


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        ((), {}, {"workers": "embedded", "quiet": True}),
        (("--inventory=i",), {}, {"workers": None, "quiet": True}),
        (("--listen=unix:s",), {}, {"workers": None, "quiet": True}),
        (("--verbose",), {}, {"workers": "embedded", "quiet": False}),
        ((), {"MAPREDUCE_WORKERS": "a:1"}, {"workers": None, "quiet": True}),
    ],
)
def test_what_is_typed_hides_what_would_contradict_it(
    project: Path, words: tuple[str, ...], environ: dict[str, str], told: dict[str, object]
) -> None:
    project.write_text('[run]\nworkers = "embedded"\nquiet = true\n')
    got = options(*words, environ=environ)
    assert {name: getattr(got, name) for name in told} == told


def test_a_stronger_file_hides_what_would_contradict_it(project: Path) -> None:
    project.write_text('inventory = "hosts"\n')
    write_user_file('[run]\nworkers = "embedded"\n')
    got = options()
    assert (got.inventory, got.workers) == ("hosts", None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("numReducers = 2", "there is no key numReducers at the top; keys of commands stand "),
        ("inventry = ''", "there is no key inventry at the top; did you mean inventory?"),
        ("run = 2", "run is a table: write [run]"),
        ("[rnu]", "there is no table [rnu]; did you mean [run]?"),
        ("[other]", "there is no table [other]; there are [run], [workers], "),
        (
            "[run]\nnumReducer = 2",
            "[run] numReducer: there is no such key; did you mean numReducers?",
        ),
        ("[run]\nxyz = 2", "[run] xyz: there is no such key; hadoopless run --help lists them all"),
        ("[run]\njson = true", "[run] json: this option is for the command line alone"),
        ("[run]\nsortValues = 1", "[run] sortValues: write true or false"),
        ("[run]\nslots = 0", "[run] slots: must be a whole number, at least 1, not '0'"),
        ("[run]\nslots = true", "[run] slots: write a number or a text, such as slots = 4"),
        ("[run]\njobPath = 3", '[run] jobPath: write a text, such as jobPath = "…"'),
        ("[run]\njobPath = ['a']", '[run] jobPath: write a text, such as jobPath = "…"'),
        ("[run]\nenv = 3", "[run] env: write a text or a list of texts"),
        ("[run]\nworkers = [3]", "[run] workers: write a text or a list of texts"),
        ("[run.slots]\na = 1", "[run] slots: write a number or a text"),
        ("inventory = {a = 1}", "inventory: write a text"),
    ],
)
def test_mistakes(project: Path, text: str, told: str) -> None:
    project.write_text(text)
    with pytest.raises(UsageError) as caught:
        options()
    assert str(caught.value).startswith(f"hadoopless.toml: {told}")
    assert "\n" not in str(caught.value)


def test_words_that_are_left() -> None:
    parser = Parser(prog="it")
    with pytest.raises(UsageError, match="unrecognized arguments: a b"):
        parse_all(parser, ["a", "b"], None)


@pytest.mark.parametrize("kind", [UsageError, DiskError])
def test_errors_name_the_place(kind: type[MapReduceError]) -> None:
    got = argparse.Namespace(sources={"slots": "f.toml: [run] slots", "root": "f.toml: root"})
    with pytest.raises(kind) as caught, naming_sources(got):
        raise kind("leave out --slots")
    assert str(caught.value) == "leave out --slots (set in f.toml: [run] slots)"
    with pytest.raises(kind) as caught, naming_sources(got):
        raise kind("--slotsOfOthers are wrong")
    assert str(caught.value) == "--slotsOfOthers are wrong"


def test_help_reads_no_file(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_text("broken")
    with pytest.raises(SystemExit):
        options("--help")
    assert "--mapperPath" in capsys.readouterr().out


def test_the_files_at_the_top_read_them_too(project: Path) -> None:
    project.write_text("[run]\nslots = -1\n[workers]\nid = 3\n")
    for file, told in (
        ("coordinator.py", "hadoopless.toml: [run] slots: must be a whole number, at least 1"),
        ("workers.py", "--id and --once are for --join (set in hadoopless.toml: [workers] id)"),
    ):
        done = subprocess.run(
            [sys.executable, REPOSITORY / file], capture_output=True, text=True, cwd=project.parent
        )
        assert done.returncode == 2
        assert done.stderr.startswith(f"{file}: {told}")
        assert done.stderr.count("\n") == 1


def test_nothing_more_is_loaded_where_there_is_no_file(project: Path) -> None:
    script = "import sys\nfrom hadoopless.coordinator.options import parse_options\n"
    script += f"parse_options({JOB!r}, files=True)\nprint('tomllib' in sys.modules)"
    for expected in ("False\n", "True\n"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            cwd=project.parent,
            env={"PYTHONPATH": str(REPOSITORY)},
        )
        assert done.stdout == expected, done.stderr
        project.write_text("")
