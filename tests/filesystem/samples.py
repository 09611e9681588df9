"""A tree of files to run ``hadoop fs`` in, and what of its answers is the same everywhere.

Answers of a real Hadoop are in ``recorded.json`` (:mod:`tests.filesystem.record` makes them).
"""

from __future__ import annotations

import bz2
import json
import os
import re
import shlex
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path

RECORDED = Path(__file__).with_name("recorded.json")

#: Times are shown in this zone.
ZONE = "Europe/Berlin"


def _gz(data: bytes) -> bytes:
    """The same bytes from all Pythons; gzip's differ in the header."""
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


FILES = {
    "a.txt": b"hello\nworld\n",
    "empty": b"",
    "one": b"1",
    "nonl": b"no newline",
    "big.bin": bytes(range(256)) * 20,
    "k1024": b"y" * 1024,
    "k1280": b"x" * 1280,
    "k1500": b"x" * 1500,
    "m15": bytes(1536 << 10),
    "m2": bytes(2 << 20),
    ".hidden": b"h\n",
    "sp ace/f ile": b"x\n",
    "star*": b"s\n",
    "q?m": b"q\n",
    "br{a,b}": b"r\n",
    "sq[1]": b"z\n",
    "ctl\x01x": b"c\n",
    "h\u00e9.txt": b"e\n",
    "pct%20": b"p\n",
    "x.gz": _gz(b"zipped\n") + _gz(b"again\n"),
    "x.bz2": bz2.compress(b"bzipped\n"),
    "x.deflate": zlib.compress(b"deflated\n"),
    "gz_by_magic": _gz(b"magic\n"),
    "fake.gz": b"plain",
    "d/b1": b"one\n",
    "d/b2": b"two\n",
    "d/b3": b"",
    "d/_SUCCESS": b"",
    "d/part-00000": b"k\tv\n" * 300,
    "d/part-00001": b"k\tw\n" * 3,
    "d/sub/deep": b"deep\n",
    "e/b1": b"e1\n",
    "u/v": b"u\n",
}


@dataclass
class Step:
    """A command line, and the answer to it."""

    line: str
    stdin: str = ""
    code: int = 0
    out: str = ""
    err: str = ""

    def words(self, root: Path) -> list[str]:
        """The words that the shell makes of the line."""
        return [word.replace("@ROOT@", str(root)) for word in shlex.split(self.line)]

    @property
    def unordered(self) -> bool:
        """True if Hadoop lists in the order of the disk."""
        words = self.line.split()
        return not {"-lsr", "-find", "-du", "-R", "-w"}.isdisjoint(words)


def scenarios() -> list[tuple[list[Step], dict[str, str]]]:
    """A recorded session: its steps, and the tree that they left."""
    plain = json.loads(RECORDED.read_text())
    return [([Step(**step) for step in one["steps"]], one["left"]) for one in plain]


def build(root: Path) -> None:
    """Makes the tree in the new directory *root*."""
    root.mkdir()
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
        (root / name).chmod(0o644)
    (root / "emptyd").mkdir()
    for directory in [root, *filter(Path.is_dir, root.rglob("*"))]:
        directory.chmod(0o755)
    (root / "a.txt").chmod(0o600)
    (root / "e").chmod(0o1777)
    (root / "emptyd").chmod(0o700)
    (root / "ln").symlink_to("a.txt")
    (root / "lnd").symlink_to("d")
    (root / "dangling").symlink_to("nowhere")
    start = 1_577_880_000
    for number, path in enumerate(sorted(root.rglob("*"))):
        if not path.is_symlink() and not path.is_dir():
            os.utime(path, (start + number * 7777 + 5, start + number * 3600 * 25))
    for path in sorted(root.rglob("*"), reverse=True):
        if not path.is_symlink() and path.is_dir():
            os.utime(path, (start, start + 999))


def normalised(data: bytes, root: Path, *, unordered: bool) -> str:
    """*data* without what differs from run to run, and without lists of all commands."""
    lines: list[str] = []
    in_list = False
    for line in data.decode("utf-8", "surrogateescape").replace(str(root), "@ROOT@").split("\n"):
        if re.search(r" (INFO|WARN) [\w.]+: ", line) or line.startswith("Picked up JAVA"):
            continue
        in_list = (in_list or line == _LIST) and not line.startswith(_LIST + " -")
        if line == _LIST:
            lines.append("@LIST@")
        elif not in_list:
            lines.append(re.sub(r"\b20(2[1-9]|[3-9]\d)-\d\d-\d\d \d\d:\d\d(:\d\d)?", "@NOW@", line))
    return "\n".join(sorted(lines) if unordered else lines).strip("\n")


_LIST = "Usage: hadoop fs [generic options]"


def left(root: Path) -> dict[str, str]:
    """The files in *root*, each with its permissions and size."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.name.startswith(".") and path.name.endswith(".crc"):
            continue
        status = path.lstat()
        kind = stat.filemode(status.st_mode)
        if path.is_symlink():
            found[str(path.relative_to(root))] = f"-> {os.readlink(path)}"
        elif path.is_dir():
            found[str(path.relative_to(root))] = kind
        else:
            found[str(path.relative_to(root))] = f"{kind} {status.st_size}"
    return found
