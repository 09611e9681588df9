"""The secrets of workers: who can read them, and whose they are."""

from __future__ import annotations

import errno
import os
import re
import resource
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hadoopless.errors import ForbiddenError, InputError, UsageError
from hadoopless.wire import tokens
from tests.oracle import REPOSITORY

URL = "http://127.0.0.1:8701"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "hadoopless"


@pytest.fixture
def no_own_place(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the user no directory of their own, so that a shared one must do."""
    home.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "below a file"))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_for_its_user_alone(home: Path) -> None:
    old = os.umask(0)
    try:
        path = tokens.write(URL, "secret")
    finally:
        os.umask(old)
    assert path.parent == home
    assert (mode(home), mode(path)) == (0o700, 0o600)
    assert tokens.read(URL) == "secret"
    assert os.listdir(home) == [path.name]


def test_names_of_the_same_address_share_a_token(home: Path) -> None:
    tokens.write("http://localhost:8701", "secret")
    assert tokens.read(URL) == "secret"
    assert tokens.read("http://[::1]:8701") is None
    assert tokens.read("http://127.0.0.1:8702") is None
    tokens.write("http://[fe80::1]:8701", "of another machine")
    assert tokens.read(URL) == "secret"
    assert tokens.read("http://[fe80::1]:8701") == "of another machine"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:8701", "127.0.0.1-8701.token"),
        ("http://127.0.0.2:1", "127.0.0.2-1.token"),
        ("http://[fe80::1]:65535", "fe80__1-65535.token"),
    ],
)
def test_each_address_and_port_has_a_file(url: str, name: str, home: Path) -> None:
    assert tokens.write(url, "secret") == home / name


def test_what_lies_in_the_place_of_a_new_token(home: Path, tmp_path: Path) -> None:
    """Left by a process of the same number, or put there by somebody who waits for a secret."""
    path = tokens.write(URL, "old")
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.touch(0o600)
    beside.write_text("a longer text than the token")
    tokens.write(URL, "new")
    assert tokens.read(URL) == "new"
    (tmp_path / "elsewhere").touch()
    beside.symlink_to(tmp_path / "elsewhere")
    tokens.write(URL, "secret")
    assert (tmp_path / "elsewhere").read_text() == ""
    assert tokens.read(URL) == "secret"


def test_the_last_writer_wins_and_only_it_removes(home: Path) -> None:
    tokens.write(URL, "old")
    tokens.write(URL, "new")
    tokens.remove(URL, "old")
    assert tokens.read(URL) == "new"
    tokens.remove(URL, "new")
    assert tokens.read(URL) is None
    tokens.remove(URL, "new")


def test_a_token_that_others_can_read_is_not_believed(home: Path) -> None:
    path = tokens.write(URL, "secret")
    for wrong in (0o640, 0o604, 0o620, 0o602):
        path.chmod(wrong)
        assert tokens.read(URL) is None
    path.chmod(0o600)
    assert tokens.read(URL) == "secret"
    path.write_text("")
    assert tokens.read(URL) is None


@pytest.mark.parametrize("wrong", [0o720, 0o702, 0o777])
def test_no_token_is_written_where_others_write(wrong: int, home: Path) -> None:
    home.mkdir()
    home.chmod(wrong)
    with pytest.raises(ForbiddenError, match="can be written by other users"):
        tokens.write(URL, "secret")
    assert os.listdir(home) == []


@pytest.mark.parametrize("fine", [0o700, 0o711, 0o755])
def test_others_may_see_that_there_are_tokens(fine: int, home: Path) -> None:
    home.mkdir()
    home.chmod(fine)
    assert tokens.write(URL, "secret").parent == home
    assert tokens.read(URL) == "secret"


@pytest.mark.usefixtures("no_own_place")
def test_a_directory_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is taken; a reader looks there, too."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tokens.write(URL, "secret")
    assert path.parent == tmp_path / f"hadoopless-{os.getuid()}"
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    assert tokens.read(URL) == "secret"
    tokens.remove(URL, "secret")
    assert tokens.read(URL) is None


@pytest.mark.usefixtures("no_own_place")
def test_no_directory_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tokens, "TEMPORARY", (str(home / "nor here"),))
    with pytest.raises(InputError) as caught:
        tokens.write(URL, "secret")
    assert re.fullmatch(
        rf"there is no place for the token of {URL} \(/.*: File exists; /.*: Not a directory; /.*:"
        r" Not a directory\); set XDG_RUNTIME_DIR or TMPDIR to a directory that can be written",
        str(caught.value),
    )
    assert tokens.read(URL) is None


@pytest.mark.usefixtures("no_own_place")
def test_the_directory_of_another_user_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may make a directory, or a link, of our name below that for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"hadoopless-{os.getuid()}").symlink_to("elsewhere")
    with pytest.raises(ForbiddenError, match="can be written by other users"):
        tokens.write(URL, "secret")
    assert tokens.read(URL) is None


def test_a_directory_of_another_user_is_not_trusted(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its owner may write there, but that is somebody else."""
    tokens.write(URL, "secret")
    us = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: us + 1)
    with pytest.raises(InputError, match=rf"{re.escape(str(home))}: it belongs to another user;"):
        tokens.write(URL, "secret")
    assert tokens.read(URL) is None


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes a directory of another user")
def test_past_a_directory_of_another_user(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several accounts may have the same HOME, as those of daemons have."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    home.mkdir()
    os.chown(home, 12345, 12345)
    assert tokens.write(URL, "secret").parent == tmp_path / "state" / "hadoopless"
    assert tokens.read(URL) == "secret"


def test_a_token_that_cannot_be_read_for_lack_of_descriptors(home: Path) -> None:
    """There may be a token, so nobody may go on without it."""
    tokens.write(URL, "secret")
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, most))
    try:
        with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
            tokens.read(URL)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (given, most))


