"""The word with which metrics can be read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from tornado.httputil import HTTPHeaders

from hadoopless.errors import InputError, UsageError
from hadoopless.wire.metrics.scraping import read_token, shows


def headers(authorization: str | None) -> HTTPHeaders:
    return HTTPHeaders() if authorization is None else HTTPHeaders(Authorization=authorization)


@pytest.mark.parametrize("shown", ["Bearer word", "bearer word", "Bearer  word "])
def test_who_shows_the_word(shown: str):
    assert shows(headers(shown), "word")


@pytest.mark.parametrize("shown", [None, "", "Bearer", "Bearer wore", "Basic word", "word"])
def test_who_does_not(shown: str | None):
    assert not shows(headers(shown), "word")


def test_without_a_word_nobody_can_show_it():
    assert not shows(headers("Bearer "), "")
    assert not shows(headers("Bearer"), "")


def test_the_word_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "token").write_text("word\n")
    assert read_token(str(tmp_path / "token")) == "word"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read_token("~/token") == "word"
    assert read_token(None) == ""


@pytest.mark.parametrize("text", [b"", b"\n", b"two words", b"a\0b", b"\xff"])
def test_a_file_without_a_word(text: bytes, tmp_path: Path):
    (tmp_path / "token").write_bytes(text)
    with pytest.raises(UsageError, match=r"--metricsTokenFile: .* must hold one word"):
        read_token(str(tmp_path / "token"))


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(InputError, match=r"--metricsTokenFile: cannot read .*No such file"):
        read_token(str(tmp_path / "token"))
