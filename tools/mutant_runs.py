"""The pytest plugin of tools/mutants.py: it collects the tests once and runs each mutant in a fork.

In such a fork the mutant takes the place of its function, and the tests that call the function run,
the quickest first, until one fails. Most mutants are noticed within a tenth of a second.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

#: Names in the environment the modules whose mutants are to be run.
MODULES = "MUTANTS_OF"
#: Mutants that run at a time.
AT_ONCE = 2
#: A test ends that uses the processor for this many seconds and three times as long as it took
#: without a change: the first one of a process may have to load the kernels. The time on the clock
#: does not count, as the machine may be busy.
LIMIT = 5.0
#: The seconds of the processor that each test took without a change.
SECONDS = Path("seconds.json")

#: The exit codes that are kept for each mutant; mutmut shows the same ones.
SURVIVED = 0
NOTICED = 1
NO_TESTS = 33


class Test(NamedTuple):
    """A test, and the seconds of the processor after which it is ended."""

    item: pytest.Item
    limit: float


def meta_path(module: str, directory: Path) -> Path:
    """The file below *directory* in which mutmut keeps the mutants of *module*."""
    return directory.joinpath(*module.split(".")).with_suffix(".py.meta")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Run all mutants of the modules that the environment names, in place of the tests alone."""
    modules = os.environ.get(MODULES)
    if modules is None:
        return None  # mutmut runs the tests as they are, to learn which function each one calls
    gc.freeze()
    [(_, code)] = _exit_codes({"": [Test(item, 60.0) for item in session.items]})
    if code != SURVIVED:
        pytest.exit(f"the tests end with {code} without any change", returncode=1)
    seconds: Mapping[str, float] = json.loads(SECONDS.read_bytes())
    tests = [Test(item, LIMIT + 3 * seconds[item.nodeid]) for item in session.items]
    tests.sort(key=lambda test: test.limit)
    stats = json.loads(Path("mutmut-stats.json").read_bytes())
    for module in modules.split():
        _run_module(module, tests, stats["tests_by_mangled_function_name"])
    return True


def _run_module(module: str, tests: Sequence[Test], callers: Mapping[str, Sequence[str]]) -> None:
    """Keep the exit codes of all mutants of *module*, and how long they took together."""
    started = time.monotonic()
    path = meta_path(module, Path())
    meta: dict[str, Any] = json.loads(path.read_bytes())
    by_mutant = {}
    for mutant in meta["exit_code_by_key"]:
        names = frozenset(callers.get(mutant.partition("__mutmut_")[0], ()))
        by_mutant[mutant] = [test for test in tests if test.item.nodeid in names]
    meta["exit_code_by_key"] = dict(_exit_codes(by_mutant))
    path.write_text(json.dumps(meta))
    path.with_suffix(".minutes").write_text(str((time.monotonic() - started) / 60))


def _exit_codes(by_mutant: Mapping[str, Sequence[Test]]) -> Iterator[tuple[str, int]]:
    """For each mutant its name and the exit code of the process that has run its tests."""
    running: dict[int, tuple[str, str]] = {}

    def ended() -> tuple[str, int]:
        process, status = os.wait()
        mutant, directory = running.pop(process)
        shutil.rmtree(directory, ignore_errors=True)
        return mutant, os.waitstatus_to_exitcode(status)

    for mutant, tests in by_mutant.items():
        if not tests:
            yield mutant, NO_TESTS
            continue
        if len(running) == AT_ONCE:
            yield ended()
        directory = tempfile.mkdtemp(prefix="mutant-")
        running[_started(mutant, tests, directory)] = mutant, directory
    while running:
        yield ended()


def _started(mutant: str, tests: Sequence[Test], directory: str) -> int:
    """The number of a new process that runs *tests* against *mutant*.

    Their temporary files lie below *directory*: pytest removes directories of others that lie
    beside its own.
    """
    from mutmut.mutation.trampoline import set_mutant_under_test  # the changed code needs it, too

    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    code = NOTICED
    try:
        if mutant:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        os.environ["PYTEST_DEBUG_TEMPROOT"] = directory
        set_mutant_under_test(mutant)
        seconds = _seconds(tests)
        if seconds is not None:
            code = SURVIVED
            if not mutant:
                SECONDS.write_text(json.dumps(seconds))
    finally:
        # Also for what a mutant raises that ends pytest itself; nothing else is to run here.
        os._exit(code)


def _seconds(tests: Sequence[Test]) -> dict[str, float] | None:
    """The time of the processor that each test took, by the tests' names; None: one has failed."""
    seconds = {}
    for test, following in zip(tests, [*tests[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_PROF, test.limit)
        started = time.process_time()
        nextitem = following and following.item
        test.item.config.hook.pytest_runtest_protocol(item=test.item, nextitem=nextitem)
        if test.item.session.testsfailed:
            print(f"\n{test.item.nodeid} fails", flush=True)
            return None
        seconds[test.item.nodeid] = time.process_time() - started
    return seconds
