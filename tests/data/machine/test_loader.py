"""Machine code is used only after each kernel has passed its self-test."""

from __future__ import annotations

import logging
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hadoopless.data.machine import cache, compiler, kernels, lines, loader, prebuilt
from hadoopless.data.machine.cache import Cache
from hadoopless.data.machine.kernels import Kernel
from hadoopless.data.machine.selftest import with_addresses
from hadoopless.errors import MapReduceError
from tests.oracle import REPOSITORY
from tools import kernel_libraries

KERNELS = [kernel for name in cache.MODULES for kernel in kernels.in_module(import_module(name))]
#: A module with few kernels: it compiles in a second or two.
LINES = "hadoopless.data.machine.lines"


@pytest.fixture(autouse=True)
def _usual_code() -> Iterator[None]:
    """The tests leave the kernels with the code of the cache."""
    kernels.load()
    yield
    loader.load()


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_each_kernel_has_a_test_that_it_passes(kernel: Kernel) -> None:
    assert kernel.test is not None
    assert kernel.test(with_addresses(kernel))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_each_test_sees_wrong_results_and_missing_writes(kernel: Kernel) -> None:
    assert kernel.test is not None
    right = with_addresses(kernel)
    seen = {"results": False, "writes": False}

    def with_wrong_results(*arguments: Any) -> Any:
        results = right(*arguments)
        if results is None:
            return None
        seen["results"] = True
        return (*results[:-1], results[-1] + 1) if isinstance(results, tuple) else results + 1

    def without_writes(*arguments: Any) -> Any:
        copies = [one.copy() if isinstance(one, np.ndarray) else one for one in arguments]
        results = right(*copies)
        for one, copy in zip(arguments, copies, strict=True):
            if isinstance(one, np.ndarray) and not np.array_equal(one, copy):
                seen["writes"] = True
        return results

    assert not (kernel.test(with_wrong_results) and seen["results"])
    assert not (kernel.test(without_writes) and seen["writes"])
    assert any(seen.values())


