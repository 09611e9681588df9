"""The choice of an engine, at both front doors."""

from __future__ import annotations

import sys
import types

import pytest

from hadoopless.entry import engines, settings
from hadoopless.entry.arguments import Parser
from hadoopless.errors import UsageError


@pytest.fixture(autouse=True)
def other(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine called other."""
    module = types.ModuleType("other_engine")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(engines, "MODULES", {"other": module.__name__})


def parser() -> Parser:
    made = Parser(prog="run")
    engines.add_engine(made)
    engines.add_cargo(made)
    return made


def test_own_engine_is_usual() -> None:
    options, _ = settings.parse(parser(), [], None)
    assert options.engine == engines.OWN
    engines.check_own(options)


@pytest.mark.parametrize("word", ["--dryRun", "--files=a", "--property=a=b"])
def test_options_of_others_need_another_engine(word: str) -> None:
    options, _ = settings.parse(parser(), [word], None)
    with pytest.raises(UsageError, match=r"is for another engine: it needs --engine=other"):
        engines.check_own(options)


def test_options_of_others_in_a_file_do_not_count_for_our_own() -> None:
    options, _ = settings.parse(parser(), ["--files=a"], None)
    options.sources = {"files": "hadoopless.toml: [run] files"}
    engines.check_own(options)


def test_unknown_engine() -> None:
    with pytest.raises(UsageError, match="there is no othr; did you mean other"):
        parser().parse_args(["--engine=othr"])


@pytest.mark.parametrize("words", [[], ["-mapper", "cat"], ["--mapper", "cat"], ["dumptb", "x"]])
def test_words_of_streaming_without_an_engine_are_left_as_they_are(words: list[str]) -> None:
    assert engines.leading_options(words) == (None, words)


@pytest.mark.parametrize("chosen", [["--engine=other"], ["--engine", "other"]])
def test_leading_options_of_streaming(chosen: list[str]) -> None:
    options, rest = engines.leading_options(["--dryRun", *chosen, "--mapper", "--engine=x"])
    assert options is not None
    assert (options.engine, options.dryRun) == ("other", True)
    assert rest == ["--mapper", "--engine=x"]


def test_own_engine_may_be_named_in_front_of_streaming() -> None:
    assert engines.leading_options(["--engine=own", "-mapper"]) == (None, ["-mapper"])
    with pytest.raises(UsageError, match="--dryRun is for another engine"):
        engines.leading_options(["--dryRun", "-mapper"])


def test_a_loop_ends() -> None:
    engines.check_no_loop({})
    with pytest.raises(UsageError, match="started in place of a real Hadoop"):
        engines.check_no_loop({engines.MARK: "hadoop"})


def test_an_engine_is_loaded_by_its_name() -> None:
    assert engines.loaded("other") is sys.modules["other_engine"]
    with pytest.raises(UsageError, match="--engine: there is no spork; there are own, other"):
        engines.loaded("spork")


def test_options_of_one_engine_are_not_for_another() -> None:
    options, _ = settings.parse(parser(), ["--engine=other", "--master=local"], None)
    with pytest.raises(UsageError, match="--master is for --engine=spark, and not for other"):
        engines.engine_of(options)
    options.sources = {"master": "hadoopless.toml: [run] master"}
    assert engines.engine_of(options) is sys.modules["other_engine"]
