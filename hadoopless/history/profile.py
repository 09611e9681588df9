"""The profile of a job: the sampled stacks of its Python programs, added up in one file.

The file lies beside the event log and has the collapsed form, which speedscope, inferno and
flamegraph.pl read: each line has the frames of a stack, the outermost first, with ``;`` between
them, a space, and the number of samples. The first frame is the role of the program.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

#: Different stacks in the file, and in memory before the rarest are put together.
MOST_STACKS = 10_000
MOST_AT_ONCE = 2 * MOST_STACKS
#: The frame of all stacks that are too rare to be told.
OTHERS = "(other stacks)"
_LONGEST_STACK = 4096
_ROLES = ("mapper", "combiner", "partitioner", "reducer")
_SUFFIX = ".stacks"
_LINE = re.compile(r"(\w+;.+) ([1-9][0-9]{0,8})")


def profile_path(log: Path) -> Path:
    """The path of the profile of the job whose event log is *log*."""
    return log.with_suffix(_SUFFIX)


def profile_of(log: Path) -> str:
    """The path of the profile of the job whose event log is *log*; "" if there is none."""
    path = profile_path(log)
    return str(path) if path.is_file() else ""


class Profile:
    """The stacks of a job with their samples."""

    def __init__(self) -> None:
        self._samples: Counter[str] = Counter()
        #: The tasks that have told stacks.
        self.tasks = 0
        #: The last reason why a task has told none.
        self.note = ""

    @property
    def samples(self) -> int:
        """The number of all samples."""
        return self._samples.total()

    def add(self, stacks: str, note: str) -> None:
        """Add the *stacks* of a task, or the reason why there are none; senseless lines do not
        count.
        """
        found = False
        for line in stacks.splitlines():
            told = _LINE.fullmatch(line)
            if told and told[1].partition(";")[0] in _ROLES:
                self._samples[_legible(told[1])] += int(told[2])
                found = True
        self.tasks += found
        self.note = note or self.note
        if len(self._samples) > MOST_AT_ONCE:
            self._samples = _shortened(self._samples)

    def write(self, path: Path) -> None:
        """Write all to *path*, which only the user may read; raises OSError."""
        lines = (f"{stack} {count}\n" for stack, count in sorted(_shortened(self._samples).items()))
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.writelines(lines)


def _legible(stack: str) -> str:
    """*stack* without control characters and lone surrogates, cut if it is very long."""
    shown = "".join(char if char.isprintable() else "?" for char in stack)
    return shown[:_LONGEST_STACK]


def _shortened(samples: Counter[str]) -> Counter[str]:
    """The most frequent of *samples*; the others are one for each role."""
    if len(samples) <= MOST_STACKS:
        return samples
    kept = Counter(dict(samples.most_common(MOST_STACKS)))
    for stack, count in samples.items():
        if stack not in kept:
            kept[f"{stack.partition(';')[0]};{OTHERS}"] += count
    return kept
