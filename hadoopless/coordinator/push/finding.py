"""Finds the workers of a job among those that answer, or starts a pool for this job alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any

from msgspec import Struct

from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.coordinator.push.embedded import EmbeddedPool
from hadoopless.entry import typed
from hadoopless.errors import MapReduceError, NoWorkersError
from hadoopless.wire import addresses
from hadoopless.wire.limits import PROBE_TIMEOUT, START_TIMEOUT, TELL_AFTER
from hadoopless.wire.unreachable import Unreachable

_ALONE = "no worker of the inventory answers: starting workers for this job alone"
_HINT = "; name it in --workers to use it"


class _Met(Struct, frozen=True):
    """The worker at the URL of *client*; ``why`` says why it is left out, if it is.

    ``silent`` is the reason why nobody answers there, if nobody does.
    """

    client: WorkerClient
    why: str = ""
    silent: str = ""


def find_workers(
    wanted: str | None,
    inventory: Mapping[str, Any],
    stack: ExitStack,
    *,
    say: Callable[[str], None],
    quiet: bool,
    plain: bool = True,
    ahead: EmbeddedPool | None = None,
    compiling: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> list[WorkerClient]:
    """Clients of the workers that can be used, or of a pool for the job, which *stack* stops.

    *wanted* is None, ``inventory``, ``embedded``, or URLs by commas. With *plain*, workers that the
    user has named, for this job or in the inventory, need not be of our pool. *ahead* is a pool
    that the caller has begun because of *wanted*, and stops. *compiling* makes the context in which
    the job waits while kernels are compiled. Raises NoWorkersError, UsageError.
    """
    if wanted != "embedded" and ahead is None:
        urls = addresses.wanted_urls(wanted, inventory)
        named = plain and (wanted is not None or addresses.named_in_environment())
        # Nobody has named the workers of the inventory as it comes.
        may_be_plain = [named or (plain and url not in addresses.FIRST_INVENTORY) for url in urls]
        met = _meet(urls, may_be_plain, PROBE_TIMEOUT, any_pool=named, hint=_HINT if plain else "")
        clients = _usable(met, stack)
        if clients:
            if len(clients) < len(met):
                say(_who_is_missing(met))
            if not all(client.ours for client in clients):
                say(_who_is_plain(clients))
            return clients
        if wanted is not None:
            raise NoWorkersError(_nobody(met))
        say(_why_alone(met))
    elif wanted != "embedded":
        say(_ALONE)
    pool = ahead or stack.enter_context(EmbeddedPool(quiet=quiet, compiling=compiling))
    return _own_workers(pool, stack, say)


def _own_workers(
    pool: EmbeddedPool, stack: ExitStack, say: Callable[[str], None]
) -> list[WorkerClient]:
    """Clients of the workers of *pool*, which belongs to the job."""
    met = _meet(pool.urls, [False] * len(pool.urls), TELL_AFTER)
    late = [one.client.url for one in met if one.silent]
    if late:
        left = START_TIMEOUT - TELL_AFTER
        say(
            f"of the job's own workers {len(late)} are not ready yet; the job waits {left:.0f} s"
            " more"
        )
        again = {one.client.url: one for one in _meet(late, [False] * len(late), left)}
        met = [again.get(one.client.url, one) for one in met]
    clients = _usable(met, stack)
    if not clients:
        raise NoWorkersError(f"the job's own workers cannot be used: {_told(_left_out(met))}")
    for client in clients:
        client.embedded = True
    return clients


def _meet(
    urls: Sequence[str],
    may_be_plain: Sequence[bool],
    timeout: float,
    *,
    any_pool: bool = False,
    hint: str = "",
) -> list[_Met]:
    """Find out who answers at each of *urls*, all at the same time; *hint* is for strangers."""

    def meet(url: str, plain: bool) -> _Met:
        client = WorkerClient(url)
        try:
            client.meet(timeout, plain=plain, any_pool=any_pool)
        except Unreachable as error:
            return _Met(client, f"does not answer ({error})", silent=str(error))
        except Stranger as error:
            return _Met(client, error.why + (hint if error.nameable else ""))
        except MapReduceError as error:
            return _Met(client, f"cannot be asked: {error}")
        return _Met(client)

    with ThreadPoolExecutor(max(1, len(urls))) as threads:
        return list(threads.map(meet, urls, may_be_plain))


def _usable(met: Sequence[_Met], stack: ExitStack) -> list[WorkerClient]:
    """The clients of the workers that can be used; *stack* closes all connections."""
    for one in met:
        stack.callback(one.client.close)
    return [one.client for one in met if not one.why]


def _left_out(met: Sequence[_Met]) -> list[_Met]:
    return [one for one in met if one.why]


def _who_is_missing(met: Sequence[_Met]) -> str:
    out = _left_out(met)
    count = f"{len(met) - len(out)} of {len(met)} workers"
    if all(one.silent for one in out):
        return f"{count} answer, not {', '.join(one.client.url for one in out)}"
    return f"{count} can be used: {_told(out)}"


def _who_is_plain(clients: Sequence[WorkerClient]) -> str:
    plain = [client.url for client in clients if not client.ours]
    does, it = ("does", "it learns") if len(plain) == 1 else ("do", "they learn")
    return (
        f"{', '.join(plain)} {does} only the plain calls for us: {it} the programs, the names of"
        " the files and the number of reducers, and nothing else"
    )


def _why_alone(met: Sequence[_Met]) -> str:
    out = _left_out(met)
    if all(one.silent for one in out):
        return _ALONE
    told = _told(out)
    return f"no worker of the inventory can be used: {told}; starting workers for this job alone"


def _nobody(met: Sequence[_Met]) -> str:
    out = _left_out(met)
    if all(one.silent for one in out):
        urls = ", ".join(one.client.url for one in out)
        reasons = "; ".join(sorted({one.silent for one in out}))
        start = typed.line("workers.py")
        return f"no worker answers at {urls} ({reasons}); start them with: {start}"
    return f"no worker can be used: {_told(out)}"


def _told(out: Sequence[_Met]) -> str:
    """The workers that are left out, and the reasons; those with the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for one in out:
        by_reason.setdefault(one.why, []).append(one.client.url)
    return "; ".join(
        f"{urls[0]} {why}" if len(urls) == 1 else f"each of {', '.join(urls)} {why}"
        for why, urls in by_reason.items()
    )
