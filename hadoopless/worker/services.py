"""What the tasks of one worker process share, and how the memory budget is divided among them."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field

from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch import Headers, Shuffle
from hadoopless.data.shuffle.store import MapOutputStore


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``workers.py`` decides for its worker processes. Sizes in bytes, times in seconds."""

    root: str
    memory: int
    spill_directory: str
    #: URLs of all workers of the inventory, in the order of the round-robin.
    inventory: tuple[str, ...]
    #: What callers must show beyond loopback, and to leave the root.
    token: str
    #: Whether every call needs the token.
    token_required: bool = False
    #: Names by which callers may address us in Host, besides those of loopback.
    host_names: tuple[str, ...] = ()
    keep_outputs: float = 3600.0
    #: Keep map outputs here, in one file a partition; None: in memory, and in unnamed spills.
    files_directory: str | None = None


@dataclass(eq=False)
class Services:
    """One worker process's store, spawner and shuffle. To be made before any thread.

    Of ``memory``, half may hold map outputs and a quarter fetched segments; the rest is for the
    buffers of running tasks.
    """

    settings: Settings
    url: str
    headers: Headers
    instance: str = field(default_factory=lambda: uuid.uuid4().hex)

    def __post_init__(self) -> None:
        memory = self.settings.memory
        spill = self.settings.spill_directory
        files = self.settings.files_directory
        #: For the working directories of tasks that have one; made when it is needed. Nobody knows
        #: its name before (everybody may know the instance), and so nobody else makes it.
        self.task_directory = os.path.join(spill, f"mapreduce-tasks-{uuid.uuid4().hex}")
        to_remove = [self.task_directory, *([files] if files else [])]
        self.spawner = SpawnerClient(to_remove, by_fork=True)
        self.store = MapOutputStore(memory // 2, spill, files_directory=files)
        self.shuffle = Shuffle(self.store, MemoryBudget(memory // 4), spill, self.headers)
        #: Bytes of one map task's read buffer.
        self.read_size = min(4 << 20, max(1 << 16, memory // 16))
        #: Bytes of one merge's windows on files.
        self.merge_budget = max(1 << 20, memory // 8)
