"""Object files are kept, checked and found again; only one process compiles at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from hadoopless.data.machine import cache
from hadoopless.data.machine.cache import Cache
from tests.oracle import REPOSITORY


def kept(code: bytes) -> bytes:
    """The file in which *code* is kept."""
    return b"%08x\n" % zlib.crc32(code) + code


def test_what_was_compiled_is_kept_where_that_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # where a directory should be
    places = (tmp_path / "file" / "within", tmp_path / "cache")
    assert Cache(places).find("name") is None
    Cache(places).keep(b"machine\ncode", "name")
    assert [path.name for path in places[1].iterdir()] == ["name"]
    assert Cache(places).find("name") == b"machine\ncode"


def test_other_users_of_the_installation_may_read_what_is_kept(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        Cache([tmp_path]).keep(b"code", "name")
    finally:
        os.umask(before)
    assert (tmp_path / "name").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("damaged", [b"", b"ELF", b"7\n", b"x\n", kept(b"code")[:-1]])
def test_damaged_code_is_as_good_as_none(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "name").write_bytes(damaged)
    assert Cache([tmp_path]).find("name") is None


def test_code_that_others_could_have_written_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "name"
    path.write_bytes(kept(b"code"))
    for wrong in (0o664, 0o646):
        path.chmod(wrong)
        assert Cache([tmp_path]).find("name") is None
    path.chmod(0o644)
    assert Cache([tmp_path]).find("name") == b"code"
    monkeypatch.setattr("os.getuid", lambda: 54321)
    assert cache.is_ours(path.stat())  # who owns the program may
    other = list(path.stat())
    other[4] = 54322
    assert not cache.is_ours(os.stat_result(other))


def test_no_cache_in_whatever_directory_we_run_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("XDG_CACHE_HOME", "cache"), ("HOME", "home")):
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        monkeypatch.setenv(name, value)
        assert all(place.is_absolute() for place in cache.directories())


def test_kernels_that_cannot_be_kept_are_used_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "name").mkdir()  # cannot be replaced by a file
    Cache([tmp_path]).keep(b"code", "name")
    assert f"each start compiles them ({tmp_path}: Is a directory)" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["name"]


def test_other_sources_or_processors_have_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {cache.digest(), cache.digest((*cache.MODULES, *cache.MAKERS))}
    assert len(names) == 1
    names.add(cache.digest(cache.MODULES))
    names.add(cache.digest(cache.MODULES[1:]))
    monkeypatch.setattr("llvmlite.binding.get_host_cpu_name", lambda: "another")
    names.add(cache.digest())
    assert len(names) == 4


HOLDER = """
import sys
from pathlib import Path
from hadoopless.data.machine.cache import Cache
cache = Cache([Path(sys.argv[1])])
with cache.only_one_compiles():
    print("locked", flush=True)
    if sys.stdin.readline():
        cache.keep(b"code", "name")
"""


def holder(directory: Path) -> subprocess.Popen[str]:
    """A process that has the lock; a line on its stdin makes it keep a file and end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(directory)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    return process


def test_who_comes_second_finds_what_the_first_has_kept(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert Cache([tmp_path]).find("name") is None
        assert first.stdin is not None
        first.stdin.write("\n")
        first.stdin.flush()
        with Cache([tmp_path]).only_one_compiles():
            assert Cache([tmp_path]).find("name") == b"code"


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        first.kill()
        with Cache([tmp_path]).only_one_compiles():
            assert first.wait() < 0


def test_nobody_waits_for_ever(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        with Cache([tmp_path], patience=0.0).only_one_compiles():
            assert first.poll() is None
        first.communicate()


def test_where_nothing_can_be_locked_everybody_compiles(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = []
    with Cache([tmp_path / "file" / "within"]).only_one_compiles():
        done.append(1)
    assert done
