"""The sign that turns while nobody knows how far something is."""

from __future__ import annotations

import io
import re
import threading

import pytest

from hadoopless.ui.console import Console
from hadoopless.ui.spinner import Spinner
from tests.ui.screen import screen


class Terminal(io.StringIO):
    """A terminal that tells when it has got two frames."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding
        self.writes = 0
        self.turned = threading.Event()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes += 1
        if self.writes == 2:
            self.turned.set()
        return super().write(text)


@pytest.fixture(autouse=True)
def _an_xterm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize(("encoding", "signs"), [("utf-8", "⠋⠙"), ("ascii", "|/")])
def test_a_sign_turns_and_goes_away(encoding: str, signs: str) -> None:
    terminal = Terminal(encoding)
    console = Console(terminal)
    with Spinner(console, "compiling", ["usually 10 s"]):
        assert terminal.turned.wait(30)
        console.say("a line that stays")
    written = terminal.getvalue()
    frames = re.findall(r"(.) compiling, 0:\d\d, usually 10 s", written)
    assert "".join(frames).startswith(signs)
    assert screen(written) == ["a line that stays", ""]


def test_it_goes_away_after_an_error() -> None:
    terminal = Terminal("utf-8")
    with (
        pytest.raises(KeyboardInterrupt),
        Spinner(Console(terminal), "compiling", ["usually 10 s"]),
    ):
        raise KeyboardInterrupt
    assert screen(terminal.getvalue()) == [""]


def test_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal("ascii")
    with Spinner(Console(terminal), "compiling", ["usually 10 s"]):
        assert terminal.turned.wait(30)
    assert "/ compiling, 0:00\x1b" in terminal.getvalue()


def test_elsewhere_there_is_one_line() -> None:
    stream = io.StringIO()
    with Spinner(Console(stream), "compiling", ["usually 10 s"]):
        pass
    assert stream.getvalue() == "compiling, usually 10 s\n"
