"""The inventory that a user names, as URLs or as a file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from hadoopless.errors import InputError, UsageError
from hadoopless.wire.addresses import ENVIRONMENT, inventory_urls
from hadoopless.wire.inventory import chosen_inventory

USUAL = {"WORKER": "http://usual:1"}
TWO = ("http://a:1", "http://b:2")


def urls(inventory: str | Path | None, *, in_file: bool = False) -> tuple[str, ...]:
    sources = {"inventory": "hadoopless.toml: inventory"} if in_file else {}
    named = None if inventory is None else str(inventory)
    options = argparse.Namespace(inventory=named, sources=sources)
    return inventory_urls(chosen_inventory(options, USUAL))


def test_none_is_named() -> None:
    assert urls(None) == ("http://usual:1",)


def test_urls() -> None:
    assert urls("http://a:1,http://b:2") == TWO


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts", "# ours\nhttp://a:1\n\nb:2  # the new one\n"),
        ("hosts", "a:1,b:2"),
        ("inventory.py", "A, B = 'http://a:1', ['http://b:2']\nport = 3\n_C = 'http://c:3'"),
    ],
)
def test_files(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert urls(tmp_path / name) == TWO


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "hosts").write_text("a:1\nb:2")
    assert urls("~/hosts") == TWO


def test_a_typed_one_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "http://c:3")
    assert urls("http://a:1", in_file=True) == ("http://c:3",)
    assert urls("http://a:1") == ("http://a:1",)
    assert ENVIRONMENT not in os.environ


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("hosts", b"nobody", ": not a worker's URL: 'nobody'; it looks like http://"),
        ("hosts", b"\xff:1x", ": not a worker's URL: "),
        ("hosts", b"# none\n", ": no worker's URL given"),
        ("hosts", b"a:1\na:1\n", ": http://a:1 is given twice"),
        ("i.py", b"x = (", ": SyntaxError: "),
        ("i.py", b"x = 1 / 0", ": ZeroDivisionError: division by zero"),
        ("i.py", b"raise SystemExit('no')", ": SystemExit: no"),
        ("i.py", b"x = 1", ": no worker's URL given"),
    ],
)
def test_wrong_files(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        urls(path)
    assert str(caught.value).startswith(f"--inventory: {path}{told}")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--inventory is empty"):
        urls("")
    with pytest.raises(InputError, match="cannot be read: No such file or directory"):
        urls(tmp_path / "nothing")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        urls(tmp_path)
    with pytest.raises(InputError, match="larger than 1 MB"):
        urls("/dev/zero")
    with pytest.raises(InputError, match="cannot be read: embedded null byte"):
        urls("a\0b")
