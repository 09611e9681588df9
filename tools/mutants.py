"""Changes the code in thousands of small ways, one at a time, and counts which the tests notice.

``make mutants`` runs it, over the modules that ``[tool.mutmut]`` of pyproject.toml names, or over
some of them: ``make mutants MUTANTS=hadoopless.scheduler.queues``. Everything is written to
``mutants/``, which is made anew: a copy of the code, of the tests, and of what they need.

It is also the pytest plugin by which a test ends that runs for ever. Only the processor's time
counts, as the machine may be busy with other things.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

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

    @property
    def score(self) -> float:
        """Noticed ones in a hundred."""
        return 100 * self.noticed / self.mutants if self.mutants else 100.0

    def __str__(self) -> str:
        survived = self.mutants - self.noticed - self.untested
        return (
            f"{self.module:42}{self.mutants:6}{self.noticed:9}{self.endless:9}{survived:10}"
            f"{self.untested:10}{self.score:8.1f}"
        )


HEAD = (
    f"{'module':42}{'mutants':>6}{'noticed':>8}{'endless':>9}{'survived':>10}{'untested':>10}"
    f"{'score':>8}"
)


def count(module: str, exit_codes: Iterable[int]) -> Count:
    """The figures of a module from what the processes of its mutants ended with."""
    codes = list(exit_codes)
    untested = codes.count(_NO_TESTS)
    return Count(
        module,
        len(codes),
        len(codes) - codes.count(_SURVIVED) - untested,
        codes.count(-signal.SIGPROF) + codes.count(-signal.SIGXCPU),
        untested,
    )


def total(counts: Iterable[Count]) -> Count:
    """The sum of *counts*."""
    all_counts = list(counts)
    columns = zip(*((c.mutants, c.noticed, c.endless, c.untested) for c in all_counts), strict=True)
    return Count("all", *map(sum, columns))


def results(directory: Path = DIRECTORY) -> dict[str, dict[str, int]]:
    """For each module the exit codes of its mutants that were run, by their names."""
    found = {}
    for path in sorted(directory.glob("hadoopless/**/*.py.meta")):
        codes: Mapping[str, int | None] = json.loads(path.read_bytes())["exit_code_by_key"]
        run = {name: code for name, code in codes.items() if code is not None}
        if run:
            module = path.relative_to(directory).with_suffix("").with_suffix("")
            found[".".join(module.parts)] = run
    return found


def main(modules: Iterable[str]) -> int:
    """Runs the mutants of *modules*, or of all; 1 when too few of them are noticed."""
    started = time.monotonic()
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    names = [f"{module}.*" for module in modules]
    ended = subprocess.run([mutmut, "run", "--max-children", "2", *names], cwd=REPOSITORY)
    if ended.returncode:
        print(f"mutmut has ended with {ended.returncode}", file=sys.stderr)
        return 1
    found = results()
    for codes in found.values():
        for name, code in codes.items():
            if code in (_SURVIVED, _NO_TESTS):
                subprocess.run([mutmut, "show", name], cwd=REPOSITORY, check=True)
    counts = [count(module, codes.values()) for module, codes in found.items()]
    print(HEAD, *counts, total(counts), sep="\n")
    print(f"{(time.monotonic() - started) / 60:.0f} minutes")
    return int(any(one.score < WANTED for one in counts))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
