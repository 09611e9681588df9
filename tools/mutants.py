"""Changes the code in thousands of small ways, one at a time, and counts which the tests notice.

``make mutants`` runs it, over the modules that ``[tool.mutmut]`` of pyproject.toml names, or over
some of them: ``make mutants MUTANTS=hadoopless.scheduler.queues``. Everything is written to
``mutants/``, which is made anew: a copy of the code, of the tests, and of what they need.
docs/mutants.md says what was found.

It is also the pytest plugin that runs the quickest tests first, and by which a test ends that runs
for ever. Only the processor's time counts, as the machine may be busy with other things.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
DIRECTORY = REPOSITORY / "mutants"
#: The share of the mutants of each module, in percent, that the tests must notice.
WANTED = 90.0
#: Seconds of the processor for a test; the longest one needs two.
LIMIT = 10.0

#: What mutmut writes in place of a process's exit code: no test calls the function.
_NO_TESTS = 33
_SURVIVED = 0


def pytest_runtest_logstart() -> None:
    """Let SIGPROF end the process of a mutant when the test that begins takes too long."""
    if os.environ.get("MUTANT_UNDER_TEST", "").startswith("hadoopless."):
        signal.setitimer(signal.ITIMER_PROF, LIMIT)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the quickest tests first: they notice most mutants, and the first failure ends a run."""
    stats = Path("mutmut-stats.json")
    if stats.exists():
        seconds = json.loads(stats.read_bytes())["duration_by_test"]
        items.sort(key=lambda item: seconds.get(item.nodeid, 0.0))


@dataclass(frozen=True, slots=True)
class Count:
    """What became of the mutants of one module."""

    module: str
    mutants: int
    #: By a test that failed, or by a process that died or did not end.
    noticed: int
    #: Of these, the ones whose tests did not end in time.
    endless: int
    untested: int
    minutes: float = 0.0

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


def count(module: str, exit_codes: Iterable[int], minutes: float = 0.0) -> Count:
    """The figures of a module from what the processes of its mutants ended with."""
    codes = list(exit_codes)
    untested = codes.count(_NO_TESTS)
    return Count(
        module,
        len(codes),
        len(codes) - codes.count(_SURVIVED) - untested,
        codes.count(-signal.SIGPROF) + codes.count(-signal.SIGXCPU),
        untested,
        minutes,
    )


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


def all_modules(repository: Path = REPOSITORY) -> list[str]:
    """The modules that ``[tool.mutmut]`` of pyproject.toml names."""
    settings = tomllib.loads((repository / "pyproject.toml").read_text())
    patterns = settings["tool"]["mutmut"]["only_mutate"]
    paths = [path for pattern in patterns for path in sorted(repository.glob(pattern))]
    return [".".join(path.relative_to(repository).with_suffix("").parts) for path in paths]


def exit_codes(module: str, directory: Path = DIRECTORY) -> dict[str, int | None] | None:
    """By the names of a module's mutants what their processes ended with; None: not made yet."""
    path = directory.joinpath(*module.split(".")).with_suffix(".py.meta")
    if not path.exists():
        return None
    codes: dict[str, int | None] = json.loads(path.read_bytes())["exit_code_by_key"]
    return codes


def run(module: str) -> Count | None:
    """Run the mutants of *module*, and show those that no test notices; None: it has none."""
    started = time.monotonic()
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    if exit_codes(module) == {}:
        return None
    command = [mutmut, "run", "--max-children", "2", f"{module}.*"]
    ended = subprocess.run(command, cwd=REPOSITORY)
    codes = exit_codes(module)
    if codes == {}:  # known only now, and an error for mutmut
        return None
    if ended.returncode or codes is None:
        sys.exit(f"mutmut has ended with {ended.returncode}")
    for name, code in codes.items():
        if code in (_SURVIVED, _NO_TESTS):
            subprocess.run([mutmut, "show", name], cwd=REPOSITORY, check=True)
    ran = [code for code in codes.values() if code is not None]
    return count(module, ran, (time.monotonic() - started) / 60)


def main(modules: Iterable[str]) -> int:
    """Run the mutants of *modules*, or of all; 1 when too few of a module's are noticed."""
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    counts = []
    for module in list(modules) or all_modules():
        one = run(module)
        if one is not None:
            counts.append(one)
            print(HEAD, one, sep="\n", flush=True)
    print(HEAD, *counts, total(counts), sep="\n")
    return int(any(one.score < WANTED for one in counts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
