"""The clients of this process, one for each HDFS, and their errors in our words.

The library hdfs-native is imported when the first file in HDFS is named, and not before.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from hadoopless.errors import DiskError, InputError, MapReduceError, StoreError
from hadoopless.hdfs import settings as own_settings
from hadoopless.hdfs.names import PREFIX, HdfsName, Settings

Result = TypeVar("Result")

#: Seconds until a name node that accepts no connection is taken for unreachable.
_CONNECT = 5.0
#: Seconds until a call to the name node has failed; a standby may take over in this time.
PATIENCE = 60.0
_REMOTE = re.compile(r'RPCError\("([^"]*)", "((?:[^"\\]|\\.)*)"\)', re.DOTALL)
#: The library's words for a connection that somebody has closed who may be no name node.
_HUNG_UP = "RPC listener disconnected"
#: Behind the message comes all that the library knows of the data nodes.
_OF_DATA_NODES = re.compile(r'DataTransferError\("(.*?)(?:: \[DatanodeInfo.*)?"\)$')
_DENIED = "AccessControlException"
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_BLANK = re.compile(r"\s+")

_lock = threading.Lock()
#: The clients by process (a fork does not take the library's threads along), HDFS and settings.
_clients: dict[tuple[int, str, Settings], Any] = {}
#: The HDFS whose name node has not answered the last call.
_silent: set[str] = set()


def settings_of(place: HdfsName) -> Settings:
    """The settings with which *place* is reached: its own, or those of this process."""
    return own_settings.of_process() if place.settings is None else place.settings


def client_of(place: HdfsName) -> Any:
    """The client for *place*; StoreError where there is no library, or no name node answers."""
    settings = settings_of(place)
    key = (os.getpid(), place.authority, settings)
    with _lock:
        if key not in _clients:
            _clients[key] = _connected(place.authority, settings)
        return _clients[key]


def call(place: HdfsName, doing: str, work: Callable[[Any], Result]) -> Result:
    """The result of *work* with the client for *place*; it is a call to the name node.

    *doing* is ``read`` or ``write``. Raises StoreError, and InputError or DiskError where the name
    node refuses the call.
    """
    client = client_of(place)
    return _bounded(lambda: work(client), place, doing)


def _bounded(work: Callable[[], Result], place: HdfsName, doing: str) -> Result:
    """The result of *work*, done by a thread of its own: the library may wait for ever."""
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # the library's panics are no Exceptions
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="hdfs")
    thread.start()
    thread.join(PATIENCE)
    if errors:
        raise told(errors[0], place, doing) from errors[0]
    if not results:
        _silent.add(place.authority)
        raise StoreError(
            f"cannot {doing} {place}: its name node has not answered for {PATIENCE:.0f} s"
        )
    _silent.discard(place.authority)
    return results[0]


def is_silent(place: HdfsName) -> bool:
    """True if the name node has not answered the last call: it is not worth a minute to tidy up."""
    return place.authority in _silent


def told(error: BaseException, place: HdfsName, doing: str) -> BaseException:
    """The error of ours that stands for *error* of the library while *doing* something."""
    if isinstance(error, MapReduceError | KeyboardInterrupt | SystemExit | MemoryError):
        return error
    refusal: type[MapReduceError] = InputError if doing == "read" else DiskError
    what = f"cannot {doing} {place}: "
    match = _REMOTE.search(str(error))
    if match is not None:
        reason = _first_line(
            match[2].encode("latin-1", "backslashreplace").decode("unicode_escape", "replace")
        )
        if match[1].endswith(_DENIED):
            return refusal(what + reason)
        return DiskError(what + reason) if doing == "write" else StoreError(what + reason)
    if isinstance(error, FileNotFoundError):
        reason = _first_line(str(error))
        missing = "it does not exist" if reason == place.path else reason
        return refusal(what + missing)
    if isinstance(error, FileExistsError):
        return refusal(what + _first_line(str(error)))
    if isinstance(error, UnicodeError):
        return refusal(f"{what}names in HDFS are UTF-8")
    reason = _first_line(str(error)) or type(error).__name__
    if nodes := _OF_DATA_NODES.match(reason):
        reason = f"its data nodes do not answer ({nodes[1]})"
    if _HUNG_UP in reason:
        reason += (
            "; the name node has closed the connection: has it ended, or is this not the port of"
            " its RPC (often 8020, and not that of its web pages)?"
        )
    return StoreError(what + reason)


def _first_line(text: str) -> str:
    """*text* without the stack of the name node that comes after it."""
    return _BLANK.sub(" ", text.partition("\n\tat ")[0]).strip()


def _connected(authority: str, settings: Settings) -> Any:
    try:
        import hdfs_native
    except Exception as error:  # a library that is not whole fails as it likes
        raise StoreError(
            f"files in HDFS cannot be used on {socket.gethostname()}: the library hdfs-native is"
            f" missing or broken ({error}); run: pip install 'hadoopless[hdfs]'"
        ) from error
    _check_reachable(authority, settings)
    # The library would read HADOOP_CONF_DIR itself: another one, on the machine of a worker.
    nowhere = os.path.join(os.devnull, "none")
    try:
        return hdfs_native.Client(PREFIX + _with_port(authority, settings), dict(settings), nowhere)
    except Exception as error:
        place = HdfsName(PREFIX + authority, settings)
        raise told(error, place, "read") from error


def _with_port(authority: str, settings: Settings) -> str:
    addresses = own_settings.name_nodes(authority, settings)
    is_service = any(name == f"dfs.ha.namenodes.{authority}" for name, _ in settings)
    return authority if is_service else addresses[0]


def _check_reachable(authority: str, settings: Settings) -> None:
    """Raise StoreError unless a name node takes a connection; the library would try on and on."""
    reasons = []
    for address in own_settings.name_nodes(authority, settings):
        reason = _unreachable(address)
        if not reason:
            return
        reasons.append(f"{address}: {reason}")
    raise StoreError(
        f"cannot reach the name node of {PREFIX}{authority} from {socket.gethostname()}"
        f" ({'; '.join(reasons)})"
    )


def _unreachable(address: str) -> str:
    """The reason why nobody takes a connection at *address*; "" where somebody does."""
    host, _, port = address.rpartition(":")
    if not _PORT.fullmatch(port) or not 0 < int(port) < 1 << 16:
        return "its port is no number from 1 to 65535"
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT).close()
    except (OSError, UnicodeError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
