"""The services that the tasks of a worker process share, and their parts of its memory budget."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from msgspec import Struct

from hadoopless.data.program.locked_directory import LockedDirectory
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.shuffle.budget import MemoryBudget
from hadoopless.data.shuffle.fetch import Shuffle
from hadoopless.data.shuffle.fetch_ahead import FetchedAhead
from hadoopless.data.shuffle.peer import Peers, TokenOf
from hadoopless.data.shuffle.store import MapOutputStore
from hadoopless.wire.server import Proofs
from hadoopless.worker.tally import Tally


class Settings(Struct, frozen=True):
    """The settings of a worker process. Sizes in bytes, times in seconds."""

    #: The directory that callers without the token may not leave.
    root: str
    #: Bytes for the data of all tasks.
    memory: int
    #: The directory for data that does not fit into memory.
    spill_directory: str
    #: URLs of all workers of the inventory, in the order of the round-robin.
    inventory: tuple[str, ...]
    #: The secret that callers show who may do more.
    token: str
    #: Every call needs the token.
    token_required: bool = False
    #: Names of this machine that callers may use in Host, besides those of loopback.
    host_names: tuple[str, ...] = ()
    #: Map outputs that nobody asks for are kept for so long.
    keep_outputs: float = 3600.0
    #: The word with which callers may read the metrics, and nothing else; "": there is none.
    metrics_token: str = ""
    #: Map outputs are kept here, in one file a partition; None: in memory, and in unnamed spills.
    files_directory: str | None = None

    def __repr__(self) -> str:
        return "Settings(...)"  # the token is told to nobody


class Services:
    """The store, the spawner and the shuffle of one worker process; made before any thread.

    Of ``memory``, half may hold map outputs and a quarter fetched segments; the rest is for the
    buffers of running tasks.
    """

    def __init__(
        self, settings: Settings, url: str, token: Callable[[], str], token_of: TokenOf
    ) -> None:
        """*token* gives the token of this worker, as it is now; *token_of* that of another."""
        self.settings = settings
        self.url = url
        self.token = token
        self.token_of = token_of
        self.instance = uuid.uuid4().hex
        self.started = time.monotonic()
        self.tally = Tally()
        memory = settings.memory
        spill = settings.spill_directory
        files = settings.files_directory
        #: The place for the directories of task attempts, made when it is needed.
        self.task_directory = LockedDirectory(spill, "mapreduce-tasks-")
        to_remove = [self.task_directory.path, *([files] if files else [])]
        self.spawner = SpawnerClient(to_remove, by_fork=True)
        self.store = MapOutputStore(memory // 2, spill, files_directory=files)
        #: The proofs of its callers.
        self.proofs = Proofs(self.token)
        #: Memory for fetched segments.
        self.fetch_budget = MemoryBudget(memory // 4)
        peers = Peers(self.token_of)
        self.fetched_ahead = FetchedAhead(self.store, self.fetch_budget, spill, peers)
        self.shuffle = Shuffle(self.store, self.fetch_budget, spill, peers)
        #: Bytes of one map task's read buffer.
        self.read_size = min(4 << 20, max(1 << 16, memory // 16))
        #: Bytes of one merge's windows on files.
        self.merge_budget = max(1 << 20, memory // 8)

    def close(self) -> None:
        """Kill all programs, and remove their directories."""
        self.fetched_ahead.close()
        self.spawner.close()
        self.task_directory.remove()  # its spawner may have been killed
