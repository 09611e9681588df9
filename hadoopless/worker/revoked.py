"""Attempts that were cancelled before they came, as an order may overtake the call it is about."""

from __future__ import annotations

from collections import OrderedDict

#: Orders that are remembered; the oldest ones are forgotten first.
_MOST = 4096
#: Characters of a name. Those of our coordinator are much shorter.
_LONGEST = 256


class Revoked:
    """The names of attempts that shall not run when they come. Not thread-safe.

    Its memory is bounded. An attempt that has been forgotten runs in vain, and its coordinator has
    what it makes released.
    """

    def __init__(self, most: int = _MOST) -> None:
        """*most* orders are remembered."""
        self._most = most
        self._names: OrderedDict[str, None] = OrderedDict()

    def add(self, name: str) -> None:
        """The attempt *name* shall not run."""
        if len(name) > _LONGEST:
            return
        self._names[name] = None
        self._names.move_to_end(name)
        if len(self._names) > self._most:
            self._names.popitem(last=False)

    def take(self, name: str) -> bool:
        """Say if the attempt *name*, which begins now, was cancelled before; an order counts once.

        The name may be used again: the tasks of a sampling job have the names of those of its job.
        """
        return self._names.pop(name, self) is None

    def __len__(self) -> int:
        return len(self._names)
