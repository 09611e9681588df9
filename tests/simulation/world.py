"""Virtual time and a bad network: what all parts of a simulation share."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

from hadoopless.job import TaskId
from tests.simulation.scenario import Scenario

#: Seconds after which a message that was lost is sent again.
RESEND = 1.0
#: No message is on the wire for longer.
LONGEST_DELAY = 20.0

#: The content of a map output for one partition, or of the output that a reduce makes of them.
Piece = tuple[int, int, int]
Content = tuple[Piece, ...]


class World:
    """The clock, the dice, the wire, the shared disk, and what is told of it all."""

    def __init__(self, scenario: Scenario, *, tell: bool = False) -> None:
        self.scenario = scenario
        self.dice = Random(scenario.seed ^ 0x5EED)
        self.now = 0.0
        #: Output files under their final names.
        self.files: dict[int, Content] = {}
        #: The number of times that the program of each task has really failed.
        self.program_failures: dict[TaskId, int] = {}
        #: The workers whose trouble has ended an attempt of each task, once for each attempt.
        self.troubled: dict[TaskId, list[str]] = {}
        self.story: list[str] | None = [] if tell else None
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def tell(self, *words: object) -> None:
        """Add a line to the story, if anyone wants it."""
        if self.story is not None:
            self.story.append(f"{self.now:9.3f}  {' '.join(map(str, words))}")

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call *call* in so many virtual seconds; at the same moment: in the order of asking."""
        self._count += 1
        heappush(self._events, (self.now + seconds, self._count, call))

    def run(self, until: float, stop: Callable[[], bool]) -> None:
        """Let time pass until *until*, or until *stop* says so."""
        while self._events and self._events[0][0] <= until and not stop():
            self.now, _, call = heappop(self._events)
            call()

    def send(self, arrive: Callable[[], bool], *, again: bool = True) -> None:
        """Put a message on the wire.

        *arrive* says whether somebody took it. If not, or if the wire loses it, it is sent *again*
        and again; and the wire may deliver it twice, late, and after younger ones.
        """
        scenario, dice = self.scenario, self.dice
        copies = 2 if scenario.doubled and dice.random() < scenario.doubled else 1
        for copy in range(copies):
            self.after(self._delay(), self._delivery(arrive, again=again and copy == 0))

    def _delay(self) -> float:
        slow = 50.0 if self.dice.random() < 0.01 else 1.0
        return min(self.dice.expovariate(1.0 / (self.scenario.delay * slow)), LONGEST_DELAY)

    def _delivery(self, arrive: Callable[[], bool], *, again: bool) -> Callable[[], None]:
        def deliver() -> None:
            lost = self.scenario.loss and self.dice.random() < self.scenario.loss
            if (lost or not arrive()) and again:
                self.after(RESEND, deliver)

        return deliver

    def cut(self, one: str, other: str) -> bool:
        """True if *one* cannot reach *other* now."""
        return any(
            {one, other} == {c.one, c.other} and c.at <= self.now < c.at + c.seconds
            for c in self.scenario.cuts
        )

    def in_trouble(self, worker: str) -> bool:
        """Roll for whether an attempt that ends now on *worker* cannot end well."""
        full = any(
            worker == trouble.worker and trouble.at <= self.now < trouble.at + trouble.seconds
            for trouble in self.scenario.troubles
        )
        hiccups = self.scenario.hiccups
        return full or (hiccups > 0 and self.dice.random() < hiccups)

    def piece(self, index: int, partition: int) -> Piece:
        """The content of map *index* for *partition*: a number that differs from all others."""
        return (index, partition, hash((self.scenario.seed, index, partition)))

    def expected(self, partition: int) -> Content:
        """The right content of the output file of *partition*, made without a cluster."""
        return tuple(self.piece(index, partition) for index in range(self.scenario.maps))
