"""Machines on which commands run: this one, or a fresh Debian in a directory of it.

A fresh Debian has no compiler, no packages of Python's index and no files of this repository.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

#: The Debian whose own Python is 3.14. An older debootstrap does not know this one, but it knows
#: sid, which is made in the same way.
_SUITE = "forky"
_RECIPE = "sid"
_USUAL_MIRROR = ""
#: The settings that lead to a package index: a mirror, a proxy.
_NETWORK = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "http_proxy", "https_proxy", "no_proxy")
#: Files by which a network is found and trusted. An old pip trusts its own list unless it is told.
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_NETWORK_FILES = ("/etc/resolv.conf", _CERTIFICATES)
#: Enters a fresh Debian. The mounts are in a namespace of their own, and so end with the command.
_ENTER = """
set -e
root=$1 user=$2 there=$3; shift 3
mount -t proc proc "$root/proc"
while read -r lent; do
    mount --bind "$lent" "$root$lent"
done < "$root/lent"
exec chroot --userspec="$user" "$root" env -i -C "$there" "$@"
"""
NOBODY = "65534:65534"
#: The file by which Linux tells that it starts programs for aarch64 with qemu.


@dataclass(frozen=True)
class Machine:
    """This machine, whose *root* is ``/``, or a fresh Debian below another *root*."""

    root: Path = Path("/")

    @property
    def is_fresh(self) -> bool:
        """True for a fresh Debian."""
        return self.root != Path("/")

    def outside(self, path: Path) -> Path:
        """A *path* of that machine, as this one sees it."""
        return self.root / path.relative_to("/")

    def within(self, path: Path) -> Path:
        """A *path* of this machine, as that one sees it."""
        return Path("/") / path.relative_to(self.root)

    def run(
        self,
        *command: str | Path,
        cwd: Path,
        environment: Mapping[str, str],
        user: str = "0:0",
    ) -> subprocess.CompletedProcess[str]:
        """Run *command*, whose paths are those of that machine, in *cwd*, and wait for its end."""
        words = [str(word) for word in command]
        start: list[str] = []
        if self.is_fresh:
            start = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER]
            start += ["sh", str(self.root), user, str(cwd)]
            start += [f"{name}={value}" for name, value in self._environment(environment).items()]
        return subprocess.run(
            [*start, *words],
            cwd=None if self.is_fresh else cwd,
            env=None if self.is_fresh else self._environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def _environment(self, changed: Mapping[str, str]) -> dict[str, str]:
        if self.is_fresh:
            kept = {name: os.environ[name] for name in _NETWORK if name in os.environ}
            kept |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PIP_CERT": _CERTIFICATES}
        else:
            kept = {
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("MAPREDUCE_", "PYTHON"))
            }
        return {**kept, **changed}


def why_no_fresh_debian() -> str:
    """The reason why no fresh Debian can be made here; empty where one can."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "only root on Linux makes a Debian of its own"
    missing = [tool for tool in ("debootstrap", "unshare", "chroot") if not shutil.which(tool)]
    return f"there is no {missing[0]} here" if missing else ""


def make_fresh_debian(root: Path, lent: Iterable[Path] = ()) -> Machine:
    """A fresh Debian in the new directory *root*.

    It has the *lent* directories of this machine, under the same names.
    """
    subprocess.run(
        [
            *("debootstrap", "--variant=minbase"),
            "--include=python3-venv,ca-certificates",
            *(_SUITE, root, _USUAL_MIRROR, _RECIPE),
        ],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    machine = Machine(root)
    for name in _NETWORK_FILES:
        machine.outside(Path(name)).write_bytes(Path(name).read_bytes())
    with open(root / "lent", "w") as file:
        for directory in lent:
            machine.outside(directory).mkdir(parents=True)
            print(directory, file=file)
            for above in directory.parents:  # /root is closed to others
                machine.outside(above).chmod(0o755)
    return machine
