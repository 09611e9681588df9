"""Finds files that programs name though no option ships them.

In Hadoop's local mode tasks run in the client's directory, and scripts that were only ever tried so
say ``-mapper mapper.py`` and no more. So tasks find all that is in that directory. With a directory
that plays HDFS this client plays a cluster, where such a command is the commonest mistake.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from hadoopless.data.program.commands import split_arguments
from hadoopless.streaming.log import Log
from hadoopless.streaming.notices import STREAM_JOB
from hadoopless.streaming.request import Request, Shipped


def unshipped_files(request: Request, log: Log) -> tuple[Shipped, ...]:
    """The files of commands that tasks find all the same; a warning names them.

    There are none where this client plays a cluster: the warning says that no task finds them.
    """
    files = _named_files(request)
    if not files:
        return ()
    names = ",".join(one.name for one in files)
    if not request.runs_locally:
        log.warn(STREAM_JOB, f"Not shipped, so that no task finds it: -files {names}")
        return ()
    log.warn(STREAM_JOB, f"Not shipped, found only because tasks run here: -files {names}")
    return tuple(files)


def _named_files(request: Request) -> list[Shipped]:
    """The files in the client's directory that commands of *request* name and no option ships."""
    shipped = {
        one.name.split("/")[0] for one in (*request.files, *request.bundled, *request.archives)
    }
    found: list[Shipped] = []
    for name in sorted({os.path.normpath(word) for word in _words(request)}):
        inside = not os.path.isabs(name) and not name.startswith("..") and name != "."
        # A file in a directory that is linked is there already, and a link to it would be made in
        # the user's own directory.
        linked = any(name.startswith(f"{one.name}/") for one in found)
        if inside and not linked and name.split("/")[0] not in shipped and os.path.exists(name):
            found.append(Shipped(os.path.abspath(name), name))
    return found


def _words(request: Request) -> Iterator[str]:
    for program in (request.mapper, request.combiner, request.reducer, request.partitioner):
        if program is not None and program.java_class is None:
            yield from split_arguments(program.command)
