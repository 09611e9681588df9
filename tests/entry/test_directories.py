"""The directories that every command needs, where they are missing."""

from __future__ import annotations

import signal
import tempfile
from pathlib import Path

import pytest

from hadoopless.entry.directories import current_directory, hidden, not_tmpdir, temporary_directory
from hadoopless.errors import DiskError, InputError


@pytest.fixture(autouse=True)
def looked_for_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has not settled yet where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_tmpdir_is_used_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", f"{tmp_path}/")
    used = temporary_directory()
    assert Path(used) == tmp_path
    assert not_tmpdir(used) is None


def test_no_signal_ends_the_process_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would leave the file with which a directory is tried."""
    seen: list[set[signal.Signals]] = []

    def look() -> str:
        seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))  # type: ignore[arg-type]
        return "/tmp"

    monkeypatch.setattr(tempfile, "gettempdir", look)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert temporary_directory() == "/tmp"
    assert seen[0] >= {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_missing_tmpdir_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    wanted = str(tmp_path / "none")
    monkeypatch.setenv("TMPDIR", wanted)
    used = temporary_directory()
    assert used != wanted
    assert not_tmpdir(used) == (f"TMPDIR={wanted} cannot be written: temporary files go to {used}")


@pytest.mark.parametrize("value", [None, ""])
def test_without_tmpdir_there_is_nothing_to_tell(
    value: str | None, monkeypatch: pytest.MonkeyPatch
):
    if value is None:
        monkeypatch.delenv("TMPDIR", raising=False)
    else:
        monkeypatch.setenv("TMPDIR", value)
    assert not_tmpdir(temporary_directory()) is None


def test_no_directory_for_temporary_files(monkeypatch: pytest.MonkeyPatch):
    def none_found() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in [...]")

    monkeypatch.setattr(tempfile, "gettempdir", none_found)
    with pytest.raises(DiskError, match=r"no directory can be written .*; set TMPDIR to one"):
        temporary_directory()


def test_the_current_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert current_directory() == str(gone)
    gone.rmdir()
    with pytest.raises(InputError, match="the current directory has been removed"):
        current_directory()


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/", "/etc/passwd/x", "x", "a\0b", "x" * 5000])
def test_nothing_is_hidden(path: str):
    assert hidden(path) == ""
