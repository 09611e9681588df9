"""Messages about wrong options that go beyond those of argparse."""

from __future__ import annotations

import argparse

import pytest

from hadoopless.entry.arguments import Parser


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--numReducer=3"], " (did you mean --numReducers?)"),
        (["--numreducers", "3"], " (did you mean --numReducers?)"),
        (["-numReducers=3"], " (did you mean --numReducers?)"),
        (["--other=1"], ""),
        (["--embeded=1"], ""),
        (["numReducer"], ""),
        ([""], ""),
        (["-"], ""),
    ],
)
def test_a_misspelt_option(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]):
    parser = Parser(prog="it")
    parser.add_argument("--numReducers")
    parser.add_argument("--embedded", help=argparse.SUPPRESS)
    with pytest.raises(SystemExit) as end:
        parser.parse_args(words)
    assert end.value.code == 2
    expected = f"it: error: unrecognized arguments: {' '.join(words)}{hint}\n"
    assert capsys.readouterr().err.endswith(expected)


def test_options_are_written_in_full(capsys: pytest.CaptureFixture[str]):
    parser = Parser(prog="it")
    parser.add_argument("--numReducers")
    with pytest.raises(SystemExit):
        parser.parse_args(["--numR=3"])
    assert "unrecognized arguments: --numR=3" in capsys.readouterr().err
