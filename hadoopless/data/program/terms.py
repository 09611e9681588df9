"""The terms on which a program runs: what surrounds it, what it may leave undone, when it fails."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from hadoopless.rules import CounterLimits


class Terms(Struct, frozen=True):
    """The terms of one run of a program; by default those of a plain job."""

    #: Variables that the program's environment has besides those of the worker.
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Lines of stderr that begin with it are reports; None: all of stderr is the program's own.
    reporter_prefix: str | None = None
    #: The number of counters that the program may report, and of their groups.
    counter_limits: CounterLimits = field(default_factory=CounterLimits)
    #: Counters, and groups, that the task has already made and that count for these limits.
    counters_made: tuple[int, int] = (0, 0)
    #: Other children of the spawner may look into the program, where Linux lets only ancestors.
    traceable: bool = False
    #: False: a program that ends with another status than 0 has not failed.
    status_matters: bool = True
    #: The program is killed after so many seconds in which it has read nothing, written nothing
    #: and said nothing on stderr. It needs a stdin that is fed, and a stdout that is read, by us.
    idle_timeout: float | None = None
    #: Hadoop Streaming's terms: the program fails when it leaves more of its input unread than
    #: pipes and buffers hold; /bin/sh runs a file that has no #! line; failures are told in
    #: Hadoop's words too. The program needs a stdin that is fed by us.
    as_hadoop: bool = False
    #: A program that has written so many records may leave any input unread; None: it may not.
    unread_after: int | None = None
    #: Seconds after a kill, more than the spawner takes for it, in which stdout is read on. Whoever
    #: still holds it then is no part of the program.
    stdout_patience: float = 2.0
    #: Seconds after the end of the program and its group in which somebody else may read its stdin.
    stdin_patience: float = 5.0
    #: Seconds for the rest of stderr after the end of the program and its group.
    stderr_patience: float = 5.0
