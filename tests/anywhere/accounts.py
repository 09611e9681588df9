"""The account that runs a command of these tests, and an interpreter that it may run."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import tornado

from tests.oracle import REPOSITORY

#: Users and groups from here on are those of no account: each process of the tests takes its own,
#: because limits count the processes of a user. Containers often have no numbers above 65535.
_FIRST, _PROCESSES, _MOST = 20_000, 10_000, 4


@dataclass(frozen=True)
class Account:
    """A user and a group of this machine, or whoever runs the tests."""

    uid: int | None = None

    @property
    def prefix(self) -> list[str]:
        """The command that becomes the account."""
        if self.uid is None:
            return []
        ids = [f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        return ["setpriv", *ids, "--no-new-privs"]

    def given(self, *paths: Path) -> None:
        """Let *paths* belong to the account."""
        if self.uid is not None:
            for path in paths:
                os.chown(path, self.uid, self.uid, follow_symlinks=False)


def other_account(number: int = 0) -> Account:
    """Root becomes another user, of no name in the system's list as in containers.

    Anybody else stays who he is. Different *number*s give different users.
    """
    if os.geteuid() != 0:
        return Account()
    return Account(_FIRST + os.getpid() % _PROCESSES * _MOST + number)


@functools.cache
def may_mount() -> bool:
    """True if the tests may make a mount namespace with a tmpfs in it."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        return False
    trial = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(trial, capture_output=True).returncode == 0


@functools.cache
def may_become_others() -> bool:
    """True if ``setpriv`` lets these tests be another user, or is not needed."""
    account = other_account()
    if account.uid is None:
        return True
    if shutil.which("setpriv") is None:
        return False
    return subprocess.run([*account.prefix, "true"], capture_output=True).returncode == 0


def packages() -> str:
    """The directory of the packages that the project needs."""
    return str(Path(tornado.__file__).parents[1])


@functools.cache
def python_for_all() -> str | None:
    """An interpreter of this version that every account may run, if there is one."""
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if os.geteuid() != 0:
        return sys.executable
    candidates = (
        os.path.realpath(sys.executable),
        f"/usr/bin/{version}",
        f"/usr/local/bin/{version}",
    )
    return next((one for one in candidates if all_may_read(one)), None)


def all_may_read(path: str | Path) -> bool:
    """True if *path* is there, and it and all directories above it are open to others."""
    try:
        above = [Path(path), *Path(path).parents]
        return all(one.stat().st_mode & (0o005 if one.is_dir() else 0o004) for one in above)
    except OSError:
        return False


def hindrance() -> str | None:
    """The reason why no command can run as another account here, if there is one."""
    if not may_become_others():
        return "the tests may not become another user"
    if os.geteuid() == 0:
        for path in (str(REPOSITORY), packages()):
            if not all_may_read(path):
                return f"other users may not read {path}"
    if python_for_all() is None:
        return "there is no Python of this version that other users may run"
    return None
