"""The files of a job: copies under their names, removed at the end and after a killed client."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hadoopless.errors import DiskError, InputError, UsageError
from hadoopless.streaming.shipping.staging import Staging
from tests.oracle import REPOSITORY


@pytest.fixture
def base(tmp_path: Path) -> Path:
    base = tmp_path / "base"
    base.mkdir()
    return base


@pytest.fixture
def files(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    (files / "dir/sub").mkdir(parents=True)
    for name in ("mapper.py", "dict.txt", "dir/one", "dir/sub/two"):
        (files / name).write_text(f"this is {name}")
        (files / name).chmod(0o640)
    with tarfile.open(files / "pkg.tgz", "w:gz") as file:
        info = tarfile.TarInfo("lib/a.txt")
        info.size = 5
        file.addfile(info, io.BytesIO(b"first"))
    return files


def test_nothing_costs_nothing(base: Path) -> None:
    with Staging(str(base)) as staging:
        assert staging.links == ()
        assert os.listdir(base) == []


def test_files_are_copied(base: Path, files: Path) -> None:
    os.utime(files / "dict.txt", (1, 1_000_000_000))
    with Staging(str(base)) as staging:
        staging.add_file(f"{files}/mapper.py")
        staging.add_file(f"{files}/dict.txt", "words")
        staging.add_file(f"{files}/dir/")
        links = dict(staging.links)
        assert list(links) == ["mapper.py", "words", "dir"]
        assert [os.path.basename(path) for path in links.values()] == [
            "mapper.py",
            "dict.txt",
            "dir",
        ]
        assert all(Path(path).is_relative_to(base) for path in links.values())
        assert Path(links["mapper.py"]).stat().st_mode & 0o777 == 0o751
        assert Path(links["words"]).read_text() == "this is dict.txt"
        assert Path(links["words"]).stat().st_mtime == 1_000_000_000
        assert Path(links["dir"], "sub/two").read_text() == "this is dir/sub/two"
        (top,) = base.iterdir()
        assert top.stat().st_mode & 0o777 == 0o700
        Path(links["mapper.py"]).write_text("changed")
    assert os.listdir(base) == []
    assert (files / "mapper.py").read_text() == "this is mapper.py"
    assert (files / "mapper.py").stat().st_mode & 0o777 == 0o640


def test_archives_are_unpacked(base: Path, files: Path) -> None:
    with Staging(str(base)) as staging:
        staging.add_archive(f"{files}/pkg.tgz")
        staging.add_archive(f"{files}/pkg.tgz", "lib")
        staging.add_archive(f"{files}/dict.txt")  # none by its name
        links = dict(staging.links)
        assert Path(links["pkg.tgz"], "lib/a.txt").read_text() == "first"
        assert Path(links["lib"], "lib/a.txt").read_text() == "first"
        assert links["lib"] != links["pkg.tgz"]
        assert Path(links["dict.txt"]).read_text() == "this is dict.txt"


def test_a_packed_directory_is_there_and_so_is_its_content(base: Path, files: Path) -> None:
    with Staging(str(base)) as staging:
        staging.add_bundled(f"{files}/dir")
        staging.add_bundled(f"{files}/dict.txt")
        links = dict(staging.links)
        assert list(links) == ["dir", "one", "sub", "dict.txt"]
        assert Path(links["sub"], "two").read_text() == "this is dir/sub/two"
        assert Path(links["dir"], "sub/two").read_text() == "this is dir/sub/two"


def test_of_two_with_one_name_the_first_counts(base: Path, files: Path) -> None:
    with Staging(str(base)) as staging:
        staging.add_file(f"{files}/dict.txt", "x")
        staging.add_file(f"{files}/dir/one", "x")
        ((name, path),) = staging.links
        assert name == "x"
        assert Path(path).name == "dict.txt"


def test_what_cannot_be_taken(base: Path, files: Path) -> None:
    os.mkfifo(files / "dir/pipe")
    (files / "bad.zip").write_text("no zip")
    with Staging(str(base)) as staging:
        with pytest.raises(InputError, match="File /no/such does not exist"):
            staging.add_file("/no/such")
        with pytest.raises(InputError, match="pipe is no file"):
            staging.add_file(f"{files}/dir/pipe")
        with pytest.raises(InputError, match="pipe is no file"):
            staging.add_file(f"{files}/dir")
        with pytest.raises(InputError, match=r"bad.zip cannot be unpacked"):
            staging.add_archive(f"{files}/bad.zip")
        with pytest.raises(UsageError, match="is no name"):
            staging.add_file(f"{files}/dict.txt", "../x")
        assert staging.links == ()
    assert os.listdir(base) == []
    with Staging(f"{base}/missing") as staging, pytest.raises(DiskError, match="set TMPDIR"):
        staging.add_file(f"{files}/dict.txt")


# clients that are killed

CLIENT = """
import sys, time
from hadoopless.streaming.shipping.staging import Staging
staging = Staging(sys.argv[1])
staging.add_file(sys.argv[2])
print("ready", flush=True)
sys.stdin.read()
"""


def test_no_directory_is_copied_into_itself(base: Path) -> None:
    with Staging(str(base)) as staging, pytest.raises(InputError, match="set TMPDIR"):
        staging.add_file(str(base.parent))
    assert os.listdir(base) == []


def test_the_next_job_cleans_up(base: Path, files: Path) -> None:
    (base / "mapreduce-files-none").touch()
    (base / "mapreduce-files-link").symlink_to(files)
    (base / "other").mkdir()
    unrelated = sorted(os.listdir(base))
    argv = [sys.executable, "-c", CLIENT, str(base), f"{files}/dict.txt"]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"ready\n"
        (left,) = set(os.listdir(base)) - set(unrelated)
        with Staging(str(base)) as staging:
            staging.add_file(f"{files}/dict.txt")
            assert left in os.listdir(base)  # its client lives
        client.send_signal(signal.SIGKILL)
        client.wait()
    assert left in os.listdir(base)
    with Staging(str(base)) as staging:
        staging.add_file(f"{files}/dict.txt")
        assert left not in os.listdir(base)
    assert sorted(os.listdir(base)) == unrelated
    assert (files / "dict.txt").exists()


def test_a_directory_that_is_being_removed_is_not_used(
    base: Path, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job takes a new directory for a leftover before we have locked it."""
    calls: list[int] = []

    def flock(descriptor: int, how: int) -> None:
        calls.append(descriptor)
        (path,) = base.iterdir()
        if len(calls) == 1:
            raise BlockingIOError
        if len(calls) == 3:  # after the leftover of the first
            path.rmdir()

    monkeypatch.setattr(fcntl, "flock", flock)
    with Staging(str(base)) as staging:
        staging.add_file(f"{files}/dict.txt")
        ((_, path),) = staging.links
        assert os.path.exists(path)
    assert len(calls) == 4
    assert os.listdir(base) == []


def test_an_archive_called_dot_is_unpacked_among_the_files_of_a_task(
    base: Path, files: Path
) -> None:
    with Staging(str(base)) as staging:
        staging.add_archive(f"{files}/pkg.tgz", ".")
        staging.add_archive(f"{files}/dict.txt", ".")
        links = dict(staging.links)
        assert sorted(links) == ["dict.txt", "lib"]
        assert Path(links["lib"], "a.txt").read_text() == "first"
