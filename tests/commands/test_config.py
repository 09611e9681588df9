"""``hadoopless config show`` tells each value and its source, and no secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hadoopless.commands.config import main
from hadoopless.commands.table import COMMANDS

MODULES = {word: command.options for word, command in COMMANDS.items() if command.options}


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a project, in a directory of its own."""
    (tmp_path / "project").mkdir(mode=0o755)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nowhere")
    path = tmp_path / "project" / "hadoopless.toml"
    path.write_text(
        '[run]\nslots = 4\nenv = ["PASSWORD=s3cret", "B"]\nworkers = ["http://me:s3cret@h:1"]\n'
        '[workers]\nmemory = "2GB"\n'
    )
    return path


def shown(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["show", *words], MODULES) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "s3cret" not in out
    return out


def test_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAPREDUCE_TOKEN", "s3cret")
    monkeypatch.setenv("MAPREDUCE_TLS_CERT", "me.pem")
    lines = shown(capsys=capsys).splitlines()
    rows = [line.split() for line in lines]
    assert lines[:3] == [
        "hadoopless.toml: read",
        "/nowhere/hadoopless/config.toml: not there",
        "MAPREDUCE_TOKEN: given, and not shown",
    ]
    assert ["slots", "4", "hadoopless.toml:", "[run]", "slots"] in rows
    assert ["env", '["PASSWORD=…",', '"B"]', "hadoopless.toml:", "[run]", "env"] in rows
    assert ["memory", '"2GB"', "hadoopless.toml:", "[workers]", "memory"] in rows
    assert ["tlsCert", '"me.pem"', "MAPREDUCE_TLS_CERT"] in rows
    assert ["keepOutputs", "3600", "default"] in rows
    assert ["mapperPath", "-"] in rows


def test_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    told: dict[str, Any] = json.loads(shown("run", "--json", capsys=capsys))
    head = {name: told[name] for name in ("object", "schema", "status", "exitCode", "token")}
    assert head == {
        "object": "config",
        "schema": 1,
        "status": "succeeded",
        "exitCode": 0,
        "token": False,
    }
    assert told["files"] == [
        {"path": "hadoopless.toml", "read": True},
        {"path": "/nowhere/hadoopless/config.toml", "read": False},
    ]
    assert {row["command"] for row in told["values"]} == {"run"}
    assert {
        "command": "run",
        "name": "slots",
        "value": 4,
        "source": "file",
        "place": "hadoopless.toml: [run] slots",
    } in told["values"]
    (workers,) = [row["value"] for row in told["values"] if row["name"] == "workers"]
    assert workers == ["http://…@h:1"]


def test_other_files(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "toml" not in shown("--config=none", capsys=capsys)
    project.rename("other.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", "")
    monkeypatch.setenv("HOME", "nowhere")
    assert shown("--config=other.toml", capsys=capsys).startswith("other.toml: read\n\n[run]\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: show"),
        (["shw"], "show: there is no shw; did you mean show?"),
        (["show", "wokers"], "COMMAND: there is no wokers; did you mean workers?"),
        (["show", "xyz"], "COMMAND: there is no xyz; there are run, workers, "),
        (["show", "--jsn"], "there is no option --jsn; did you mean --json?"),
        (["show", "--config=no.toml"], "--config: no such file: no.toml"),
    ],
)
def test_wrong_words(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(words, MODULES)
    out, err = capsys.readouterr()
    assert (code, out) == (3 if "no.toml" in told else 2, "")
    assert err.startswith(f"hadoopless config: {told}")


def test_a_mistake_in_any_table_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project.write_text("[doctor]\nshard = 3\n")
    told = "hadoopless.toml: [doctor] shard: there is no such key; did you mean shared?"
    assert main(["show", "run", "--json"], MODULES) == 2
    out, err = capsys.readouterr()
    assert err == f"hadoopless config: {told}\n"
    assert json.loads(out)["error"] == {"kind": "usage", "message": told}
