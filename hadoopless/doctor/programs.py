"""Looks at a user's programs, without running them."""

from __future__ import annotations

import os
import shutil

from hadoopless.data.program.commands import Root, resolve
from hadoopless.doctor.findings import Finding, Level
from hadoopless.errors import MapReduceError

_FIRST_LINE = 256


def of_program(line: str, cwd: str) -> Finding:
    """The state of the program of the command *line* in the directory *cwd*."""
    subject = f"program {line}"
    try:
        command = resolve(line, Root(cwd), "the program")
    except MapReduceError as error:
        return Finding(subject, Level.FAIL, str(error))
    path = command.argv[0]
    try:
        with open(path, "rb") as file:
            first = file.read(_FIRST_LINE).partition(b"\n")[0]
    except OSError as error:
        return Finding(subject, Level.FAIL, f"{path}: {error.strerror}")
    if not os.access(path, os.X_OK):
        return Finding(subject, Level.FAIL, f"{path} has no run bit", f"chmod +x {path}")
    if first.startswith(b"#!"):
        return _of_script(subject, path, first)
    if b"\0" not in first:
        state = f"{path} is no binary and has no #! line"
        return Finding(subject, Level.FAIL, state, "put one first, like #!/usr/bin/env python3")
    return Finding(subject, Level.PASS, f"it is {' '.join(command.argv)}")


def _of_script(subject: str, path: str, first: bytes) -> Finding:
    """The state of a script with the *first* line ``#!…``."""
    if first.endswith(b"\r"):
        state = f"the first line of {path} ends with a carriage return, so no system starts it"
        return Finding(subject, Level.FAIL, state, f"sed -i 's/\\r$//' {path}")
    words = os.fsdecode(first[2:]).split()
    if not words:
        return Finding(subject, Level.FAIL, f"the first line of {path} names no program")
    interpreter = words[0]
    if os.path.basename(interpreter) == "env":
        named = next((word for word in words[1:] if not word.startswith("-")), "")
        if not shutil.which(named):
            state = f"{path} wants {named or 'nothing'}, which is not in PATH"
            return Finding(subject, Level.FAIL, state, "install it, or change the first line")
    elif not os.access(interpreter, os.X_OK):
        state = f"{path} wants {interpreter}, which is not there"
        return Finding(subject, Level.FAIL, state, "install it, or change the first line")
    return Finding(subject, Level.PASS, f"{path} is a script for {' '.join(words)}")
