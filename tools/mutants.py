"""Changes the code in thousands of small ways, one at a time, and counts which the tests notice.

``make mutants`` runs it, over the modules that ``[tool.mutmut]`` of pyproject.toml names, or over
some of them: ``make mutants MUTANTS=hadoopless.scheduler.queues``. Everything is written to
``mutants/``, which is made anew: a copy of the code, of the tests, and of what they need.
docs/mutants.md says what was found.

mutmut makes the mutants and finds out which tests call which function; tools/mutant_runs.py runs
them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.mutant_runs import MODULES, NO_TESTS, SURVIVED, meta_path

REPOSITORY = Path(__file__).resolve().parent.parent
DIRECTORY = REPOSITORY / "mutants"
#: The share of the mutants of each module, in percent, that the tests must notice.
WANTED = 90.0
#: mutmut does what has to be done for all only when it may run some: here it is a single one.
ONE_MUTANT = "hadoopless.scheduler.states.*"


@dataclass(frozen=True, slots=True)
class Count:
    """The mutants of one module, counted by their ends."""

    module: str
    mutants: int
    #: The mutants that a test has noticed by its failure, or by a process that died or hung.
    noticed: int
    #: The ones of these whose tests used the processor for too long.
    endless: int
    untested: int
    minutes: float

    @property
    def score(self) -> float:
        """Noticed ones in a hundred."""
        return 100 * self.noticed / self.mutants if self.mutants else 100.0

    def __str__(self) -> str:
        survived = self.mutants - self.noticed - self.untested
        return (
            f"{self.module:42}{self.mutants:6}{self.noticed:9}{self.endless:9}{survived:10}"
            f"{self.untested:10}{self.score:8.1f}{self.minutes:9.1f}"
        )


HEAD = (
    f"{'module':42}{'mutants':>6}{'noticed':>8}{'endless':>9}{'survived':>10}{'untested':>10}"
    f"{'score':>8}{'minutes':>9}"
)


def count(module: str, exit_codes: Iterable[int], minutes: float) -> Count:
    """The figures of a module from what the processes of its mutants ended with."""
    codes = list(exit_codes)
    untested = codes.count(NO_TESTS)
    noticed = len(codes) - codes.count(SURVIVED) - untested
    return Count(module, len(codes), noticed, codes.count(-signal.SIGPROF), untested, minutes)


def total(counts: Iterable[Count]) -> Count:
    """The sum of *counts*."""
    all_counts = list(counts)
    return Count(
        "all",
        sum(one.mutants for one in all_counts),
        sum(one.noticed for one in all_counts),
        sum(one.endless for one in all_counts),
        sum(one.untested for one in all_counts),
        sum(one.minutes for one in all_counts),
    )


def all_modules(patterns: Iterable[str]) -> list[str]:
    """The modules whose files match *patterns*."""
    paths = [path for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))]
    files = [path.relative_to(REPOSITORY) for path in paths if path.suffix == ".py"]
    return [".".join(file.with_suffix("").parts) for file in files]


def exit_codes(module: str) -> dict[str, int]:
    """The exit codes of the processes that ran a module's mutants, by the mutants' names."""
    codes: dict[str, int] = json.loads(meta_path(module, DIRECTORY).read_bytes())[
        "exit_code_by_key"
    ]
    return codes


def counted(module: str) -> Count:
    """The figures of a module whose mutants were run."""
    minutes = meta_path(module, DIRECTORY).with_suffix(".minutes")
    return count(module, exit_codes(module).values(), float(minutes.read_text()))


def main(modules: Iterable[str]) -> int:
    """Run the mutants of *modules*, or of all; 1 when too few of a module's are noticed."""
    settings: dict[str, Any] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    mutmut_settings = settings["tool"]["mutmut"]
    known = all_modules(mutmut_settings["only_mutate"])
    named = list(modules) or known
    for module in named:
        if module not in known:
            sys.exit(f"no mutants are made of {module}, but of these: {', '.join(known)}")
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    run_one = [mutmut, "run", "--max-children", "1", ONE_MUTANT]
    ended = subprocess.run(run_one, cwd=REPOSITORY)
    if ended.returncode:
        sys.exit(f"mutmut has ended with {ended.returncode}")
    # Modules of nothing but definitions have no mutants.
    with_mutants = [module for module in named if exit_codes(module)]
    run_tests(with_mutants, mutmut_settings)
    for module in with_mutants:
        for name, code in exit_codes(module).items():
            if code in (SURVIVED, NO_TESTS):
                subprocess.run([mutmut, "show", name], cwd=REPOSITORY, check=True)
    counts = [counted(module) for module in with_mutants]
    print(HEAD, *counts, total(counts), sep="\n")
    return int(any(one.score < WANTED for one in counts))


def run_tests(modules: Iterable[str], mutmut_settings: dict[str, Any]) -> None:
    """Run the mutants of *modules*, with the tests and options that *mutmut_settings* name."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "--rootdir=.", "--tb=native"]
    command += mutmut_settings["pytest_add_cli_args"]
    command += mutmut_settings["pytest_add_cli_args_test_selection"]
    environment = {**os.environ, "MUTANT_UNDER_TEST": "", MODULES: " ".join(modules)}
    ended = subprocess.run(command, cwd=DIRECTORY, env=environment)
    if ended.returncode:
        sys.exit(f"pytest has ended with {ended.returncode}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