@pytest.fixture(scope="module")
def wrong_code(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An object file of LINES in which one kernel was compiled from another source."""
    root = tmp_path_factory.mktemp("changed")
    machine = root / "hadoopless" / "data" / "machine"
    shutil.copytree(Path(lines.__file__).parent, machine)
    for package in (root / "hadoopless", root / "hadoopless" / "data"):
        (package / "__init__.py").touch()
    source = (machine / "lines.py").read_text()
    assert source.count("        lines += 1\n") == 1
    (machine / "lines.py").write_text(
        source.replace("        lines += 1\n", "        lines += 2\n")
    )
    command = [sys.executable, "-P", "-m", "hadoopless.data.machine.compiler", LINES]
    environment = {**os.environ, "PYTHONPATH": str(root), "NUMBA_OPT": "1"}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout


def test_code_that_computes_wrong_is_compiled_again(
    tmp_path: Path, wrong_code: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    files, name = Cache([tmp_path]), cache.file_name([LINES])
    files.keep(wrong_code, name)
    loader.load([LINES], files)
    assert "the kernels lines.count_lines are damaged or were compiled wrongly" in caplog.text
    right = files.find(name)
    assert right != wrong_code
    caplog.clear()
    loader.load([LINES], files)
    assert not caplog.records
    assert files.find(name) == right


def test_fresh_code_that_computes_wrong_is_an_error(tmp_path: Path, wrong_code: bytes) -> None:
    files = Cache([tmp_path])
    with pytest.raises(
        MapReduceError,
        match=r"^the kernels lines\.count_lines compute wrong results as compiled by numba [\d.]+ "
        r".*; install the versions that are asked for: pip install -r /.*requirements\.txt$",
    ):
        loader.load([LINES], files, lambda modules: wrong_code)
    assert files.find(cache.file_name([LINES])) is None
    text = np.frombuffer(b"a\nb\n" + bytes(16), np.uint8)
    assert lines.count_lines(text.ctypes.data, 4) == 2  # the code from before


def test_code_without_a_kernel_is_not_used(wrong_code: bytes) -> None:
    other = "hadoopless.data.record.frame_kernels"
    assert loader.failing_in(wrong_code, [other]) == ["frame_kernels.whole_frames"]


def test_a_process_that_waited_uses_the_code_of_the_first(
    tmp_path: Path, wrong_code: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    name = cache.file_name([LINES])
    right = loader.compiled([LINES])

    class Late(Cache):
        """Finds the right code only at the second look."""

        def find(self, wanted: str) -> bytes | None:
            found = super().find(wanted)
            self.keep(right, name)
            return found

    Late([tmp_path]).keep(wrong_code, name)
    loader.load([LINES], Late([tmp_path]), never)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of LINES, as a wheel has one of all kernels."""
    if shutil.which("cc") is None:
        pytest.skip("there is no linker")
    path = tmp_path_factory.mktemp("library") / "kernels.so"
    kernel_libraries.link(loader.compiled([LINES], "x86-64-v2"), path, "x86_64")
    return path


def never(*_: object) -> bytes:
    pytest.fail("there is no need to look elsewhere")


def test_a_library_needs_no_cache_and_no_compiler(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "find_spec", never)
    monkeypatch.setattr(cache, "file_name", never)
    loader.load([LINES], Cache([tmp_path]), never, [library])
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_is_none_or_computes_wrong_is_left_out(
    library: Path, wrong_code: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong, nonsense = tmp_path / "wrong.so", tmp_path / "nonsense.so"
    kernel_libraries.link(wrong_code, wrong, os.uname().machine)
    nonsense.write_bytes(b"nonsense")
    loader.load([LINES], Cache([tmp_path]), never, [nonsense, wrong, library])
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("the kernels that came with the package cannot be loaded: ")
    assert second == f"the kernels lines.count_lines in {wrong} compute wrong results"


def test_a_library_without_a_kernel_is_not_used(library: Path) -> None:
    other = "hadoopless.data.record.frame_kernels"
    assert loader.failing_in_library(library, [other]) == ["frame_kernels.whole_frames"]


def test_without_a_compiler_the_line_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "find_spec", lambda name: None)
    monkeypatch.setattr(prebuilt, "why_none", lambda: "no wheel fits")
    told = (
        r"^the sort and merge kernels cannot run: no wheel fits, and numba, which compiles them, is"
        r" not installed; run: pip install -r /.*requirements\.txt$"
    )
    with pytest.raises(MapReduceError, match=told):
        loader.load([LINES], Cache([tmp_path]), never, [])


def test_two_first_starts_compile_once(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from hadoopless.data.machine import cache, loader;"
        f"loader.load(['{LINES}'], cache.Cache([pathlib.Path(sys.argv[1])]))"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    both = [
        subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = "".join(process.communicate()[1] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert told.count("compiling the sort and merge kernels") == 1


def test_who_waits_is_told_before_the_code_is_compiled(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says nothing then, and nobody is told where the code is there."""
    told: list[str] = []

    def compile_(modules: Sequence[str]) -> bytes:
        told.append("compiled")
        return loader.compiled(modules)

    for _ in range(2):
        loader.load([LINES], Cache([tmp_path]), compile_, [], lambda: told.append("waits"))
    assert told == ["waits", "compiled"]
    assert caplog.text == ""


def test_a_compiler_that_fails_is_told_of() -> None:
    with pytest.raises(MapReduceError, match="cannot be compiled"):
        loader.compiled(["hadoopless.no_kernels"])


def test_settings_of_a_users_numba_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    loader.load([LINES], Cache([tmp_path]))
    assert Cache([tmp_path]).find(cache.file_name([LINES]))


BAD_KERNELS = """
from __future__ import annotations
from hadoopless.data.machine.kernels import Int64s, kernel

@kernel
def bad(number, numbers: Int64s):
    {body}
"""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError", r"bad raises or allocates something: it needs \[.*'"),
        ("return len(str(number))", r"bad raises or allocates something: it needs \[.*'"),
        ("return number / 2", "a kernel returns float64, not up to 8 integers"),
        (f"return {'number, ' * 9}", "a kernel returns .*x 9.*, not up to 8 integers"),
        ("return numbers", "a kernel returns array.*, not up to 8 integers"),
    ],
)
def test_what_is_no_kernel_is_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, message: str
) -> None:
    (tmp_path / "bad_kernels.py").write_text(BAD_KERNELS.format(body=body))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bad_kernels", raising=False)
    with pytest.raises(TypeError, match=message):
        compiler.compiled(["bad_kernels"])


@pytest.mark.skipif(sys.platform != "linux", reason="object files have another form")
def test_the_object_file_needs_only_what_every_process_has() -> None:
    loader.load(libraries=[])  # compiled and kept, if that was never done here
    code = Cache(cache.directories()).find(cache.file_name())
    assert code is not None
    assert missing_in(code) <= {"memcpy", "memmove", "memset", "_GLOBAL_OFFSET_TABLE_"}


def missing_in(code: bytes) -> set[str]:
    """The symbols that an ELF object file of 64 bits leaves to others."""
    assert code[:5] == b"\x7fELF\x02"
    sections_at = struct.unpack_from("<Q", code, 0x28)[0]
    size, count = struct.unpack_from("<HH", code, 0x3A)
    sections = [
        struct.unpack_from("<IIQQQQIIQQ", code, sections_at + size * i) for i in range(count)
    ]
    symbols = next(section for section in sections if section[1] == 2)
    names = sections[symbols[6]]
    text = code[names[4] : names[4] + names[5]]
    found = struct.iter_unpack("<IBBHQQ", code[symbols[4] : symbols[4] + symbols[5]])
    return {
        text[name : text.index(b"\0", name)].decode()
        for name, _, _, section, _, _ in found
        if section == 0 and name != 0
    }
