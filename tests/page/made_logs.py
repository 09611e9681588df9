"""Makes event logs of jobs that never ran: small ones with all that can happen, and huge ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from hadoopless.history import events as ev

WORKER = "http://127.0.0.1:87{:02d}"
STDERR = """Traceback (most recent call last):
  File "/home/me/jobs/{seed}/mapper.py", line 12, in <module>
    year, temperature = line.split("\\t")
ValueError: not enough values to unpack (expected 2, got 1) in record {seed}
"""


def began(maps: int, reduces: int, **fields: object) -> ev.JobBegan:
    """The first line of a job."""
    usual = {
        "schema": ev.SCHEMA,
        "version": "1.0",
        "command": ("hadoopless", "run", "--mapperPath=./mapper.py", "--numReducers=8"),
        "cwd": "/home/me/jobs",
        "pid": 4711,
        "host": "bench",
        "cores": 8,
        "mode": "push",
        "mapper": "./mapper.py",
        "reducer": "./reducer.py" if reduces else "",
        "inputs": ("/data/weather/1990.gz", "/data/weather/1991.gz"),
        "input_files": 365,
        "input_bytes": maps * (64 << 20),
        "output": "/data/out",
        "maps": maps,
        "reduces": reduces,
        "settings": {"slots": "4", "splitSize": "67108864"},
    }
    return ev.JobBegan(0.0, "2f6c9a41d0", 1_790_000_000.0, **{**usual, **fields})  # type: ignore[arg-type]


def made_events(
    attempts: int, *, workers: int = 4, slots: int = 4, reduces: int = 8, seed: int = 1
) -> Iterator[ev.Event]:
    """A job of so many attempts, of which some fail, are backups, or lose their outputs."""
    chance = random.Random(seed)
    maps = attempts - reduces
    yield began(maps, reduces)
    names = [WORKER.format(number + 1) for number in range(workers)]
    for name in names:
        yield ev.WorkerJoined(0.0, name, slots)
    clock = Clock(names, slots, chance)
    for index in range(maps):
        yield from clock.start("map", index, chance.random() < 0.001)
    if workers > 2:
        yield from clock.drain()
        yield ev.WorkerLost(clock.now, names[-1])
        clock.lose(names[-1])
    yield from clock.drain()
    for partition in range(reduces):
        yield from clock.start("reduce", partition, False)
    yield from clock.drain()
    for at in range(0, int(clock.now) + 1, max(1, int(clock.now) // 500)):
        for number, name in enumerate(names):
            memory = (200 + 40 * number + 300 * min(1, at / clock.now)) * (1 << 20)
            yield ev.WorkerLoad(float(at), name, int(memory), at * (2.1 + number / 4))
    counters = (("Map-Reduce Framework", "Map input records", 123_456_789), ("Mine", "odd", 17))
    outputs = tuple(f"/data/out/{number}.out" for number in range(reduces))
    yield ev.JobEnded(clock.now, "succeeded", outputs, reduces, 5 << 30, counters)


class Clock:
    """The slots of a made cluster, each of which is free from some time on."""

    def __init__(self, names: list[str], slots: int, chance: random.Random) -> None:
        self.chance = chance
        self.free = [(0.05 * slot, name, slot) for slot in range(slots) for name in names]
        self.running: list[tuple[float, ev.AttemptEnded]] = []
        self.now = 0.0

    def start(self, phase: str, index: int, fails: bool, number: int = 0) -> Iterator[ev.Event]:
        """The events until the attempt has begun; a failed one is tried again."""
        self.free.sort()
        at, name, slot = self.free.pop(0)
        while self.running and min(self.running, key=lambda one: one[0])[0] <= at:
            first = min(self.running, key=lambda one: one[0])
            self.running.remove(first)
            yield first[1]
        at = self.now = max(self.now, at)
        is_map = phase == "map"
        size = int((64 << 20) * self.chance.uniform(0.85, 1.0)) if is_map else 0
        source = f"/data/weather/{1900 + index // 365 % 120}.gz:{index * 67_108_864}"
        yield ev.AttemptBegan(
            at, f"{phase}-{index}", number, name, slot, index % 997 == 996,
            source if is_map else "", size,
        )  # fmt: skip
        took = self.took(is_map, index, name)
        if fails:
            took /= 3
        end = self.ended(
            at + took, f"{phase}-{index}", number, name, size or self.part(index), fails
        )
        self.running.append((at + took, end))
        self.free.append((at + took, name, slot))
        if fails:
            yield from self.start(phase, index, False, number + 1)

    def took(self, is_map: bool, index: int, name: str) -> float:
        """Seconds of an attempt: skewed, and longer on one machine."""
        usual = self.chance.lognormvariate(1.2, 0.25) if is_map else self.part(index) / (40 << 20)
        return usual * (1.7 if name.endswith("03") else 1.0) * (6 if index % 4999 == 77 else 1)

    @staticmethod
    def part(index: int) -> int:
        """The bytes of a partition."""
        return int((900 << 20) * (3.1 if index == 3 else 0.8 + 0.05 * (index % 7)))

    def ended(
        self, at: float, task: str, number: int, name: str, size: int, fails: bool
    ) -> ev.AttemptEnded:
        """The end of an attempt."""
        if fails:
            stderr = STDERR.format(seed=self.chance.randrange(10**6))
            failure = ev.Failed(
                "program", "the mapper failed", "mapper", "./mapper.py", 1,
                "/data/weather/1990.gz", "zcat /data/weather/1990.gz | ./mapper.py",
            )  # fmt: skip
            return ev.AttemptEnded(
                at, task, number, name, "program failed", stderr=stderr, failure=failure
            )
        took = 0.9 * size / (20 << 20)
        keys: tuple[ev.TopKey, ...] = ()
        if task.startswith("reduce"):
            partition = int(task.partition("-")[2])
            keys = tuple(
                ev.TopKey(
                    f"station-{partition}-{rank}", 90_000 // (rank + 1), size // (9 + 4 * rank)
                )
                for rank in range(20)
            )
        return ev.AttemptEnded(
            at, task, number, name, "succeeded", took, size, size // 90, size // 6, size // 600,
            program_cpu=0.7 * took, own_cpu=0.1 * took, program_seconds=0.95 * took,
            fetch_seconds=0.1 * took if keys else 0.0, fetched_bytes=size if keys else 0,
            spilled_bytes=size // 8 if keys else 0, program_memory=48 << 20,
            groups=size // 4000 if keys else 0, top_keys=keys,
        )  # fmt: skip

    def lose(self, name: str) -> None:
        """A worker is gone."""
        self.free = [one for one in self.free if one[1] != name]

    def drain(self) -> Iterator[ev.Event]:
        """The ends of all that runs."""
        for at, end in sorted(self.running, key=lambda one: one[0]):
            self.now = max(self.now, at)
            yield end
        self.running = []


def write_log(path: Path, events: Iterator[ev.Event]) -> Path:
    """A log at *path* of *events*, in the order of their times."""
    ordered = sorted(events, key=lambda one: one.at)
    path.write_bytes(b"".join(map(ev.encode, ordered)))
    return path
