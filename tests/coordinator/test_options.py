"""The options of a coordinator make one job; wrong ones are refused before anything begins."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.coordinator.options import (
    number_of_workers,
    parse_options,
    unused_options,
    wish_of,
)
from hadoopless.coordinator.planning.plan import Wish, plan_job
from hadoopless.errors import InputError, UsageError
from hadoopless.rules import PLAIN_RULES

PROGRAMS = ("--mapperPath=cat", "--reducerPath=cat")


def wish(*words: str) -> Wish:
    return wish_of(parse_options([*PROGRAMS, *words]))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--jobPath="], "--jobPath is empty; is a variable unset"),
        (["--jobPath=in", "--outputPath="], "--outputPath is empty"),
        (["--jobPath=in", "--combinerPath="], "--combinerPath is empty"),
        (["--jobPath=in", "--workers="], "--workers is empty"),
        (["--jobPath=in", "--listen="], "--listen is empty"),
        (["--jobPath=in", "--inputPath="], "--inputPath names no path"),
        (["--jobPath=in", "--outputPath=-"], "- is no directory"),
        (["--jobPath=in", "--numReducers=100001"], "--numReducers: at most 100,000, not 100001"),
        (["--jobPath=in", "--slots=2", "--listen=unix:s"], "one task at a time: leave out --slots"),
        (["--jobPath=in", "--numWorkers=2"], "--numWorkers .* needs --listen"),
        (["--jobPath=in", "--quiet", "--verbose"], "--quiet and --verbose contradict"),
        (["--jobPath=in", "--inputPath=a,-", "--resume"], "--resume cannot go on .* stdin is gone"),
    ],
)
def test_options_that_make_no_sense(words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wish(*words)


def test_variables_of_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HERE", "a=b")
    got = wish("--env=HERE", "--env", "EMPTY=", "--env=_1=x=y", "--jobPath=in")
    assert got.environment == (("HERE", "a=b"), ("EMPTY", ""), ("_1", "x=y"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--env="], "--env: not the name of a variable: ''; write --env NAME=VALUE"),
        (["--env=1A=x"], "--env: not the name of a variable: '1A'"),
        (["--env=A-B"], "--env: not the name of a variable: 'A-B'"),
        (["--env=NOWHERE"], "--env: NOWHERE is not set here; write --env NOWHERE=VALUE"),
        (["--env=A=1", "--env=A=1"], "--env gives A twice"),
    ],
)
def test_variables_that_make_no_sense(words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wish("--jobPath=in", *words)


def test_a_tilde_is_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell leaves it as it is behind ``--option=``."""
    monkeypatch.setenv("HOME", "/home/me")
    got = wish_of(
        parse_options(
            [
                *("--mapperPath=~/m.py --lower ~/x", "--reducerPath=r.py"),
                "--outputPath=~/out",
            ]
        )
    )
    assert (got.mapper, got.reducer) == ("/home/me/m.py --lower ~/x", "r.py")
    assert (got.output_path, got.job_path) == ("/home/me/out", None)


def test_an_input_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It would be missing in the output without a word."""
    (tmp_path / "0.in").write_text("x\n")
    (tmp_path / "1.in").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"1.in: it is a link to nowhere, which does not exist"):
        plan_job(wish("--jobPath=."), str(tmp_path), print, ExitStack())
    (tmp_path / "1.in").unlink()
    (tmp_path / "x.in").mkdir()
    with pytest.raises(InputError, match=r"x.in: it is a directory"):
        plan_job(wish("--jobPath=."), str(tmp_path), print, ExitStack())


def test_inputs_of_other_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    (tmp_path / "b.txt").write_text("x\n")
    with pytest.raises(InputError, match=r"no input files \*.in in .; it holds 2 other file\(s\)"):
        plan_job(wish("--jobPath=."), str(tmp_path), print, ExitStack())


def test_a_directory_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "0.in").write_text("x\n")
    (tmp_path / "m").mkdir()
    options = parse_options(["--mapperPath=m", "--reducerPath=cat", "--jobPath=."])
    with pytest.raises(InputError, match="--mapperPath: m is a directory"):
        plan_job(wish_of(options), str(tmp_path), print, ExitStack())


def test_directories_may_be_uris_of_files() -> None:
    got = wish("--jobPath=file:///in", "--outputPath=file:/out")
    assert (got.job_path, got.output_path) == ("/in", "/out")
    with pytest.raises(InputError, match=r"the directory hdfs:///out is in a file system that"):
        wish("--jobPath=in", "--outputPath=hdfs:///out")


def test_one_option_may_name_several_inputs() -> None:
    got = wish("--inputPath", "a", "b", "--outputPath=out", "--inputPath=c")
    assert got.inputs == ["a", "b", "c"]


def test_inputs_that_an_equals_sign_cuts_off() -> None:
    text = r"unrecognized arguments: b \(several inputs: --inputPath A B, or"
    with pytest.raises(UsageError, match=text):
        wish("--inputPath=a", "b")


def test_a_job_without_reducers_needs_no_reducer() -> None:
    words = ["--mapperPath=cat", "--jobPath=in"]
    with pytest.raises(UsageError, match=r"are required: --reducerPath \(or --numReducers=0, for"):
        parse_options(words)
    got = wish_of(parse_options([*words, "--numReducers=0"]))
    assert (got.reducer, got.num_reducers) == ("", 0)


def test_options_of_reducers_are_not_used_without_reducers(tmp_path: Path) -> None:
    words = ["--combinerPath=nobody", "--partitionerPath=nobody", "--totalOrder", "--sortValues"]
    options = parse_options([*PROGRAMS, *words, "--jobPath=.", "--numReducers=0"])
    assert len(unused_options(options)) == 5
    assert unused_options(parse_options([*PROGRAMS, *words, "--jobPath=."])) == []
    (tmp_path / "0.in").touch()
    spec = plan_job(wish_of(options), str(tmp_path), print, ExitStack())
    assert (spec.reducer, spec.combiner, spec.num_outputs) == ("", None, 1)
    assert spec.rules == replace(PLAIN_RULES, map_only=True)


@pytest.mark.parametrize(("words", "wanted"), [(["--numReducers=0"], 1), (["--numReducers=3"], 3)])
def test_workers_that_a_job_waits_for(words: list[str], wanted: int) -> None:
    options = parse_options([*PROGRAMS, "--jobPath=in", "--listen=unix:s", *words])
    assert number_of_workers(options) == wanted


@pytest.mark.parametrize(("reducers", "warned"), [(5_000, False), (5_001, True)])
def test_very_many_reducers_are_doubted(tmp_path: Path, reducers: int, warned: bool) -> None:
    (tmp_path / "0.in").write_text("x\n")
    said: list[str] = []
    with ExitStack() as stack:
        options = ["--jobPath=.", f"--numReducers={reducers}"]
        plan_job(wish(*options), str(tmp_path), said.append, stack)
    assert said == ["5,001 reducers make 5,001 tasks and as many output files; is that meant?"] * (
        warned
    )