def test_where_nothing_temporary_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    *_, last = tokens.directories()
    assert last == Path("/tmp", f"hadoopless-{os.getuid()}")


def test_nothing_is_written_to_find_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal could end the process meanwhile."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = tmp_path.stat().st_mtime_ns
    assert tmp_path / f"hadoopless-{os.getuid()}" in tokens.directories()
    assert tmp_path.stat().st_mtime_ns == before


@pytest.mark.usefixtures("no_own_place")
def test_a_directory_on_a_full_disk_is_gone_past(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_disk))
    monkeypatch.setattr(tokens, "TEMPORARY", (str(tmp_path),))
    with suppress(OSError), (small_disk / "all of it").open("wb", 0) as file:
        while True:
            file.write(bytes(4096))
    assert tokens.write(URL, "secret").is_relative_to(tmp_path)
    assert tokens.read(URL) == "secret"
    tokens.remove(URL, "secret")


def test_a_new_pool_is_not_taken_for_one_that_was_killed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    tokens.write(URL, "of the one that was killed")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    tokens.write(URL, "new")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert tokens.read(URL) is None


SERVER = """
import sys
from hadoopless.wire import tokens
print(tokens.write(sys.argv[1], "secret").name, flush=True)
sys.stdin.read()
"""


def test_the_next_server_removes_the_token_of_one_that_was_killed(home: Path) -> None:
    """A living one keeps its own, and a file without a lock of another kind is left alone."""
    argv = [sys.executable, "-c", SERVER, "http://127.0.0.1:8702"]
    with subprocess.Popen(
        argv, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        left = server.stdout.readline().strip()
        (home / "notes.txt").touch()
        (home / "link.token").symlink_to(home / "notes.txt")
        first = tokens.write(URL, "secret").name
        assert {left, first} < set(os.listdir(home))
        server.kill()
        server.wait()
    second = tokens.write("http://127.0.0.1:8703", "secret").name
    assert set(os.listdir(home)) == {first, second, "notes.txt", "link.token"}
    for url in (URL, "http://127.0.0.1:8703"):
        tokens.remove(url, "secret")
    assert set(os.listdir(home)) == {"notes.txt", "link.token"}


def test_a_token_that_a_child_has_told(home: Path) -> None:
    told = "http://127.0.0.1:65001"  # of no other test: it is known for as long as this process is
    tokens.write(told, "of a file")
    tokens.know(told, "told")
    assert tokens.read(told) == "told"
    assert tokens.read(URL) is None


def test_the_environment_dictates(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.write(URL, "from the file")
    monkeypatch.setenv(tokens.ENVIRONMENT, "dictated")
    assert tokens.read(URL) == "dictated"
    assert tokens.new_token() == "dictated"
    monkeypatch.delenv(tokens.ENVIRONMENT)
    assert tokens.read(URL) == "from the file"
    assert len({tokens.new_token() for _ in range(100)} | {"dictated"}) == 101
    assert len(tokens.new_token()) == 43  # of six bits each: 256 bits


TAKES = """
import os, sys
from pathlib import Path
from hadoopless.wire import tokens
def environment(): return Path("/proc/self/environ").read_bytes()
before = environment()
tokens.take()
print(b"=s3cret" in before, tokens.given(), tokens.new_token(), tokens.read("http://127.0.0.1:1"))
print("MAPREDUCE_TOKEN" in os.environ, b"s3cret" in environment(), b"OTHER=x" in environment())
sys.stdout.flush()
os.execvp("sh", ["sh", "-c", "echo ${MAPREDUCE_TOKEN-none} $OTHER"])
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="only Linux shows environments so")
def test_the_environment_does_not_show_the_token_for_long():
    done = subprocess.run(
        [sys.executable, "-c", TAKES],
        cwd=REPOSITORY,
        env=os.environ | {tokens.ENVIRONMENT: "s3cret", "OTHER": "x"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True s3cret s3cret s3cret\nFalse False True\nnone x\n", done.stderr


@pytest.mark.parametrize("token", ["a\nb", "a\n", " a", "a b", "a\x1b[0m", "a\x85", "a\udcff"])
def test_a_token_is_one_word(token: str, monkeypatch: pytest.MonkeyPatch):
    """The message does not show it."""
    monkeypatch.setenv(tokens.ENVIRONMENT, token)
    with pytest.raises(UsageError) as caught:
        tokens.take()
    assert str(caught.value) == (
        "MAPREDUCE_TOKEN must be one word; it has blanks or control characters"
    )


def test_no_token_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(tokens.ENVIRONMENT, raising=False)
    tokens.take()
    assert tokens.given() is None


def test_without_a_runtime_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert tokens.write(URL, "secret").parent == tmp_path / "state" / "hadoopless"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert next(tokens.directories()) == tmp_path / ".local/state/hadoopless"


def test_an_account_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account has neither a variable nor an entry in the list of users, as in containers."""
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    found = list(tokens.directories())
    assert found
    assert {one.name for one in found} == {f"hadoopless-{os.getuid()}"}
