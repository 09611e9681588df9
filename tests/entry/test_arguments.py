"""Messages about wrong options that go beyond those of argparse."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import pytest

from hadoopless.entry.arguments import Parser, count
from hadoopless.errors import UsageError


@pytest.fixture
def parser() -> Parser:
    """A parser with options such as ours."""
    parser = Parser(prog="it")
    parser.add_argument("--mapperPath", required=True)
    parser.add_argument("--reducerPath", required=True)
    parser.add_argument("--numReducers", type=count)
    parser.add_argument("--inputPath", action="extend", nargs="+")
    parser.add_argument("--env", action="append")
    parser.add_argument("--workers")
    parser.add_argument("--workerTimeout")
    parser.add_argument("--speculate", action=argparse.BooleanOptionalAction)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--embedded", help=argparse.SUPPRESS)
    return parser


REQUIRED = ("--mapperPath=m", "--reducerPath=r")


def told(parser: Parser, words: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that *parser* tells about *words*."""
    with pytest.raises(UsageError) as caught:
        parser.parse_args(words)
    assert capsys.readouterr() == ("", "")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "name", "meant"),
    [
        (["--maperPath=m"], "--maperPath", "--mapperPath"),
        (["--maperPath", "m", "--reducerPath=r"], "--maperPath", "--mapperPath"),
        (["--mapper", "m"], "--mapper", "--mapperPath"),
        (["--mapper-path=m"], "--mapper-path", "--mapperPath"),
        (["--reducers=2"], "--reducers", "--numReducers"),
        (["--reducer=r"], "--reducer", "--reducerPath"),
        (["--num_reducers=2"], "--num_reducers", "--numReducers"),
        (["--numreducers", "3"], "--numreducers", "--numReducers"),
        (["-numReducers=3"], "-numReducers", "--numReducers"),
        (["--worker=x"], "--worker", "--workers"),
        (["--in", "a"], "--in", None),
        (["--other=1"], "--other", None),
        (["--embeded=1"], "--embeded", None),
        (["--"], "", None),
    ],
)
def test_a_misspelt_option(
    parser: Parser,
    words: list[str],
    name: str,
    meant: str | None,
    capsys: pytest.CaptureFixture[str],
):
    """It is told before any option that is missing because of it."""
    hint = f"did you mean {meant}?" if meant else "it --help lists them all"
    expected = f"there is no option {name}; {hint}"
    if not name:
        expected = "the following arguments are required: --mapperPath, --reducerPath"
    assert told(parser, words, capsys) == expected


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--mapperPath=n"], "--mapperPath is given twice; which one counts?"),
        (["--numReducers=1", "--numReducers", "1"], "--numReducers is given twice; which one"),
        (["--speculate", "--no-speculate"], "--speculate and --no-speculate contradict each other"),
        (["stray"], "unrecognized arguments: stray"),
        (["--numReducers=x"], "argument --numReducers: must be a whole number"),
        (["--numReducers"], "argument --numReducers: expected one argument"),
    ],
)
def test_other_mistakes(
    parser: Parser, words: list[str], text: str, capsys: pytest.CaptureFixture[str]
):
    assert told(parser, [*REQUIRED, *words], capsys).startswith(text)


def test_words_that_are_right(parser: Parser):
    words = ["--inputPath", "a", "b", "--inputPath=c", "--verbose", "--verbose", "--no-speculate"]
    words += ["--env=A=--x", "--env", "B", "--numReducers", "7", "--workers", "-x y"]
    got = parser.parse_args([*REQUIRED, *words])
    assert (got.inputPath, got.env) == (["a", "b", "c"], ["A=--x", "B"])
    assert (got.verbose, got.speculate, got.numReducers, got.workers) == (True, False, 7, "-x y")


def test_options_are_written_in_full(parser: Parser, capsys: pytest.CaptureFixture[str]):
    assert told(parser, ["--numR=3"], capsys).startswith("there is no option --numR; did you mean")


def test_help_comes_before_mistakes(parser: Parser, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="0"):
        parser.parse_args(["--help", "--nonsense"])
    assert capsys.readouterr().out.startswith("usage: it ")
