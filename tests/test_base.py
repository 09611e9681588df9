"""The small modules that all others stand on: addresses, sizes, tokens, errors."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless import errors
from hadoopless.errors import ForbiddenError, InputError, UsageError
from hadoopless.sizes import parse_size, show_size
from hadoopless.wire import addresses, tokens

# addresses


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:8701", "http://127.0.0.1:8701"),
        (" http://127.0.0.1:8701/ ", "http://127.0.0.1:8701"),
        ("localhost:8701", "http://localhost:8701"),
        ("HTTP://Example.ORG:80", "http://example.org:80"),
        ("http://[::1]:8701", "http://[::1]:8701"),
        ("[fe80::1]:8701", "http://[fe80::1]:8701"),
    ],
)
def test_urls(text: str, url: str) -> None:
    assert addresses.parse_url(text) == url


BAD_URLS = [
    *("", "http://", "localhost", "http://localhost", "http://localhost:0", "localhost:70000"),
    *("localhost:x", "https://localhost:1", "http://localhost:1/path", "http://:8701", "://"),
    *("http://[::1:8701", "http://::1]:8701", "http://[x]:1", "file:///etc/passwd", "\0"),
]


@pytest.mark.parametrize("text", BAD_URLS)
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(UsageError, match=r"not a worker's URL: .* it looks like http://"):
        addresses.parse_url(text)


@given(st.text(st.sampled_from("htp:/[]@.?#%\u2100\uff0f ax19,"), max_size=14))
def test_any_text_is_a_url_or_an_error(text: str) -> None:
    try:
        url = addresses.parse_url(text)
    except UsageError:
        return
    assert addresses.parse_url(url) == url
    host, port = addresses.host_and_port(url)
    assert host
    assert 0 < port < 65536


def test_lists_of_urls() -> None:
    assert addresses.parse_urls("a:1, http://b:2,,") == ("http://a:1", "http://b:2")
    for text, says in (("", "no worker"), (" , ", "no worker"), ("a:1,http://A:1/", "twice")):
        with pytest.raises(UsageError, match=says):
            addresses.parse_urls(text)


def test_the_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {
        "__doc__": "http://not.this:1",
        "_private": "http://nor.this:1",
        "os": os,
        "NUMBER": 5,
        "FIRST": "http://127.0.0.1:8701",
        "MORE": ["http://127.0.0.1:8703", "http://127.0.0.1:8702"],
        "ALL": ("http://127.0.0.1:8701", "http://127.0.0.1:8702", 5),
        "TEXT": "anything else",
    }
    assert addresses.inventory_urls(names) == (
        "http://127.0.0.1:8701",
        "http://127.0.0.1:8703",
        "http://127.0.0.1:8702",
    )
    with pytest.raises(UsageError, match="no worker"):
        addresses.inventory_urls({"NUMBER": 5})
    monkeypatch.setenv(addresses.ENVIRONMENT, "other:1")
    assert addresses.inventory_urls(names) == ("http://other:1",)
    assert addresses.choice_in_environment() is None


@pytest.mark.parametrize("word", ["inventory", "embedded"])
def test_a_choice_of_workers_is_no_url(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(addresses.ENVIRONMENT, word)
    assert addresses.inventory_urls({"WORKER": "http://127.0.0.1:8701"}) == (
        "http://127.0.0.1:8701",
    )
    assert addresses.choice_in_environment() == word


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104  # asked about, not listened on
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org", False),
        ("", False),
    ],
)
def test_loopback(host: str, is_loopback: bool) -> None:
    assert addresses.is_loopback(host) is is_loopback


# sizes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("67108864", 64 << 20),
        *((text, 64 << 20) for text in ("64M", "64MB", "64MiB", "64 mb", " 64m ", "65536K")),
        ("1.5G", 3 << 29),
        ("2TB", 2 << 40),
        ("0.5K", 512),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, "--memory") == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0001",
        "-1",
        "M",
        "1X",
        "1MBB",
        "1 000",
        "1_000",
        "1e3",
        "\u0661",
        "inf",
        "9" * 400,
    ],
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="--memory must be a size like 64MB"):
        parse_size(text, "--memory")


def test_sizes_for_people() -> None:
    shown = [show_size(count) for count in (0, 999, 1000, 1024, 1536 << 10, 64 << 20, 5000 << 30)]
    assert shown == ["0 B", "999 B", "1.0 KB", "1.0 KB", "1.5 MB", "64.0 MB", "5000.0 GB"]


# tokens

URL = "http://127.0.0.1:8701"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "hadoopless-mapreduce"


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


def test_no_token_is_written_where_others_write(home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    with pytest.raises(ForbiddenError, match="can be written by other users"):
        tokens.write(URL, "secret")
    assert os.listdir(home) == []


def test_a_directory_that_cannot_be_made(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is taken; a reader looks there, too."""
    home.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "below a file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tokens.write(URL, "secret")
    assert path.parent == tmp_path / f"hadoopless-mapreduce-{os.getuid()}"
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)
    assert tokens.read(URL) == "secret"
    tokens.remove(URL, "secret")
    assert tokens.read(URL) is None


def test_no_directory_at_all(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "below a file"))
    monkeypatch.setattr("tempfile.tempdir", str(home / "nor here"))
    with pytest.raises(InputError, match=f"no place for the token of {URL} .*; set XDG_RUNTIME"):
        tokens.write(URL, "secret")
    assert tokens.read(URL) is None


def test_the_directory_of_another_user_is_not_taken(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may make a directory, or a link, of our name below that for temporary files."""
    home.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "below a file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / f"hadoopless-mapreduce-{os.getuid()}").symlink_to("elsewhere")
    with pytest.raises(ForbiddenError, match="can be written by other users"):
        tokens.write(URL, "secret")
    assert tokens.read(URL) is None


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


def test_a_token_that_a_child_has_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_known", {})
    tokens.write(URL, "of a file")
    tokens.know(URL, "told")
    assert tokens.read(URL) == "told"


def test_the_environment_dictates(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens.write(URL, "from the file")
    monkeypatch.setenv(tokens.ENVIRONMENT, "dictated")
    assert tokens.read(URL) == "dictated"
    assert tokens.new_token() == "dictated"
    monkeypatch.delenv(tokens.ENVIRONMENT)
    assert tokens.read(URL) == "from the file"
    assert len({tokens.new_token() for _ in range(100)} | {"dictated"}) == 101


def test_without_a_runtime_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "missing"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert tokens.write(URL, "secret").parent == tmp_path / "state" / "hadoopless-mapreduce"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert next(tokens.directories()) == tmp_path / ".local/state/hadoopless-mapreduce"


def test_an_account_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a variable nor an entry in the list of users: as in containers."""
    for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    (only,) = tokens.directories()
    assert only.name == f"hadoopless-mapreduce-{os.getuid()}"


def test_headers() -> None:
    assert tokens.headers("secret") == {"Authorization": "Bearer secret"}
    assert tokens.headers(None) == tokens.headers("") == {}


# errors


def test_errors_can_be_kept_in_sets_and_raised_in_threads() -> None:
    error = errors.FetchError("it is gone", "http://a:1", ("x", "y"))
    assert {error} == {error}
    assert str(error) == "cannot fetch 2 map output(s) from http://a:1: it is gone"
    caught: list[Exception] = []

    def work() -> None:
        try:
            raise error
        except errors.MapReduceError as again:
            caught.append(again)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert caught == [error]
