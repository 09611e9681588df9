"""The limit of open files and connections of a process: raised for ours, as it was for programs.

Shells and containers often give a soft limit of 1,024, which a process may raise itself up to the
hard one. A user's program gets the limit that we were given: ``select()`` fails for descriptors
above 1,023, and some programs close all numbers up to their limit when they start.
"""

from __future__ import annotations

import resource

#: More is never needed here, and hard limits of a billion exist.
_ENOUGH = 1 << 16

_LIMIT = resource.RLIMIT_NOFILE
#: The soft limit that this process was given; None while it has not been raised.
_given: int | None = None


def raise_limit() -> None:
    """Raise the soft limit of this process to its hard limit, or to what is enough."""
    global _given
    soft, hard = resource.getrlimit(_LIMIT)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(_LIMIT, (wanted, hard))
    except (OSError, ValueError):
        return  # systems have limits beside the hard one; then the soft one has to do
    _given = soft


def restore_limit() -> None:
    """Give this process the soft limit back that it was given, for the programs it will start."""
    global _given
    if _given is not None:
        resource.setrlimit(_LIMIT, (_given, resource.getrlimit(_LIMIT)[1]))
        _given = None
