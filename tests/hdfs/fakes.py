"""A library like hdfs-native over files in memory, and a name node that takes connections."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any

#: The words of a name node that refuses a call, as the library tells them.
DENIED = (
    'RPCError("org.apache.hadoop.security.AccessControlException", "Permission denied: user=joe,'
    ' inode=\\"/é\\"\\n\\tat org.apache.hadoop.X(Y.java:1)\\n")'
)


class FakeStore:
    """The files by their paths; None: a directory. ``trouble`` is asked before each call."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | None] = {"/": None}
        self.times: dict[str, int] = {}
        self.trouble: Callable[[str], None] = lambda name: None
        #: The arguments of each client that was made.
        self.made: list[tuple[str, Mapping[str, str]]] = []
        self.options: list[Mapping[str, Any]] = []
        #: The permissions of directories that were made.
        self.modes: list[int] = []
        #: The files of which the last reference went before they were closed.
        self.dropped: list[str] = []

    def put(self, path: str, data: bytes | None, time: int = 1) -> None:
        """Make a file or, with None, a directory, and the directories above it."""
        parent = os.path.dirname(path)
        if parent not in self.files:
            self.put(parent, None)
        self.files[path], self.times[path] = data, time

    def module(self) -> ModuleType:
        """The library."""
        module = ModuleType("hdfs_native")
        module.Client = self._client  # type: ignore[attr-defined]
        module.WriteOptions = lambda **options: options  # type: ignore[attr-defined]
        return module

    def _client(self, url: str, config: Mapping[str, str], config_dir: str) -> Any:
        self.made.append((url, config))
        return _Client(self)


class _Client:
    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._files = store.files

    def get_file_info(self, path: str) -> Any:
        self._store.trouble("info")
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._status(path)

    def _status(self, path: str) -> Any:
        data = self._files[path]
        return SimpleNamespace(
            path=path,
            isdir=data is None,
            length=len(data or b""),
            modification_time=self._store.times.get(path, 0),
            blocksize=None if data is None else 4,
        )

    def list_status(self, path: str) -> Iterator[Any]:
        self._store.trouble("list")
        if path not in self._files:
            raise FileNotFoundError(path)
        inside = [one for one in self._files if one != "/" and os.path.dirname(one) == path]
        return map(self._status, sorted(inside))

    def read(self, path: str) -> Any:
        self._store.trouble("read")
        data = self._files[path]
        assert data is not None
        return _Reader(self._store, data)

    def create(self, path: str, options: Mapping[str, Any]) -> Any:
        self._store.trouble("create")
        self._store.options.append(options)
        if self._files.get(os.path.dirname(path), b"") is not None:
            reason = f"Parent directory doesn't exist: {os.path.dirname(path)}\n\tat a.b(C.java:1)"
            raise FileNotFoundError(reason)
        self._files[path] = b""
        return _Writer(self._store, path)

    def mkdirs(self, path: str, permission: int, create_parent: bool) -> None:
        self._store.trouble("mkdirs")
        self._store.modes.append(permission)
        if self._files.get(path) is not None:
            raise FileExistsError(f"Path is not a directory: {path}\n\tat a.b(C.java:1)")
        self._store.put(path, None)

    def rename(self, source: str, target: str, overwrite: bool) -> None:
        self._store.trouble("rename")
        for path in [one for one in self._files if one == source or one.startswith(source + "/")]:
            self._files[target + path[len(source) :]] = self._files.pop(path)

    def delete(self, path: str, recursive: bool) -> bool:
        self._store.trouble("delete")
        gone = [one for one in self._files if one == path or one.startswith(path + "/")]
        if len(gone) > 1 and not recursive:
            raise RuntimeError('RPCError("a.PathIsNotEmptyDirectoryException", "not empty")')
        for one in gone:
            del self._files[one]
        return bool(gone)


class _Reader:
    def __init__(self, store: FakeStore, data: bytes) -> None:
        self._store = store
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def read_range_stream(self, offset: int, count: int) -> Iterator[bytes]:
        assert 0 < count <= len(self._data) - offset, "the library panics"
        for at in range(offset, offset + count, 3):
            self._store.trouble("stream")
            yield self._data[at : min(at + 3, offset + count)]


class _Writer:
    def __init__(self, store: FakeStore, path: str) -> None:
        self._store = store
        self._path = path
        self._is_open = True

    def __del__(self) -> None:
        # The library waits here without an end if the nodes are silent, and no thread runs.
        if self._is_open:
            self._store.dropped.append(self._path)

    def write(self, data: memoryview) -> int:
        self._store.trouble("write")
        written = self._store.files[self._path]
        assert written is not None
        self._store.files[self._path] = written + bytes(data)
        return len(data)

    def close(self) -> None:
        self._store.trouble("close")
        self._is_open = False


@contextmanager
def listening() -> Iterator[str]:
    """The address of somebody who takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        over = threading.Event()

        def accept() -> None:
            while not over.is_set():
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        address = "{}:{}".format(*server.getsockname())
        yield address
        over.set()
        socket.create_connection(server.getsockname()).close()
        thread.join()
