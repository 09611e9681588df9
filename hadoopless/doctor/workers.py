"""Asks the workers who they are, what their clocks say, and whether they see our files."""

from __future__ import annotations

import email.utils
import http.client
import os
import secrets
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from hadoopless.coordinator.push.client import Stranger, WorkerClient
from hadoopless.doctor.findings import Finding, Level
from hadoopless.errors import MapReduceError
from hadoopless.job import Split
from hadoopless.wire.addresses import host_and_port
from hadoopless.wire.limits import CHORE_TIMEOUT, PROBE_TIMEOUT
from hadoopless.wire.messages.tasks import MapRequest, TaskContext
from hadoopless.wire.unreachable import Unreachable

#: Seconds; HTTP tells whole ones.
_CLOCKS_APART = 2.0
_START = "start a pool: hadoopless workers; without one a job starts workers of its own"
_OTHER = "name other workers, or give the token of its pool in MAPREDUCE_TOKEN"
_GOES_PAST = "; a job goes past it, and starts workers of its own if there are no others"


def of_workers(urls: Sequence[str], shared: Path | None, *, needed: bool) -> Iterator[Finding]:
    """The findings about the workers at *urls*; *shared* is a directory that they should see.

    A job fails without workers that are *needed*, since the user has asked for them.
    """
    silent: dict[str, str] = {}
    level, advice = (Level.FAIL, _OTHER) if needed else (Level.WARN, _OTHER + _GOES_PAST)
    for url in urls:
        client = WorkerClient(url)
        try:
            client.meet(PROBE_TIMEOUT, plain=True, any_pool=False)
            yield from _of_worker(client, shared)
        except Unreachable as error:
            silent[url] = str(error)
        except Stranger as error:
            yield Finding(f"worker {url}", level, f"it {error.why}", advice)
        except MapReduceError as error:
            yield Finding(f"worker {url}", level, str(error))
        finally:
            client.close()
    if silent:
        reasons = "; ".join(sorted(set(silent.values())))
        state = f"nobody answers at {', '.join(silent)} ({reasons})"
        yield Finding("workers", Level.WARN, state, _START)


def _of_worker(client: WorkerClient, shared: Path | None) -> Iterator[Finding]:
    subject = f"worker {client.url}"
    if client.ours:
        yield Finding(subject, Level.PASS, "it is one of ours, and both sides know the token")
    else:
        state = "it knows only the plain calls for us"
        yield Finding(subject, Level.WARN, state, "give the token of its pool in MAPREDUCE_TOKEN")
    yield from _clock(client.url)
    if shared is not None and client.ours:
        yield _sees(client, shared)


def _clock(url: str) -> Iterator[Finding]:
    there = _time_at(url)
    if there is not None:
        yield clocks(url, there - time.time())


def clocks(url: str, apart: float) -> Finding:
    """The state of a clock that is *apart* seconds ahead of ours."""
    subject = f"clock of {url}"
    if abs(apart) <= _CLOCKS_APART:
        return Finding(subject, Level.PASS, "it agrees with this one to within two seconds")
    state = f"it is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this one"
    return Finding(subject, Level.WARN, state, "set both by NTP: inputs are known by their times")


def _time_at(url: str) -> float | None:
    """The time that the server at *url* tells; None if it tells none, or speaks TLS."""
    if not url.startswith("http://"):
        return None
    connection = http.client.HTTPConnection(*host_and_port(url), timeout=PROBE_TIMEOUT)
    try:
        connection.request("GET", "/health")
        told = connection.getresponse().headers.get("Date")
        return email.utils.parsedate_to_datetime(told).timestamp() if told else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()


def _sees(client: WorkerClient, shared: Path) -> Finding:
    """Let a worker read a file that is written here."""
    subject = f"files of {client.url}"
    secret = secrets.token_bytes(1000)
    file = shared / f".hadoopless-{uuid.uuid4().hex}"
    job_id = f"doctor-{uuid.uuid4().hex}"
    try:
        file.write_bytes(secret)
        context = TaskContext(job_id=job_id, attempt="map-0-0", cwd=os.fspath(shared))
        request = MapRequest("cat", Split(os.fspath(file)), 1, context=context)
        _, report = client.map(request, PROBE_TIMEOUT)
        client.release_job(job_id, CHORE_TIMEOUT)
        if report.input_bytes == len(secret):
            return Finding(subject, Level.PASS, f"it sees what is written to {shared}")
        state = f"it reads {report.input_bytes} of {len(secret)} bytes that were written there"
    except OSError as error:
        return Finding(subject, Level.FAIL, f"{shared}: {error.strerror or error}")
    except (MapReduceError, Unreachable) as error:
        state = f"it does not see what is written to {shared}: {str(error).splitlines()[0]}"
    finally:
        file.unlink(missing_ok=True)
    advice = "all machines need the directory of a job under the same path: share it, or --root"
    return Finding(subject, Level.FAIL, state, advice)
