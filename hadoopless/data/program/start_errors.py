"""Tells why a program cannot start, or will probably fail, and what its user can fix."""

from __future__ import annotations

import codecs
import errno
import os
import re
import shlex

from hadoopless.data.program.commands import Command
from hadoopless.data.program.terms import Terms
from hadoopless.errors import MapReduceError, WorkerError, own_trouble
from hadoopless.faults import BadRun, NoProgram

#: Bytes of a ``#!`` line that the kernel reads [BINPRM_BUF_SIZE].
_LONGEST = 256
#: Exit codes of shells and of env(1) when their program is not there or cannot be run.
_NOT_RUN = (126, 127)
_SHELL_SIGNS = frozenset(("|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1"))
#: The first bytes of binaries: ELF, Mach-O of 64 bits, Mach-O for several machines.
_BINARIES = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
#: A class in a package, by the names that classes have; `mapper.R` is none.
_JAVA_CLASS = re.compile(r"(?:[a-z_]\w*\.){2,}[A-Z]\w*(?:\$\w+)*")


def cannot_start(command: Command, error: OSError, terms: Terms) -> BadRun | MapReduceError:
    """The reason why *command* has not started, from the *error* of its start."""
    if error.errno == errno.EAGAIN:
        return WorkerError(f"cannot start a program: {error.strerror}; too many processes?")
    if trouble := own_trouble(error):
        return trouble
    if error.errno == errno.ENOEXEC:
        line = _first_line(os.path.join(command.cwd, command.argv[0]))
        return NoProgram(f"{command.shell} cannot be started: {_no_program(command, line)}")
    reason = _why_not_started(command, error, ships_files=terms.as_hadoop)
    if terms.as_hadoop:
        # Hadoop's words, which its users (and their tools) look for.
        reason += (
            " (Error in configuring object: configuration exception: Cannot run program"
            f' "{command.argv[0]}": error={error.errno}, {error.strerror})'
        )
    return BadRun(f"cannot be started: {reason}", command=command.shell)


def _no_program(command: Command, line: bytes | None) -> str:
    """The reason why the system does not know how to run a file with this first *line*."""
    if line and (marked := _marked_line(command, line)):
        return marked
    if line and line.startswith(_BINARIES):
        return "it is a binary that this system cannot run; is it for another kind of machine?"
    return "it is no binary and has no #! line; put one first, like #!/usr/bin/env python3"


def _why_not_started(command: Command, error: OSError, *, ships_files: bool) -> str:
    """The reason why *command* has not started. *ships_files*: its job may bring files along."""
    path = os.path.join(command.cwd, command.argv[0])
    # No file that may be run was found in PATH; EACCES if a part of PATH is closed to this user.
    is_nowhere = "/" not in command.argv[0] and error.errno == errno.EACCES
    if error.errno == errno.ENOENT or is_nowhere:
        return _nothing_there(command, path, ships_files=ships_files)
    if error.errno == errno.EACCES and os.path.isdir(path):
        return "it is a directory"
    if error.errno == errno.EACCES and not os.access(path, os.X_OK):
        return f"Permission denied; try: chmod +x {shlex.quote(path)}"
    reason = error.strerror or str(error)
    if error.errno == errno.E2BIG and ships_files:
        reason += (
            " (a property of the job is in its environment and too long for that;"
            " -D stream.jobconf.truncate.limit=100000 would cut it)"
        )
    return reason


def _nothing_there(command: Command, path: str, *, ships_files: bool) -> str:
    if not os.path.isdir(command.cwd):
        return f"its directory {command.cwd} is gone"
    line = _first_line(path) if "/" in command.argv[0] else None
    if line is None:
        name = command.argv[0]
        if ships_files and _JAVA_CLASS.fullmatch(name):
            return "not found; if it is a class of Java: there is no Java here to run it"
        if ships_files and not os.path.isabs(name):
            return f"not found; if it is a file of yours, let it go with the job: -files {name}"
        return "not found"
    if windows := _windows_line(command, line):
        return windows
    interpreter = line[2:].split()[:1] if line.startswith(b"#!") else []
    if interpreter:
        name = os.fsdecode(interpreter[0])
        return f"the interpreter in its #! line is not there: {name}"
    return "what it is linked with is not there; is it a program for this system?"


def unread_by_shell(command: Command) -> str:
    """A hint when a word of *command* means something to a shell alone; empty when none does."""
    signs = [word for word in command.argv[1:] if word in _SHELL_SIGNS]
    return f"no shell reads the command: what has {signs[0]} is for sh -c '...'" if signs else ""


def why_not_run(command: Command, code: int) -> str:
    """The trouble with the ``#!`` line of a *command* that has ended with *code*; empty: none."""
    line = _first_line(os.path.join(command.cwd, command.argv[0])) if code else None
    if not line:
        return ""
    if marked := _marked_line(command, line):
        return marked  # a shell has taken all of its lines for commands
    return _windows_line(command, line) if code in _NOT_RUN else ""


def _marked_line(command: Command, line: bytes) -> str:
    if not line.startswith(codecs.BOM_UTF8 + b"#!"):
        return ""
    name = shlex.quote(os.path.basename(command.argv[0]))
    return (
        "its first line begins with a byte order mark, so that it is no #! line; remove the mark"
        f" with: sed -i '1s/^\\xef\\xbb\\xbf//' {name}"
    )


def _windows_line(command: Command, line: bytes) -> str:
    if not line.startswith(b"#!") or not line.endswith(b"\r"):
        return ""
    name = shlex.quote(os.path.basename(command.argv[0]))
    return (
        "its #! line ends with a carriage return, as all lines of files from Windows do;"
        f" remove them with: sed -i 's/\\r$//' {name}"
    )


def _first_line(path: str) -> bytes | None:
    """The start of a file without its line end; None when it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.readline(_LONGEST).removesuffix(b"\n")
    except OSError:
        return None
