"""The kernels' machine code: made once, kept, checked, and run without numba."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from hadoopless.data.machine import cache, kernels
from hadoopless.data.machine.kernels import Kernel
from hadoopless.data.machine.lines import last_newline
from hadoopless.data.sort.sort_kernels import scan
from hadoopless.errors import MapReduceError
from tests.oracle import REPOSITORY

DATA = REPOSITORY / "hadoopless" / "data"


def test_no_kernel_was_forgotten() -> None:
    users = [path for path in DATA.rglob("*.py") if "@kernel\n" in path.read_text()]
    modules = [".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in users]
    values = [value for module in modules for value in vars(import_module(module)).values()]
    names = {value.name for value in values if isinstance(value, Kernel)}
    assert names == set(kernels.load())
    assert len(names) > 25


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


def packed(code: bytes) -> bytes:
    """As the compiler writes it."""
    return b'{"crc": %d, "results": {"one": 2}}\n' % zlib.crc32(code) + code


def test_what_was_compiled_is_kept_where_that_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()  # where a directory should be
    places = (tmp_path / "file" / "within", tmp_path / "cache")
    monkeypatch.setattr(cache, "_places", lambda: iter(places))
    monkeypatch.setattr(cache, "_compile", lambda: packed(b"machine\ncode"))
    assert cache._kept("name") is None
    assert cache._made("name") == packed(b"machine\ncode")
    assert [path.name for path in places[1].iterdir()] == ["name"]
    assert cache._kept("name") == (b"machine\ncode", {"one": 2})


@pytest.mark.parametrize("damaged", [b"", b"ELF", b"7\n", b"{}\n", packed(b"code")[:-1]])
def test_damaged_code_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: bytes
) -> None:
    monkeypatch.setattr(cache, "_places", lambda: iter([tmp_path]))
    (tmp_path / "name").write_bytes(damaged)
    assert cache._kept("name") is None


def test_code_that_others_could_have_written_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_places", lambda: iter([tmp_path]))
    path = tmp_path / "name"
    path.write_bytes(packed(b"code"))
    path.chmod(0o664)
    assert cache._kept("name") is None
    path.chmod(0o644)
    assert cache._kept("name") == (b"code", {"one": 2})
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert cache._is_ours(path.stat())  # who owns the program may
    other = list(path.stat())
    other[4] = 54322
    assert not cache._is_ours(os.stat_result(other))


def test_no_cache_in_whatever_directory_we_run_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("XDG_CACHE_HOME", "cache"), ("HOME", "home")):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setenv(name, value)
        assert all(place.is_absolute() for place in cache._places())


def test_kernels_that_cannot_be_kept_are_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "name").mkdir()  # cannot be replaced by a file
    monkeypatch.setattr(cache, "_places", lambda: iter([tmp_path]))
    monkeypatch.setattr(cache, "_compile", lambda: packed(b"code"))
    assert cache._made("name") == packed(b"code")
    assert f"each start compiles them ({tmp_path}: Is a directory)" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["name"]


def test_a_compiler_that_fails_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_MODULES", ("hadoopless.no_kernels",))
    with pytest.raises(MapReduceError, match="cannot be compiled"):
        cache._compile()


def test_other_sources_or_processors_have_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {cache._digest(), cache._digest()}
    assert len(names) == 1
    monkeypatch.setattr(cache, "_MAKERS", ())
    names.add(cache._digest())
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_name", lambda: "another")
    names.add(cache._digest())
    assert len(names) == 3
