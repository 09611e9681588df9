"""Starts a program through the spawner, or says why it cannot start."""

from __future__ import annotations

import errno

from hadoopless.data.program.commands import Command
from hadoopless.data.program.environment import program_environment
from hadoopless.data.program.process import Process, SpawnerClient
from hadoopless.data.program.start_errors import why_not_started
from hadoopless.data.program.terms import Terms
from hadoopless.errors import ProgramFailed


def launch(
    command: Command, spawner: SpawnerClient, terms: Terms, descriptors: tuple[int, int, int]
) -> tuple[Process, bool]:
    """Start *command* with *descriptors* as stdin, stdout and stderr.

    Returns the process, and True when /bin/sh runs the program. Raises ProgramFailed.
    """
    environment = program_environment(terms.environment) if terms.environment else None
    argv, cwd = list(command.argv), command.cwd
    try:
        try:
            return spawner.start(argv, cwd, environment, descriptors), False
        except OSError as error:
            if error.errno != errno.ENOEXEC or not terms.as_hadoop:
                raise
        # Java and the C library's execvp do the same.
        return spawner.start(["/bin/sh", *argv], cwd, environment, descriptors), True
    except OSError as error:
        raise _cannot_start(command, error, terms) from error


def _cannot_start(command: Command, error: OSError, terms: Terms) -> ProgramFailed:
    if error.errno == errno.ENOEXEC:
        # A shell would run such a file by itself, so there is no line that repeats this.
        return ProgramFailed(
            f"{command.shell} cannot be started: it is no binary and has no #! line;"
            " put one first, like #!/usr/bin/env python3"
        )
    reason = why_not_started(command, error, ships_files=terms.as_hadoop)
    if terms.as_hadoop:
        # Hadoop's words, which its users (and their tools) look for.
        reason += (
            " (Error in configuring object: configuration exception: Cannot run program"
            f' "{command.argv[0]}": error={error.errno}, {error.strerror})'
        )
    return ProgramFailed(f"cannot be started: {reason}", command=command.shell)
