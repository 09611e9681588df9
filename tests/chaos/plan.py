"""The plan of one run, its job and its faults, drawn from a seed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random


class Mode(Enum):
    """The ways to run a job."""

    PUSH = "push"
    PULL = "pull"
    EMBEDDED = "embedded"
    STREAMING = "streaming"


class Fault(Enum):
    """The faults that may happen to a job."""

    WORKER_KILLED = "worker killed"
    WORKER_STOPPED = "worker stopped for a while"
    WORKER_RESTARTED = "worker restarted"
    SPAWNER_KILLED = "spawner killed"
    COORDINATOR_KILLED = "coordinator killed and resumed"
    DISK_FULL = "spill disk full for a while"
    SEGMENT_CUT = "connection cut in a segment"
    SEGMENT_FLIPPED = "bit flipped in a segment"
    CALL_CUT = "connection cut in an answer"
    CALL_SWALLOWED = "answer swallowed"
    CALL_FLIPPED = "bit flipped in an answer"
    CALL_DELAYED = "answer delayed"
    CALL_HALF_OPEN = "connection half open from an answer on"
    PROGRAM_CRASHED = "program crashed"


#: The plans of so many seeds in a row, from a multiple of it, have every fault in all modes.
ROUND = 2 * len(Mode)

#: Faults that come at a moment of their own; a program crashes at one of its records.
_TIMED = tuple(fault for fault in Fault if fault is not Fault.PROGRAM_CRASHED)
#: Faults of fetches alone, so they must be prepared before the first fetch.
_OF_SEGMENTS = (Fault.SEGMENT_CUT, Fault.SEGMENT_FLIPPED)
_ANY_TIME = tuple(fault for fault in _TIMED if fault not in _OF_SEGMENTS)
#: Faults of connections; those to the workers of an embedded pool cannot be got at, and neither can
#: the place where they spill.
OF_ROADS = {
    *_OF_SEGMENTS,
    *(Fault.CALL_CUT, Fault.CALL_SWALLOWED, Fault.CALL_FLIPPED),
    *(Fault.CALL_DELAYED, Fault.CALL_HALF_OPEN),
}
_NOT_EMBEDDED = OF_ROADS | {Fault.DISK_FULL}


def faults_of(mode: Mode) -> list[Fault]:
    """The faults that can be tried in *mode*."""
    return [f for f in Fault if mode is not Mode.EMBEDDED or f not in _NOT_EMBEDDED]


@dataclass(frozen=True)
class Blow:
    """One fault: *pause* seconds after the one before, for *length* seconds, to *victim* (any
    number; modulo whatever there is to choose from). *share*: how far an answer gets.
    """

    fault: Fault
    pause: float
    length: float
    victim: int
    share: float


@dataclass(frozen=True)
class Plan:
    """One job, the cluster it runs on, and the faults of its two phases."""

    seed: int
    mode: Mode
    workers: int
    slots: int
    maps: int
    reduces: int
    program: str
    combined: bool
    #: Bytes of each input, about.
    size: int
    #: Seconds that each map task takes at least.
    length: float
    #: The map tasks whose program dies in its first run.
    crashing_maps: frozenset[int]
    #: True if each reducer dies in its first run.
    crashing_reduces: bool
    map_blows: tuple[Blow, ...]
    reduce_blows: tuple[Blow, ...]

    @property
    def faults(self) -> set[Fault]:
        """Every kind of fault that must happen."""
        blows = {blow.fault for blow in self.map_blows + self.reduce_blows}
        crashes = {Fault.PROGRAM_CRASHED} if self.crashing_maps or self.crashing_reduces else set()
        return blows | crashes


PROGRAMS = ("cat", "awk", "python", "words")
#: Streaming gives a TAB to lines without one, which the reducer of awk writes.
_STREAMING_PROGRAMS = ("cat", "python", "words")


def draw(seed: int) -> Plan:
    """The plan of *seed*."""
    dice = Random(seed)
    mode = list(Mode)[seed % len(Mode)]
    workers = dice.randint(2, 4)
    reduces = dice.randint(2, workers)
    kinds = _kinds(seed, mode, dice)
    crashes = Fault.PROGRAM_CRASHED in kinds
    blows = [_blow(kind, dice) for kind in kinds if kind is not Fault.PROGRAM_CRASHED]
    early = [blow for blow in blows if blow.fault in _OF_SEGMENTS or dice.random() < 0.6]
    tasks = dice.choice((20, 30, 40, 60, 100, 200))
    full = Fault.DISK_FULL in kinds
    maps = min(tasks, 60) - reduces if full else tasks - reduces
    return Plan(
        seed=seed,
        mode=mode,
        workers=workers,
        slots=dice.randint(1, 2),
        maps=maps,
        reduces=reduces,
        program=dice.choice(_STREAMING_PROGRAMS if mode is Mode.STREAMING else PROGRAMS),
        combined=dice.random() < 0.2,
        # A worker that is to feel its disk must have more than its memory holds.
        size=3_000_000 // maps if full else dice.choice((200, 2000, 20_000)),
        length=dice.choice((0.0, 0.02, 0.05)),
        crashing_maps=frozenset(
            i for i in range(maps) if crashes and (dice.random() < 0.2 or i == maps // 2)
        ),
        # Else what a flipped bit has done would vanish with the reducer's first run.
        crashing_reduces=crashes and Fault.SEGMENT_FLIPPED not in kinds,
        map_blows=tuple(early),
        reduce_blows=tuple(blow for blow in blows if blow not in early),
    )


def _kinds(seed: int, mode: Mode, dice: Random) -> list[Fault]:
    """A half of all kinds and some more; the next seed of the same mode has the other half."""
    deck = faults_of(mode)
    Random(seed // ROUND).shuffle(deck)
    half = seed // len(Mode) % 2
    any_time = [fault for fault in _ANY_TIME if fault in deck]
    kinds = deck[half::2] + dice.choices(any_time, k=dice.randint(0, 2))
    dice.shuffle(kinds)
    return kinds


def _blow(fault: Fault, dice: Random) -> Blow:
    return Blow(
        fault,
        pause=round(dice.uniform(0.0, 0.4), 2),
        length=round(dice.choice((dice.uniform(0.1, 0.8), dice.uniform(2.5, 3.5))), 2)
        if fault is Fault.WORKER_STOPPED
        else round(dice.uniform(0.1, 0.6), 2),
        victim=dice.randrange(1000),
        share=round(dice.uniform(0.05, 0.95), 2),
    )
