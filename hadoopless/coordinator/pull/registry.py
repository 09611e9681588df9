"""The workers that have joined a listening coordinator, by the rules of docs/pull.md. Pure.

Ids are consecutive from 0. The workers that the job was promised may register in any order; a
further one must have the next free id. An id is taken as long as its worker pings.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable

from msgspec import Struct, field

from hadoopless.errors import UnknownSession, UsageError
from hadoopless.scheduler import StartAttempt
from hadoopless.wire.messages.fetch_ahead import Order
from hadoopless.wire.messages.joining import Hello


class Member(Struct, eq=False):
    """A registered worker; ``heard`` is the time of its last call, in seconds."""

    worker: int
    session: str
    url: str
    instance: str
    held: tuple[str, ...]
    heard: float
    #: True once it has called again, so that it knows the secret of the job.
    begun: bool = False
    #: Orders that its next call takes along.
    cancel: list[str] = field(default_factory=list)
    release: list[str] = field(default_factory=list)
    fetch: list[Order] = field(default_factory=list)
    #: True once the worker knows that the job is over.
    told_end: bool = False
    #: True once the user has been told that it is silent.
    told_silent: bool = False
    #: The attempts, by name, that it was given and has not submitted.
    assigned: dict[str, StartAttempt] = field(default_factory=dict)
    #: Attempts of which only one side knows, and since when.
    _differing: dict[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The worker's name in the scheduler."""
        return worker_name(self.worker)

    def compare(self, running: Collection[str], now: float, patience: float) -> list[StartAttempt]:
        """The worker tells what it is *running*; returns what it was given and knows nothing of.

        That is not given to it any more. What it should not run it is ordered to cancel. A message
        may be on its way: so both sides must have differed for *patience* seconds.
        """
        differing = self.assigned.keys() ^ set(running)
        self._differing = {name: self._differing.get(name, now) for name in differing}
        names = [name for name, since in self._differing.items() if now - since > patience]
        self.cancel += [name for name in names if name not in self.assigned]
        return [self.assigned.pop(name) for name in names if name in self.assigned]


def worker_name(worker: int) -> str:
    """The name of the worker with that id in the scheduler, and for people."""
    return f"worker {worker}"


class Registry:
    """The members of one job, of which ``wanted`` were promised."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self._members: dict[int, Member] = {}
        self._seen: set[int] = set(range(wanted))

    def register(self, hello: Hello, now: float) -> Member:
        """Take in a worker; raises UsageError for an id that is taken or leaves a gap."""
        if hello.worker in self._members:
            raise UsageError(
                f"there is a worker with id {hello.worker} already; each worker has an id of its"
                " own, from 0 without gaps"
            )
        following = len(self._seen)
        if hello.worker not in self._seen and hello.worker != following:
            raise UsageError(
                f"id {hello.worker} would leave a gap: ids go from 0 to {following - 1} here, and"
                f" the next new worker is {following}"
            )
        self._seen.add(hello.worker)
        session = secrets.token_urlsafe(16)
        member = Member(hello.worker, session, hello.url, hello.instance, hello.held, now)
        self._members[hello.worker] = member
        return member

    def heard(self, session: object, now: float) -> Member:
        """The member behind a call; raises UnknownSession."""
        for member in self._members.values():
            if member.session == session:
                member.heard = now
                member.told_silent = False
                return member
        raise UnknownSession("register first: this coordinator does not know the worker (any more)")

    def silent(self, now: float, timeout: float) -> list[Member]:
        """Remove and return the members that were not heard of for *timeout* seconds."""
        lost = [member for member in self._members.values() if now - member.heard > timeout]
        for member in lost:
            del self._members[member.worker]
        return lost

    def newly_silent(self, now: float, longer_than: float) -> list[Member]:
        """The members that were not heard of for so long; each once for as long as that lasts."""
        found = [
            member
            for member in self._members.values()
            if now - member.heard > longer_than and not member.told_silent
        ]
        for member in found:
            member.told_silent = True
        return found

    def leave(self, member: Member) -> bool:
        """Remove *member*; False when it is none any more, though its id may be taken again."""
        if self._members.get(member.worker) is not member:
            return False
        del self._members[member.worker]
        return True

    def named(self, name: str) -> Member | None:
        """The member with that name in the scheduler."""
        return next((member for member in self._members.values() if member.name == name), None)

    def members(self) -> Iterable[Member]:
        """All members."""
        return self._members.values()

    def complete(self) -> bool:
        """True when all that were promised are there, and all that are there have begun."""
        return not self.missing() and all(member.begun for member in self._members.values())

    def missing(self) -> list[int]:
        """The promised ids that are not there."""
        return [worker for worker in range(self.wanted) if worker not in self._members]
