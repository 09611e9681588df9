"""Thins out series of measurements for a page: so many points at most, extremes kept. Pure."""

from __future__ import annotations

from array import array


class Thinned:
    """A series of (time, values); when it is full, pairs of points become one.

    Of each value the larger one of a pair is kept, and the times of first points: a short peak of
    memory stays on the page, however long the job.
    """

    def __init__(self, values: int, most: int) -> None:
        """Room for *most* points, an even number, of so many *values* each."""
        self.times = array("d")
        self.values = tuple(array("d") for _ in range(values))
        self._most = most
        #: Points closer than this come together.
        self._apart = 0.0

    def add(self, at: float, values: tuple[float, ...]) -> bool:
        """Add a point behind all others; True if earlier points have changed."""
        if self.times and at - self.times[-1] < self._apart:
            for column, value in zip(self.values, values, strict=True):
                column[-1] = max(column[-1], value)
            return True
        self.times.append(at)
        for column, value in zip(self.values, values, strict=True):
            column.append(value)
        if len(self.times) < self._most:
            return False
        self._halve()
        return True

    def _halve(self) -> None:
        self._apart = 2 * (self.times[-1] - self.times[0]) / self._most
        del self.times[1::2]
        for column in self.values:
            for number in range(0, len(column), 2):
                column[number] = max(column[number : number + 2])
            del column[1::2]
