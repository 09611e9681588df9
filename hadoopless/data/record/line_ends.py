"""CR and CRLF become LF, as Hadoop's LineReader ends a line at each of the three.

Knows nothing of records, so that what programs write can be rewritten before it is cut anywhere.
"""

from __future__ import annotations


class LineEnds:
    """Rewrites one stream, stretch by stretch; a CRLF may be cut between two stretches."""

    def __init__(self) -> None:
        self._after_cr = False

    def normalise(self, view: memoryview, count: int) -> int:
        """Rewrite the first *count* bytes of *view* in place; returns how many are left.

        That may be none though *count* was not 0: the LF of a CRLF whose CR came before.
        """
        fresh = bytes(view[:count])
        if not self._after_cr and b"\r" not in fresh:
            return count
        if self._after_cr and count:
            fresh = fresh.removeprefix(b"\n")
            self._after_cr = False
        if fresh:
            self._after_cr = fresh.endswith(b"\r")
        fresh = fresh.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        view[: len(fresh)] = fresh
        return len(fresh)
