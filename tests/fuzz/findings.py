"""Counts the cases of a fuzzer and keeps its findings, each with what repeats it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True)
class Finding:
    """A case that went wrong; ``case`` is the seed of its random numbers."""

    kind: str
    case: str
    told: str

    def __str__(self) -> str:
        return f"{self.kind}, case {self.case}: {self.told}"


@dataclass
class Tally:
    """The cases of each kind and the findings so far. Thread-safe."""

    cases: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, kind: str) -> None:
        """One more case of *kind*."""
        with self._lock:
            self.cases[kind] += 1

    def add(self, kind: str, case: str, told: str) -> None:
        """One more finding."""
        with self._lock:
            self.findings.append(Finding(kind, case, told))

    def told(self) -> str:
        """The numbers of cases and all findings, for people."""
        counts = [f"{number:9,d} x {kind}" for kind, number in sorted(self.cases.items())]
        return "\n".join([*counts, f"findings: {len(self.findings)}", *map(str, self.findings)])


def chance_of(case: str) -> Random:
    """The random numbers of one case: the same ones in each run."""
    return Random(case)


#: Runs the case whose random numbers are given; raises when it finds something.
Case = Callable[[Random], None]
