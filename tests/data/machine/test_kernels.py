"""Kernels check their arguments, need no numba when they run, and none is forgotten."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest

from hadoopless.data.machine import cache, kernels
from hadoopless.data.machine.kernels import Kernel
from hadoopless.data.machine.lines import last_newline
from hadoopless.data.sort.partition_kernels import hash_keys
from hadoopless.data.sort.sort_kernels import scan
from tests.oracle import REPOSITORY

DATA = REPOSITORY / "hadoopless" / "data"


def test_no_kernel_was_forgotten() -> None:
    users = [path for path in DATA.rglob("*.py") if "\n@kernel\n" in path.read_text()]
    modules = {".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in users}
    assert modules <= set(cache.MODULES)
    names = [kernel.name for name in modules for kernel in kernels.in_module(import_module(name))]
    assert len(names) == len(set(names)) > 25


def test_numba_is_not_needed_any_more() -> None:
    kernels.load()
    script = (
        "import sys, hadoopless.data.machine.kernels as kernels; kernels.load();"
        "sys.exit('numba' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, check=True)


def test_wrong_arrays_are_refused() -> None:
    right = (np.zeros((3, 8), np.uint32), np.zeros(8, np.uint32), np.zeros((1, 3), np.int64))
    assert scan(0, 0, np.zeros(8, np.uint64), *right) == (0, 0)
    for wrong in (np.zeros(8, np.int64), np.zeros((8, 1), np.uint64), np.zeros(16, np.uint64)[::2]):
        with pytest.raises(TypeError, match="uint64 in 1 dimension"):
            scan(0, 0, wrong, *right)
    with pytest.raises(ValueError, match="argument"):
        last_newline(0)


def test_empty_arrays_and_those_that_cannot_be_written_are_passed() -> None:
    assert hash_keys(0, 0, np.zeros((2, 0), np.uint32), 3, np.zeros(0, np.uint32)) is None
    found = np.zeros(1, np.uint32)
    no_key = np.frombuffer(bytes(8), np.uint32).reshape(2, 1)
    assert hash_keys(0, 1, no_key, 3, found) is None
    assert found[0] == 1


def test_a_kernel_in_no_known_module_is_told_of() -> None:
    def alone() -> None:
        """Has no machine code."""

    with pytest.raises(RuntimeError, match=r"test_kernels\.alone is in no module of .*cache\.py"):
        Kernel(alone)()  # type: ignore[arg-type]


def test_only_known_types_can_be_declared() -> None:
    def odd(numbers: np.ndarray) -> None:
        """Declares an array of any type."""

    with pytest.raises(TypeError, match=r"odd declares 'np.ndarray', which is no type of a kernel"):
        kernels.kernel(odd)
