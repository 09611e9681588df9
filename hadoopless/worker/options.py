"""The command line of ``workers.py``, and what it settles for the worker processes."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hadoopless.entry import typed
from hadoopless.entry.arguments import (
    Parser,
    add_metrics_token,
    add_shared,
    add_version,
    index,
    seconds,
    size,
)
from hadoopless.entry.directories import (
    current_directory,
    hidden,
    not_tmpdir,
    temporary_directory,
)
from hadoopless.entry.settings import parse_all
from hadoopless.errors import DiskError, InputError, UsageError
from hadoopless.wire import addresses, tokens
from hadoopless.wire.metrics.scraping import read_token

if TYPE_CHECKING:
    from hadoopless.worker.services import Settings

_log = logging.getLogger(__name__)

#: The file at the top that starts workers.
PROGRAM = "workers.py"

_SMALLEST_MEMORY = 1 << 20
#: Files in which Linux tells a container its limit, under both versions of control groups.
_CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def new_parser() -> Parser:
    """The options, as the user may give them."""
    parser = Parser(
        prog=typed.program(PROGRAM),
        description="Start the workers of the inventory on this machine.",
        epilog=f"example:\n  {typed.line(PROGRAM)} --memory=2GB --spillDir=/fast/disk",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--workers", metavar="URL,URL", help="start these instead of the inventory's"
    )
    parser.add_argument(
        "--root",
        default=".",
        metavar="DIR",
        help="the directory that callers without the token may use (the current one)",
    )
    parser.add_argument(
        "--memory",
        type=size,
        metavar="SIZE",
        help="memory of each worker for data, such as 512MB (a share of the machine's)",
    )
    parser.add_argument(
        "--spillDir",
        metavar="DIR",
        help="the directory for data that does not fit into memory (that for temporary files)",
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        help="listen on this address of the machine, not on loopback; every call needs the token",
    )
    add_shared(parser)
    add_metrics_token(parser)
    parser.add_argument(
        "--keepOutputs",
        type=seconds,
        default=3600.0,
        metavar="SECONDS",
        help="keep map outputs that nobody asks for so long (3600)",
    )
    _add_joining(parser)
    parser.add_argument(
        "--dashboard",
        action="store_true",
        help="show the jobs of this user in a browser: prints a link to pages that live as long as"
        " the workers",
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    # For a coordinator that starts workers for one job.
    parser.add_argument("--embedded", type=int, metavar="N", help=argparse.SUPPRESS)
    parser.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)
    add_version(parser)
    return parser


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line, and the user's settings; raises UsageError when it is wrong.

    Raises InputError and ForbiddenError for files that cannot be used. The workers that a job
    starts for itself read none: the job has decided.
    """
    parser = new_parser()
    for_a_job = parser.value_in(arguments, "--embedded") is not None
    options = parse_all(parser, arguments, None if for_a_job else "workers")
    # A shell leaves a tilde behind --option= as it is.
    options.root = os.path.expanduser(options.root)
    options.spillDir = options.spillDir and os.path.expanduser(options.spillDir)
    return options


def _add_joining(parser: Parser) -> None:
    joining = parser.add_argument_group("one worker for a coordinator that listens")
    joining.add_argument(
        "--join",
        metavar="ADDRESS",
        help="the address of a coordinator with --listen: unix:/path or http://host:port"
        " (https:// with TLS)",
    )
    joining.add_argument(
        "--id", type=index, metavar="N", help="the number of this worker: 0, 1, 2, … without gaps"
    )
    joining.add_argument(
        "--once", action="store_true", help="end with the job instead of waiting for the next"
    )


def check_options(options: argparse.Namespace) -> None:
    """Raise UsageError, InputError or DiskError for wrong options before anything slow begins."""
    current_directory()
    for name in ("workers", "root", "spillDir", "host", "join"):
        if getattr(options, name) == "":
            raise UsageError(f"--{name} is empty; is a variable unset?")
    if options.join is not None and options.workers is not None:
        raise UsageError("--join starts one worker for a coordinator; leave out --workers")
    for path, option in ((options.root, "--root"), (options.spillDir, "--spillDir")):
        if path is not None and not os.path.isdir(path):
            raise InputError(f"{option}: no such directory: {path}{hidden(path)}")
    if options.spillDir is not None and not os.access(options.spillDir, os.W_OK | os.X_OK):
        raise DiskError(f"--spillDir: {options.spillDir} cannot be written")
    if options.memory and options.memory < _SMALLEST_MEMORY:
        raise UsageError("--memory must be at least 1MB")
    if options.join is None and (options.id is not None or options.once):
        raise UsageError("--id and --once are for --join")
    if options.join is not None and options.id is None:
        raise UsageError("--join wants --id too: 0, 1, 2, … without gaps")


def default_memory(workers: int) -> int:
    """Bytes for each worker's data: half of the memory, shared, between 64 MB and 8 GB."""
    return max(64 << 20, min(8 << 30, usable_memory() // 2 // workers))


def usable_memory(limits: Sequence[str] = _CONTAINER_LIMITS) -> int:
    """Bytes of memory of this machine, or of its container, as a file of *limits* has it."""
    usable = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in limits:
        try:
            with open(path) as file:
                told = file.read().strip()
        except OSError:
            continue
        if told.isdigit():  # "max" is no limit
            usable = min(usable, int(told))
    return usable


def settings_of(options: argparse.Namespace, inventory: tuple[str, ...], workers: int) -> Settings:
    """The settings of each of the *workers* processes on this machine; *inventory* names all."""
    from hadoopless.worker.services import Settings  # it loads numpy

    hosts = {addresses.host_and_port(url)[0] for url in inventory}
    if options.host:
        hosts |= {options.host, socket.gethostname(), socket.getfqdn()}
    return Settings(
        root=os.path.realpath(options.root),
        memory=options.memory or default_memory(workers),
        spill_directory=_spill_directory(options.spillDir),
        inventory=inventory,
        token=tokens.new_token(),
        token_required=bool(options.embedded or options.host),
        host_names=tuple(sorted(hosts)),
        keep_outputs=options.keepOutputs,
        metrics_token=read_token(options.metricsTokenFile),
    )


def _spill_directory(named: str | None) -> str:
    """The directory that --spillDir names, or that of temporary files; raises DiskError."""
    if named is not None:
        return os.path.realpath(named)
    used = temporary_directory()
    warning = not_tmpdir(used)
    if warning is not None:
        _log.warning("%s", warning)
    return os.path.realpath(used)
