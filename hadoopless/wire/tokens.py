"""The secrets with which a user's own processes know each other: one file a worker port.

``workers.py`` writes them anew at each start, readable by its user alone; whoever can read the file
is that user. A fresh secret for each pool means that an impostor on the port of a stopped pool
learns nothing that opens the next one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from hadoopless.errors import ForbiddenError, InputError
from hadoopless.wire.addresses import host_and_port

#: Overrides the files: for workers on other machines.
ENVIRONMENT = "MAPREDUCE_TOKEN"


def new_token() -> str:
    """A secret that cannot be guessed, or the one that the environment dictates."""
    import secrets  # only here: who only reads tokens would pay for it

    return os.environ.get(ENVIRONMENT) or secrets.token_urlsafe(32)


def directory() -> Path:
    """Where the files lie: the user's runtime directory, else the state directory."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.access(runtime, os.W_OK):
        return Path(runtime, "hadoopless-mapreduce")
    state = os.environ.get("XDG_STATE_HOME") or str(Path("~/.local/state").expanduser())
    return Path(state, "hadoopless-mapreduce")


def token_file(url: str) -> Path:
    """The file with the secret of the worker at *url*.

    Each loopback address has ports of its own, so each has files of its own.
    """
    host, port = host_and_port(url)
    name = "127.0.0.1" if host == "localhost" else host.replace(":", "_").replace("/", "_")
    return directory() / f"{name}-{port}.token"


def write(url: str, token: str) -> Path:
    """Write *token* for *url*, mode 0600 from the first moment; raises InputError."""
    path = token_file(url)
    beside = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_shared(path.parent)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(token)
        os.replace(beside, path)
    except OSError as error:
        raise InputError(f"cannot write the token file {path}: {error.strerror}") from error
    return path


def _refuse_shared(path: Path) -> None:
    status = path.stat()
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o022:
        raise ForbiddenError(f"{path} can be written by other users; tokens cannot be kept there")


def read(url: str) -> str | None:
    """The secret for *url*, or None when there is none that we may trust."""
    given = os.environ.get(ENVIRONMENT)
    if given:
        return given
    path = token_file(url)
    try:
        status = path.stat()
        if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
            return None
        return path.read_text().strip() or None
    except OSError:
        return None


def remove(url: str, token: str) -> None:
    """Remove the file for *url* if it still holds *token*."""
    path = token_file(url)
    try:
        if path.read_text() == token:
            path.unlink()
    except OSError:
        pass  # gone already


def headers(token: str | None) -> dict[str, str]:
    """The request headers that show *token*."""
    return {"Authorization": f"Bearer {token}"} if token else {}
