"""``python3 workers.py``: starts a pool of workers, or one worker that joins a coordinator."""

from __future__ import annotations

import argparse
import json
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from hadoopless.data.program.locked_directory import LockedDirectory
from hadoopless.descriptors import raise_limit
from hadoopless.entry import startup, typed
from hadoopless.entry.log_lines import visible_handler
from hadoopless.entry.settings import naming_sources
from hadoopless.errors import DiskError, MapReduceError, UsageError
from hadoopless.installation import install_command
from hadoopless.sizes import show_size
from hadoopless.visible import visible
from hadoopless.wire import addresses, server, tls, tokens
from hadoopless.wire.addresses import Address, parse_address
from hadoopless.wire.inventory import chosen_inventory
from hadoopless.wire.messages.failures import error_reply
from hadoopless.worker import pool
from hadoopless.worker.loading import load_kernels, loading
from hadoopless.worker.options import PROGRAM, check_options, parse_options, settings_of

if TYPE_CHECKING:
    from hadoopless.worker.server import Routes
    from hadoopless.worker.services import Settings

_log = logging.getLogger(__name__)

#: The calls that a joined worker answers: other workers fetch from it, nobody gives it tasks.
_DATA_ROUTES = ("/segments", "/retrieveMapOutput")


def main(
    arguments: Sequence[str], inventory: Mapping[str, Any], routes: Callable[[], Routes]
) -> int:
    """Run workers until they are stopped; returns the exit code of the process.

    *routes* gives the handlers of calls; it is called late, because it loads the kernels.
    """
    try:
        options = parse_options(arguments)
    except MapReduceError as error:
        print(f"{typed.program(PROGRAM)}: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    _begin_logging(options)
    try:
        startup.let_interrupts_raise()
        with naming_sources(options):
            _run(options, inventory, routes)
    except ModuleNotFoundError as error:
        print(
            f"{typed.program(PROGRAM)}: {error.name} is not installed; run: {install_command()}",
            file=sys.stderr,
        )
        return 1
    except MapReduceError as error:
        if options.embedded:
            _tell_parent(error_reply(error))  # whoever started the pool tells the user
        else:
            print(f"{typed.program(PROGRAM)}: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        if not options.embedded:  # a job that ends before its pool is ready stops that, too
            print(f"{typed.program(PROGRAM)}: cancelled", file=sys.stderr)
        return startup.INTERRUPTED
    return 0


def _run(
    options: argparse.Namespace, inventory: Mapping[str, Any], routes: Callable[[], Routes]
) -> None:
    tokens.take()
    check_options(options)
    if not options.embedded:  # its calls stay on loopback, for the one job that starts it
        tls.begin(vars(options))
    raise_limit()
    if options.join is not None:
        _run_joined(options, routes)
    else:
        _run_pool(options, chosen_inventory(options, inventory), routes)


def _begin_logging(options: argparse.Namespace) -> None:
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.INFO,
        handlers=[visible_handler("%(asctime)s %(message)s", "%H:%M:%S")],
    )
    for noisy in ("asyncio", "numba", "tornado.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if options.embedded:
        logging.getLogger().setLevel(logging.ERROR if options.quiet else logging.WARNING)


# A pool -----------------------------------------------------------------------------------------


def _run_pool(
    options: argparse.Namespace, inventory: Mapping[str, Any], routes: Callable[[], Routes]
) -> None:
    """Run the workers of this machine until the process is told to stop."""
    if options.embedded:
        listeners: list[socket.socket] = [
            server.bind("http://127.0.0.1:0") for _ in range(options.embedded)
        ]
        urls = everyone = tuple(f"http://127.0.0.1:{one.getsockname()[1]}" for one in listeners)
    else:
        everyone = _all_urls(options, inventory)
        urls = _urls_here(everyone)
        listeners = bind_all(urls, options.host)
    with loading():
        settings = settings_of(options, everyone, len(urls))
    # The token comes before any answer: a caller who finds the port open finds it, too.
    with nullcontext("") if options.embedded else _token_files(urls, settings.token) as directory:
        # The import comes only now: it takes a while, and wrong options should be told at once.
        with loading():
            from hadoopless.worker.server import serve

            # Before the workers are forked, so that they share the code.
            load_kernels(_tell_of_compiling if options.embedded else None)
            all_routes = routes()

        def run_worker(listener: socket.socket, url: str, lifeline: int) -> None:
            serve([listener], url, settings, all_routes, lifeline)

        workers = pool.Pool(urls, listeners, run_worker)
        if options.embedded:
            _tell_parent({"urls": urls, "token": settings.token})
        else:
            _tell_user(urls, settings, directory, options.host)
        if options.dashboard:
            from hadoopless.entry.dashboard import Dashboard  # only here: few ask for it

            # The page ends when the pipe does that it holds, so with this process.
            dashboard = Dashboard(None)
            _log.info("see all jobs at %s", dashboard.link)
        workers.run(0 if options.embedded else None)
    if not options.embedded:
        _log.info("all workers stopped")


def _all_urls(options: argparse.Namespace, inventory: Mapping[str, Any]) -> tuple[str, ...]:
    """The URLs of all workers; those of loopback are the ones that --host makes of them."""
    urls = addresses.wanted_urls(options.workers, inventory)
    if options.host is None:
        return urls
    return tuple(dict.fromkeys(addresses.at_host(url, options.host) for url in urls))


def _urls_here(everyone: Sequence[str]) -> tuple[str, ...]:
    """The workers of *everyone* that are on this machine; UsageError when there are none."""
    urls = tuple(url for url in everyone if pool.is_local(url))
    for url in everyone:
        if url not in urls:
            _log.info("not starting %s: it is on another machine", url)
    if not urls:
        raise UsageError("no worker of the inventory is on this machine")
    return urls


def bind_all(urls: Sequence[str], host: str | None) -> list[socket.socket]:
    """Listen for the workers at *urls*; raises UsageError, PortInUse.

    Those that are not on loopback want a *host*, which says that others may call them.
    """
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
    if host is not None:
        _warn_of_network(host)
    return listeners


def _warn_of_network(host: str) -> None:
    """Warn, where the workers listen on *host* without TLS, of who can read what they say."""
    where = Address(url=f"http://[{host}]:0" if ":" in host else f"http://{host}:0")
    if warning := addresses.unprotected(where):
        _log.warning("%s", warning)


@contextmanager
def _token_files(urls: Sequence[str], token: str) -> Iterator[str]:
    """Keep a file with the *token* for each worker; gives the directory of the files."""
    try:
        yield str([tokens.write(url, token) for url in urls][-1].parent)
    finally:
        for url in urls:
            tokens.remove(url, token)


def _tell_parent(told: Mapping[str, Any]) -> None:
    """Tell the coordinator that has started this pool where its workers are, or why it waits."""
    try:
        os.write(1, json.dumps(told).encode() + b"\n")
    except BrokenPipeError:
        pass  # the coordinator is gone; the pool sees the end of its stdin, too


def _tell_of_compiling() -> None:
    _tell_parent({"compiling": True})


def _tell_user(
    urls: Sequence[str], settings: Settings, token_directory: str, host: str | None
) -> None:
    if settings.token_required:
        _log.info("every call needs the token")
    else:
        _log.info("callers without the token may use what is in %s", settings.root)
    if tokens.given():
        _log.info("the token is that of %s", tokens.ENVIRONMENT)
    else:
        _log.info("the token is in %s", token_directory)
        if host is not None:
            _log.info("jobs on other machines need the token in %s", tokens.ENVIRONMENT)
    _log.info("%s of memory for data in each worker", show_size(settings.memory))
    for url in urls:
        _log.info("starting worker %s", url)
    if host is not None and addresses.is_wildcard(host):
        _log.info("other machines call these workers by the name or an address of this one")
    elif host is not None:
        _log.info("jobs find them with --workers=%s, or in inventory.py", ",".join(urls))


# One worker that joins a coordinator ------------------------------------------------------------


def _run_joined(options: argparse.Namespace, routes: Callable[[], Routes]) -> None:
    """Run one worker that joins a coordinator, until it is told to stop or, once, a job's end."""
    address = parse_address(options.join)
    listener = server.bind("http://127.0.0.1:0", options.host or _data_host(address))
    if options.host is not None:
        _warn_of_network(options.host)
    bound, port = listener.getsockname()[:2]
    url = addresses.parse_url(f"http://[{bound}]:{port}" if ":" in bound else f"{bound}:{port}")
    with loading():
        from hadoopless.worker.server import serve_joined

        load_kernels()
        settings = settings_of(options, (url,), 1)
    with _map_output_files(settings.spill_directory) as directory:
        settings = replace(settings, token_required=True, files_directory=directory)
        served = [route for route in routes() if route[0] in _DATA_ROUTES]
        serve_joined(listener, url, settings, served, address, options.id, once=options.once)


def _data_host(address: Address) -> str:
    """The host that serves map outputs: loopback, as long as the coordinator is there too."""
    if address.url and not addresses.is_loopback(addresses.host_and_port(address.url)[0]):
        raise UsageError(
            "a worker for a coordinator on another machine needs --host, the address of this"
            " machine under which the others find its map outputs"
        )
    return "127.0.0.1"


@contextmanager
def _map_output_files(spill_directory: str) -> Iterator[str]:
    """A directory for the files of map outputs, which is removed in the end."""
    files = LockedDirectory(spill_directory, "mapreduce-outputs-")
    try:
        files.make()
    except OSError as error:
        raise DiskError(
            f"cannot make a directory for map outputs in {spill_directory}:"
            f" {error.strerror}; name another one with --spillDir"
        ) from error
    try:
        yield files.path
    finally:
        # The spawner does it too, after a kill of this process; but it can be killed itself.
        files.remove()
