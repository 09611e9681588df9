"""What the options of a coordinator mean together, and what is refused before anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.coordinator.options import parse_options, wish_of
from hadoopless.coordinator.plan import Wish, plan_job
from hadoopless.errors import InputError, UsageError

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
        (["--jobPath=in", "--numReducers=100001"], "--numReducers: at most 100,000, not 100001"),
        (["--jobPath=in", "--numWorkers=2"], "--numWorkers .* needs --listen"),
        (["--jobPath=in", "--quiet", "--verbose"], "--quiet and --verbose contradict"),
    ],
)
def test_options_that_make_no_sense(words: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        wish(*words)


def test_a_tilde_is_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell leaves it as it is behind ``--option=``."""
    monkeypatch.setenv("HOME", "/home/me")
    got = wish_of(
        parse_options(
            [
                *("--mapperPath=~/m.py --lower ~/x", "--reducerPath=r.py"),
                *("--inputPath=~/a,b/~c,~/d", "--outputPath=~/out"),
            ]
        )
    )
    assert (got.mapper, got.reducer) == ("/home/me/m.py --lower ~/x", "r.py")
    assert got.input_paths == ["/home/me/a", "b/~c", "/home/me/d"]
    assert (got.output_path, got.job_path) == ("/home/me/out", None)


def test_an_input_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """It would be missing in the output without a word."""
    (tmp_path / "0.in").write_text("x\n")
    (tmp_path / "1.in").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"1.in: it is a link to nowhere, which does not exist"):
        plan_job(wish("--jobPath=."), str(tmp_path), print)
    (tmp_path / "1.in").unlink()
    (tmp_path / "x.in").mkdir()
    with pytest.raises(InputError, match=r"x.in: it is a directory"):
        plan_job(wish("--jobPath=."), str(tmp_path), print)


def test_inputs_of_other_names_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    (tmp_path / "b.txt").write_text("x\n")
    with pytest.raises(InputError, match=r"no input files \*.in in .; it holds 2 other file\(s\)"):
        plan_job(wish("--jobPath=."), str(tmp_path), print)


def test_a_directory_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "0.in").write_text("x\n")
    (tmp_path / "m").mkdir()
    options = parse_options(["--mapperPath=m", "--reducerPath=cat", "--jobPath=."])
    with pytest.raises(InputError, match="--mapperPath: m is a directory"):
        plan_job(wish_of(options), str(tmp_path), print)
