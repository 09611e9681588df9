"""A worker that joins coordinators (docs/pull.md): one session after the other.

Beside the event loop, which serves map outputs to other workers, a session has two threads. When
its coordinator is gone, so is its running task; finished map outputs stay, because a resumed
coordinator may want them.
"""

from __future__ import annotations

import logging
import threading

from hadoopless.data.program.process import SpawnerGone
from hadoopless.errors import ForbiddenError, MapReduceError, UsageError
from hadoopless.wire.addresses import Address
from hadoopless.wire.limits import JOINED_RETRY
from hadoopless.wire.messages import joining
from hadoopless.wire.unreachable import NotInOurTls, NotOurs, Unreachable
from hadoopless.worker.services import Services
from hadoopless.worker.session import JobSecret, Session, understood

_log = logging.getLogger(__name__)


class JoinedWorker:
    """The worker with the id *worker*, for whatever coordinator listens at *address*."""

    def __init__(
        self,
        address: Address,
        worker: int,
        services: Services,
        peers: JobSecret,
        *,
        once: bool,
    ) -> None:
        """*once*: work for one job only."""
        self._address = address
        self._worker = worker
        self._services = services
        self._peers = peers
        self._once = once
        self._stopped = threading.Event()
        self._session: Session | None = None
        self._told = ""

    def run(self) -> None:
        """Work for one coordinator after the other, until stopped or, with *once*, one job's end.

        Raises the error of a coordinator that refuses this worker.
        """
        refused = False
        while not self._stopped.is_set():
            client = joining.CoordinatorClient(self._address)
            try:
                session = self._register(client)
                refused = False
                if session.work():
                    self._tell("the job is over")
                    if self._once:
                        return
            except (UsageError, SpawnerGone):
                raise
            except ForbiddenError:
                # The coordinator may have written its token between our look at it and our call.
                if refused:
                    raise
                refused = True
            except MapReduceError as error:
                self._tell(str(error))
            except NotOurs as error:
                if refused:
                    where = f"{self._address}: " if isinstance(error, NotInOurTls) else ""
                    raise ForbiddenError(f"{where}{error}") from error
                refused = True
            except Unreachable as error:
                self._tell(f"waiting for a coordinator at {self._address} ({error})")
            finally:
                client.close()
            self._stopped.wait(JOINED_RETRY)
        self._withdraw()

    def stop(self) -> None:
        """Stop what runs, take leave, and let :meth:`run` return."""
        self._stopped.set()
        # A session that begins later sees that the worker is stopped before it asks for a task.
        if self._session is not None:
            self._session.stop()

    def _tell(self, text: str) -> None:
        """Log *text*, once for as long as it holds."""
        if text != self._told:
            _log.info("%s", text)
            self._told = text

    def _withdraw(self) -> None:
        """Remove what the last session has left to a coordinator that is gone.

        A coordinator that has heard of an output commits it at once; one that ends or resumes
        removes what it did not commit. No coordinator removes what was left after its end.
        """
        if self._session is not None:
            self._session.withdraw()

    def _register(self, client: joining.CoordinatorClient) -> Session:
        """Begin a session; map outputs of other jobs than its own are forgotten."""
        services = self._services
        store = services.store
        held = [name for job in store.job_ids() for name in store.held(job)]
        hello = joining.Hello(self._worker, services.url, services.instance, tuple(held))
        try:
            answer = client.call("/register", joining.hello_message(hello))
        except Unreachable:
            self._withdraw()
            raise
        welcome = understood(joining.parse_welcome, answer, self._address)
        self._peers.learn(welcome.secret or client.token)
        session = Session(self._address, client, welcome, services, self._stopped)
        self._session = session
        self._tell(f"joined the coordinator at {self._address} as worker {self._worker}")
        self._told = ""
        for job in store.job_ids() - {welcome.job_id}:
            store.release_job(job)
        return session
