"""``hadoopless version`` and ``hadoopless --version``."""

from __future__ import annotations

import json

import pytest

from hadoopless import __version__, installation
from hadoopless.commands.main import run


@pytest.mark.parametrize("word", ["version", "--version"])
def test_versions(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([word]) == 0
    assert capsys.readouterr() == (f"hadoopless {__version__}\n", "")
    assert run([word, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["object"] == "version"
    assert (told["schema"], told["status"], told["exitCode"]) == (1, "succeeded", 0)
    assert (told["version"], told["home"]) == (__version__, installation.HOME)
    assert told["installed"] is False


def test_wrong_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version", "--jsn"]) == 2
    told = "hadoopless version: there is no option --jsn; did you mean --json?\n"
    assert capsys.readouterr() == ("", told)
