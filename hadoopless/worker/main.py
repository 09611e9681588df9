"""``python workers.py``: options, addresses, token; then the pool runs."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hadoopless.entry.arguments import Parser, index, seconds, size
from hadoopless.errors import DiskError, InputError, MapReduceError, UsageError
from hadoopless.sizes import show_size
from hadoopless.wire import addresses, server, tokens
from hadoopless.wire.addresses import Address, parse_address
from hadoopless.worker import pool

if TYPE_CHECKING:
    from hadoopless.worker.server import Routes
    from hadoopless.worker.services import Settings

_log = logging.getLogger(__name__)

_SMALLEST_MEMORY = 1 << 20
_INSTALL = "pip install -r requirements.txt"
#: What a joined worker answers: other workers fetch from it, nobody gives it tasks.
_DATA_ROUTES = ("/segments", "/retrieveMapOutput")


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line; exits with 2 and a usage line when it is wrong."""
    parser = Parser(
        prog="workers.py", description="Start the workers of the inventory on this machine."
    )
    parser.add_argument(
        "--workers", metavar="URL,URL", help="start these instead of the inventory's"
    )
    parser.add_argument(
        "--root", default=".", metavar="DIR", help="what callers without the token may use (here)"
    )
    parser.add_argument(
        "--memory",
        type=size,
        metavar="SIZE",
        help="of each worker for data, such as 512MB (a share of RAM)",
    )
    parser.add_argument(
        "--spillDir", metavar="DIR", help="where data goes that does not fit (the temporary files')"
    )
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        help="listen on this address of the machine, not on loopback; every call needs the token",
    )
    parser.add_argument(
        "--keepOutputs",
        type=seconds,
        default=3600.0,
        metavar="SECONDS",
        help="keep map outputs that nobody asks for so long (3600)",
    )
    joining = parser.add_argument_group("one worker for a coordinator that listens")
    joining.add_argument(
        "--join",
        metavar="ADDRESS",
        help="of coordinator.py --listen: unix:/path or http://host:port",
    )
    joining.add_argument("--id", type=index, metavar="N", help="of this worker: 0, 1, 2, …")
    joining.add_argument(
        "--once", action="store_true", help="end with the job instead of waiting for the next"
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")
    # For a coordinator that starts workers for one job.
    parser.add_argument("--embedded", type=int, metavar="N", help=argparse.SUPPRESS)
    parser.add_argument("--quiet", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def default_memory(workers: int) -> int:
    """Bytes for each worker's data: half of the machine, shared, between 64 MB and 8 GB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(64 << 20, min(8 << 30, total // 2 // workers))


def main(
    arguments: Sequence[str], inventory: Mapping[str, Any], routes: Callable[[], Routes]
) -> int:
    """Run the pool; returns the exit code of the process."""
    options = parse_options(arguments)
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
    )
    for noisy in ("asyncio", "numba", "tornado.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if options.embedded:
        logging.getLogger().setLevel(logging.ERROR if options.quiet else logging.WARNING)
    try:
        _check(options)
        if options.join is not None:
            return _join(options, routes)
        if options.id is not None or options.once:
            raise UsageError("--id and --once are for --join")
        return _run(options, inventory, routes)
    except ModuleNotFoundError as error:
        print(f"workers.py: {error.name} is not installed; run: {_INSTALL}", file=sys.stderr)
        return 1
    except MapReduceError as error:
        print(f"workers.py: {error}", file=sys.stderr)
        return error.exit_code


def _run(
    options: argparse.Namespace, inventory: Mapping[str, Any], routes: Callable[[], Routes]
) -> int:
    if options.embedded:
        listeners = [server.bind("http://127.0.0.1:0") for _ in range(options.embedded)]
        urls = tuple(f"http://127.0.0.1:{one.getsockname()[1]}" for one in listeners)
        everyone = urls
    else:
        everyone = _all_urls(options, inventory)
        urls = _ours(everyone)
        listeners = _bind_all(urls, options.host)
    # Only now: it takes a while, and wrong options should be told at once.
    from hadoopless.data.machine import kernels
    from hadoopless.worker.server import serve

    kernels.load()  # before the workers begin, which share it

    settings = _settings(options, everyone, len(urls))
    all_routes = routes()

    def run_worker(listener: socket.socket, url: str, lifeline: int) -> None:
        serve([listener], url, settings, all_routes, lifeline)

    ours = pool.Pool(urls, listeners, run_worker)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # there will be something to clean up
    try:
        for url in urls:
            path = tokens.write(url, settings.token)
        if options.embedded:
            try:
                os.write(1, json.dumps({"urls": urls}).encode() + b"\n")
            except BrokenPipeError:
                pass  # who started us has gone; the pool sees it, too
        else:
            _log.info("callers without the token may use what is in %s", settings.root)
            _log.info("the token is in %s", path.parent)
            _log.info("%s of memory for data in each worker", show_size(settings.memory))
            for url in urls:
                _log.info("starting worker %s", url)
        ours.run(0 if options.embedded else None)
    finally:
        for url in urls:
            tokens.remove(url, settings.token)
    if not options.embedded:
        _log.info("all workers stopped")
    return 0


def _join(options: argparse.Namespace, routes: Callable[[], Routes]) -> int:
    """Run one worker that joins a coordinator."""
    if options.id is None:
        raise UsageError("--join wants --id too: 0, 1, 2, … without gaps")
    address = parse_address(options.join)
    host = options.host or _data_host(address)
    listener = server.bind("http://127.0.0.1:0", host)
    bound, port = listener.getsockname()[:2]
    url = addresses.parse_url(f"http://[{bound}]:{port}" if ":" in bound else f"{bound}:{port}")
    from hadoopless.data.machine import kernels
    from hadoopless.worker.server import serve_joined

    kernels.load()

    settings = _settings(options, (url,), 1)
    try:
        files = tempfile.mkdtemp(prefix="mapreduce-", dir=settings.spill_directory)
    except OSError as error:
        raise DiskError(
            f"cannot make a directory for map outputs in {settings.spill_directory}:"
            f" {error.strerror}; name another one with --spillDir"
        ) from error
    settings = replace(settings, token_required=True, files_directory=files)
    served = [route for route in routes() if route[0] in _DATA_ROUTES]
    try:
        serve_joined(listener, url, settings, served, address, options.id, once=options.once)
    finally:
        # The spawner does it too, after a kill of this process; but it can be killed itself.
        shutil.rmtree(files, ignore_errors=True)
    return 0


def _data_host(address: Address) -> str:
    """Where map outputs are served: loopback, as long as the coordinator is there too."""
    if address.url and not addresses.is_loopback(addresses.host_and_port(address.url)[0]):
        raise UsageError(
            "a worker for a coordinator on another machine needs --host, the address of this"
            " machine under which the others find its map outputs"
        )
    return "127.0.0.1"


def _check(options: argparse.Namespace) -> None:
    """Tell of wrong options at once: what comes then takes half a second."""
    for path, option in ((options.root, "--root"), (options.spillDir, "--spillDir")):
        if path is not None and not os.path.isdir(path):
            raise InputError(f"{option}: no such directory: {path}")
    if options.memory and options.memory < _SMALLEST_MEMORY:
        raise UsageError("--memory must be at least 1MB")


def _all_urls(options: argparse.Namespace, inventory: Mapping[str, Any]) -> tuple[str, ...]:
    if options.workers:
        return addresses.parse_urls(options.workers)
    return addresses.inventory_urls(inventory)


def _ours(everyone: Sequence[str]) -> tuple[str, ...]:
    urls = tuple(url for url in everyone if pool.is_local(url))
    for url in everyone:
        if url not in urls:
            _log.info("not starting %s: it is on another machine", url)
    if not urls:
        raise UsageError("no worker of the inventory is on this machine")
    return urls


def _bind_all(urls: Sequence[str], host: str | None) -> list[socket.socket]:
    for url in urls:
        if host is None and not addresses.is_loopback(addresses.host_and_port(url)[0]):
            raise UsageError(f"{url} is not on loopback; to listen there, give --host")
    listeners: list[socket.socket] = []
    try:
        listeners.extend(server.bind(url, host) for url in urls)
    except MapReduceError:
        for listener in listeners:
            listener.close()
        raise
    return listeners


def _settings(options: argparse.Namespace, everyone: tuple[str, ...], count: int) -> Settings:
    from hadoopless.worker.services import Settings

    hosts = {addresses.host_and_port(url)[0] for url in everyone}
    if options.host:
        hosts |= {options.host, socket.gethostname(), socket.getfqdn()}
    return Settings(
        root=os.path.realpath(options.root),
        memory=options.memory or default_memory(count),
        spill_directory=os.path.realpath(options.spillDir or tempfile.gettempdir()),
        inventory=everyone,
        token=tokens.new_token(),
        token_required=bool(options.embedded or options.host),
        host_names=tuple(sorted(hosts)),
        keep_outputs=options.keepOutputs,
    )
