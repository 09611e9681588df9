"""Real shells at a terminal, to which words and TABs are typed."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import termios
import time
from pathlib import Path

import pytest

_DEADLINE = 30.0
#: The prompt of the shells.
_READY = "READY>"
#: Control characters, and blanks over which the cursor goes back.
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|\r| *\x08+")
_STARTS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "PS1='READY''>'; bind 'set show-all-if-ambiguous on'",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1='READY''>'; unsetopt PROMPT_SP; autoload -Uz compinit; compinit -D -u",
    ),
}


class Shell:
    """An interactive *name* that has read the file *script*, in the directory *cwd*."""

    def __init__(self, name: str, script: Path, cwd: Path) -> None:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 200))
        self._terminal = ours
        self._text = ""
        command, begin = _STARTS[name]
        self._process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], "TERM": "dumb", "HOME": str(cwd), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(theirs)
        self._type(f"{begin}; . {script}\n")
        self._wait_for(_READY)

    def close(self) -> None:
        """End the shell."""
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def offered(self, words: str, *expected: str) -> str:
        """The text on the terminal after *words* and two TABs, once it has all that is *expected*.

        The line is taken back.
        """
        self._text = ""
        self._type(f"{words}\t\t")
        for text in expected:
            self._wait_for(text)
        shown = self._text
        self._type("\x15")  # Ctrl-U
        self._text = ""
        self._type("echo DO''NE\n")
        self._wait_for("DONE")
        self._wait_for(_READY)
        return shown

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _DEADLINE
        while text not in self._text:
            ready, _, _ = select.select([self._terminal], [], [], deadline - time.monotonic())
            assert ready, f"no {text!r} in {self._text!r}"
            data = os.read(self._terminal, 65536).decode("utf-8", "replace")
            self._text += _CONTROL.sub("", data)


def needed(name: str) -> str:
    """The path of the shell *name*; the test is skipped where there is none."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name} here")
    return path
